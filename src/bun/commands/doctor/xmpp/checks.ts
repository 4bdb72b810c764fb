/** The checks of all XMPP connections, a group each. */
import { join } from "node:path";
import { readSecretFile } from "../../../data-folder.ts";
import { DATABASE_NOTE } from "../../../database/database-note.ts";
import type { Context } from "../context.ts";
import { type Check, unknown } from "../finding.ts";
import { lookAtAccount, lookAtLogin } from "./account.ts";
import { lookAtComponent, lookAtSecret } from "./component.ts";

/** What findings about logins are called. */
const LOGIN = "Login";

export const groupOf = (address: string) => `XMPP ${address}`;

/** Everything that there is to see of the servers. */
export function xmppChecks(context: Context): Check[] {
	const { config, found } = context;
	const { connections, role } = config;
	if (connections.length === 0) {
		const text =
			role === "http"
				? "a connector speaks it: run doctor there too."
				: "it is not set up, so that nobody is woken.";
		const todo =
			role === "http" ? undefined : "set XMPP_USERNAME and XMPP_PASSWORD to an account on an XMPP server";
		return [{ group: "XMPP", look: async () => [unknown("XMPP", text, todo)] }];
	}
	const databaseId =
		(found.kind === "running" ? found.running.status.databaseId : null) ?? notedId(config.dataDir);
	return connections.map((connection) => ({
		group: groupOf(connection.address),
		async look(signal) {
			const findings = await (connection.kind === "account"
				? lookAtAccount(connection, { ...context, databaseId }, signal)
				: lookAtComponent(connection, context, signal));
			const isIn = findings.some(({ what, state }) => what === LOGIN && state === "ok");
			if (!isIn) context.refused.add(connection.address);
			return findings;
		},
	}));
}

/** Whether they let us in, and nothing else. */
export function loginChecks(context: Context): Check[] {
	return context.config.connections.map((connection) => ({
		group: groupOf(connection.address),
		look: (signal) =>
			connection.kind === "account"
				? lookAtLogin(connection, signal)
				: lookAtSecret(connection, context, signal),
	}));
}

function notedId(folder: string): string | undefined {
	try {
		return readSecretFile(join(folder, DATABASE_NOTE));
	} catch {
		// Its mode is told with the files.
		return undefined;
	}
}
