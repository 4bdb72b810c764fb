/** The checks of all XMPP connections, a group each. */
import { join } from "node:path";
import { readSecretFile } from "../../../data-folder.ts";
import { DATABASE_NOTE } from "../../../database/database-note.ts";
import type { Context } from "../context.ts";
import { bad, type Check, type Finding, unknown } from "../finding.ts";
import { lookAtAccount, lookAtLogin } from "./account.ts";
import { lookAtComponent, lookAtSecret } from "./component.ts";

/** What findings about logins are called. */
const LOGIN = "Login";

export const groupOf = (address: string) => `XMPP ${address}`;

/** Everything that there is to see of the servers. */
export function xmppChecks(context: Context): Check[] {
	const { config, found } = context;
	const { connections, role } = config;
	if (connections.length === 0) return [{ group: "XMPP", look: async () => withoutSettings(role, found) }];
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

/** Of connections that the settings do not have: those of the Reveille that runs, as it says. */
export function withoutSettings(role: Context["config"]["role"], found: Context["found"]): Finding[] {
	if (role === "http") return [unknown("XMPP", "a connector speaks it: run doctor there too.")];
	const running = found.kind === "running" ? found.running.status.connections : [];
	if (running.length === 0) {
		const todo = "set XMPP_USERNAME and XMPP_PASSWORD to an account on an XMPP server";
		return [bad("XMPP", "it is not set up, so that nobody is woken.", todo)];
	}
	return running.map(({ address, isOnline, isStandby, reason }) => {
		if (!isOnline && !isStandby)
			return bad(
				"Address",
				`the Reveille that runs does not have ${address}: ${reason ?? "it is not connected yet"}`,
			);
		const text = `the Reveille that runs ${isOnline ? "has" : "stands by for"} ${address}. Its server was not looked at: the settings of this command have none.`;
		return unknown("Address", text, "run this with the settings that Reveille runs with");
	});
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
