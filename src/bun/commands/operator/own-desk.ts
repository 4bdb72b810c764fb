/** Invites and registration tokens where no Reveille runs: the same routes, over the database. */
import { getLogger } from "@logtape/logtape";
import { Hono } from "hono";
import { parseConfig } from "../../../config/config.ts";
import { actionOf } from "../../../routes/admin/console/actions.ts";
import { inviteRoutes } from "../../../routes/admin/console/invites.ts";
import { toOperatorProblem } from "../../../routes/errors.ts";
import { problemResponse } from "../../../routes/problem.ts";
import { createEvents } from "../../../store/console/events.ts";
import { createInvites } from "../../../store/invites.ts";
import { createRegistrationTokens } from "../../../store/registration-tokens.ts";
import type { Environment } from "../command.ts";
import { withKnownDatabase } from "../known-database.ts";
import { tokenRoutes } from "../served/tokens.ts";
import type { Ask } from "./ask.ts";

/** @throws {StartError | ConfigError} with a sentence for whoever typed the command */
export async function withOwnDesk<T>(env: Environment, use: (ask: Ask) => Promise<T>): Promise<T> {
	const { PUBLIC_URL, WEB_APP, HOST, PORT } = env;
	const { webApp, publicUrl, port } = parseConfig({ PUBLIC_URL, WEB_APP, HOST, PORT });
	return withKnownDatabase(env, async (db) => {
		const events = createEvents(db);
		const actions = {
			done: (what: string, whom = {}) => events.write([actionOf(what, whom, Date.now())]),
		};
		const app = new Hono();
		app.onError((error) => problemResponse(toOperatorProblem(error, getLogger(["reveille", "command"]))));
		const page = publicUrl ?? `http://127.0.0.1:${port}`;
		app.route(
			"/operator/invites",
			inviteRoutes({ webApp }, { invites: createInvites(db), publicUrl: page }, actions),
		);
		app.route("/operator/tokens", tokenRoutes(createRegistrationTokens(db), actions));
		return use(async (path, init) => app.request(path, init));
	});
}
