/**
 * Who gives leave to register: invites and registration tokens. The Reveille that runs is asked, and where none runs
 * the database, for which neither keys nor tables are needed.
 */
import { parseConfig } from "../../../config/config.ts";
import type { Environment } from "../command.ts";
import { type Operator, operatorOf, runningIn } from "./ask.ts";

/** @throws {StartError | ConfigError} with a sentence for whoever typed the command */
export async function withDesk<T>(env: Environment, use: (desk: Operator) => Promise<T>): Promise<T> {
	const { DATA_DIR } = env;
	const running = await runningIn(parseConfig({ DATA_DIR }).dataDir);
	if (running) return use(operatorOf(running.ask, true));
	const { withOwnDesk } = await import("./own-desk.ts");
	return withOwnDesk(env, (ask) => use(operatorOf(ask, false)));
}
