/** How many registrations stand on each key, so that an operator knows when an old one can go. */
import { and, eq, exists, lt, not, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Keyring } from "../../secrets.ts";
import type { KnownKeys } from "../facts.ts";
import { pubsubNodes, registrations } from "../schema.ts";
import { countBy } from "./count.ts";

export interface KeyUse {
	/** The first five characters of the key's nodes; `imported`: nodes of another app server, which name none. */
	key: string;
	/** `old`: given beside the current one. `gone`: not given, so nobody can publish to these. */
	state: "current" | "old" | "gone";
	count: number;
}

/** What a node of our own begins with: the sixth character of its key's id holds random bits too. */
const PREFIX = 5;
const IMPORTED = "imported";

/**
 * Counts, at the price of reading all registrations. Those at a pubsub host are left out: no secret is needed there.
 * @returns one for each key that there is or was, the current one first, then the old ones in their order; one for
 *   what was imported and not renewed since the last change of the key, if there was a change
 */
export async function countByKey(
	db: LibSQLDatabase,
	{ ids }: Pick<Keyring, "ids">,
	known: KnownKeys,
): Promise<KeyUse[]> {
	const { node, renewedAt } = registrations;
	const begin = sql<string>`substr(${node}, 1, ${PREFIX})`;
	const isOwn = sql`length(${node}) = 27 and ${node} not glob '*[^0-9A-Za-z_-]*'`;
	const atHost = exists(db.select({ one: sql`1` }).from(pubsubNodes).where(eq(pubsubNodes.node, node)));
	const counts = await countBy(db, begin, and(isOwn, not(atHost)));
	const all = [...ids, ...known.ids.filter((id) => !ids.includes(id))];
	const uses = all.map((id, i): KeyUse => {
		const key = id.slice(0, PREFIX);
		const state = i === 0 ? "current" : i < ids.length ? "old" : "gone";
		return { key, state, count: counts.get(key) ?? 0 };
	});
	if (all.length === 1) return uses;
	const foreign = await countBy(db, sql<string>`''`, and(not(isOwn), lt(renewedAt, known.since)));
	const state = ids.length > 1 ? "old" : "gone";
	return [...uses, { key: IMPORTED, state, count: foreign.get("") ?? 0 }];
}
