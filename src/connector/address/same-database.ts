/**
 * What the sessions of one account tell each other of the databases that they serve (xmpp/same-database.ts): two
 * Reveilles of one database may have the address one after the other, two of different databases must not.
 */
import type { XmppAccount } from "../../config/connections.ts";
import { bareOf } from "../../xmpp/jid.ts";
import { sameValue } from "../../xmpp/same-database.ts";

/** Who waits for the address asks every 30 s: whoever has not asked for so long, ms, has given it up. */
const WAITS_MS = 60_000;

export interface SameDatabase {
	/** Ours. */
	readonly value: string;
	/** Answers a session of our own account that asks. @returns undefined: it is another's, and is told nothing */
	answer(from: string, value: string): string | undefined;
	/** The session of another database's Reveille that asked last, if it still waits for the address. */
	waiting(): string | undefined;
}

/** @param databaseId the id that is kept in the database */
export async function createSameDatabase(
	account: Pick<XmppAccount, "address" | "password">,
	databaseId: string,
	now: () => number = () => performance.now(),
): Promise<SameDatabase> {
	const own = await sameValue(account.password, databaseId);
	let asked: { by: string; at: number } | undefined;
	return {
		value: own,
		answer(from, value) {
			if (bareOf(from) !== bareOf(account.address)) return undefined;
			if (value !== own) asked = { by: from, at: now() };
			return own;
		},
		waiting: () => (asked && now() - asked.at < WAITS_MS ? asked.by : undefined),
	};
}
