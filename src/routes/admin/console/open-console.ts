/** The console, for whom there is an ADMIN_TOKEN: a process without one need not load this. */
import type { ConsoleDeps, OperatorDeps } from "../../deps.ts";
import { consoleRoutes } from "./console.ts";
import { createSessions } from "./sessions.ts";

/**
 * @param operator what its questions are answered from
 * @param keys.adminToken missing: there is no console
 * @param keys.secretKey the current one
 */
export async function openConsole(
	operator: OperatorDeps,
	{ adminToken, secretKey }: { adminToken: string | undefined; secretKey: string },
): Promise<ConsoleDeps | undefined> {
	if (adminToken === undefined) return undefined;
	return {
		...operator,
		sessions: await createSessions({ adminToken, secretKey }),
		routes: consoleRoutes,
	};
}
