/** Who has an account's address. */
import xml from "@xmpp/xml";
import { settingOf, type XmppAccount } from "../../../../config/connections.ts";
import { askHolder, type Holder } from "../../../../connector/address/address-check.ts";
import type { ConnectionState } from "../../../../connector/connections.ts";
import { NS } from "../../../../xmpp/namespaces.ts";
import type { Requests } from "../../../../xmpp/requests.ts";
import { sameValue } from "../../../../xmpp/same-database.ts";
import { bad, type Finding, ok, unknown, warn } from "../finding.ts";

export interface HolderLook {
	account: XmppAccount;
	ask: Requests["ask"];
	/** Which database it is; undefined: it is not known yet. */
	databaseId: string | undefined;
	/** This connection of the Reveille that runs; undefined: none runs. */
	running: ConnectionState | undefined;
}

/** Asks the address itself. */
export async function lookAtHolder({ account, ask, databaseId, running }: HolderLook): Promise<Finding[]> {
	const own = await sameValue(account.password, databaseId ?? crypto.randomUUID());
	const told = await askHolder({ ask }, account.address, own);
	// A client does not know that question, and says what a server says of a session that is not there.
	const holder = told.kind === "nobody" && (await isClient(ask, account.address)) ? OTHER : told;
	return [holderFinding(holder, { own, account, running })];
}

const OTHER = { kind: "other" } as const;

/** XEP-0030: clients answer who they are. */
const isClient = (ask: Requests["ask"], address: string): Promise<boolean> =>
	ask("get", address, xml("query", { xmlns: NS.discoInfo })).then(
		() => true,
		() => false,
	);

/** @param options.own which database we serve, as it is told */
export function holderFinding(
	holder: Holder,
	{ own, account, running }: { own: string; account: XmppAccount; running: ConnectionState | undefined },
): Finding {
	const { address } = account;
	const what = "Address";
	const resource = settingOf(account, "resource");
	const isOurs = holder.kind === "reveille" && holder.value === own;
	if (isOurs && running?.isOnline) return ok(what, `this Reveille has ${address}.`);
	if (isOurs || running?.isStandby) {
		const text = `another Reveille of the same database has ${address}.`;
		return running
			? ok(what, `${text} This one stands by.`)
			: warn(what, text, "if it is not meant to, stop it");
	}
	if (holder.kind === "reveille") {
		const text = `${address} is taken: a Reveille of another database has it. Devices that are registered here are not woken.`;
		return bad(what, text, `stop the other one, or set another ${resource} for one of them`);
	}
	if (holder.kind === "other" || (holder.kind === "nobody" && running && !running.isOnline)) {
		const reason = running?.reason ?? "it does not answer as a Reveille";
		const text = `${address} is taken by another session, or cannot be taken: ${reason}.`;
		return bad(
			what,
			text,
			`log out the client that uses the resource ${account.resource}, or set another ${resource}`,
		);
	}
	if (holder.kind === "silent") {
		const text = `${address} does not answer: a session waits to be resumed there, or hangs.`;
		if (running?.isOnline)
			return bad(what, `${text} This Reveille believes that it has it.`, "restart Reveille");
		if (!running) return unknown(what, text, "start Reveille: it resumes the session");
		const reason = running.reason ?? "it is not connected yet";
		// What this command logged in by is what the settings say now.
		return bad(
			what,
			`${text} The Reveille that runs does not have it: ${reason}`,
			"restart Reveille, so that it runs with the settings by which this command logged in",
		);
	}
	if (running?.isOnline) {
		const text = `this Reveille believes that it has ${address}, and the server knows no such session.`;
		return bad(what, text, "restart Reveille");
	}
	return ok(what, `${address} is free.`);
}
