/** How many registrations stand on each key, so that an operator knows when an old one can go. */
import { eq, lt, type SQL, sql } from "drizzle-orm";
import type { Keyring } from "../../secrets.ts";
import type { KnownKeys } from "../facts.ts";
import { pubsubNodes, registrations } from "../schema.ts";

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

/** @returns all keys that there are or were, the current one first, then the old ones in their order */
const allOf = ({ ids }: Pick<Keyring, "ids">, known: Pick<KnownKeys, "ids">) => [
	...ids,
	...known.ids.filter((id) => !ids.includes(id)),
];

/**
 * The key that a row counts for: the beginning of its node, or `imported`; null where it is none's. Those at a pubsub
 * host are left out: no secret is needed there.
 */
export function keyOf(keys: Pick<Keyring, "ids">, known: KnownKeys): SQL<string | null> {
	const { node, renewedAt } = registrations;
	const key = sql`substr(${node}, 1, ${PREFIX})`;
	const isLong = sql`length(${node}) = 27`;
	// Looking at each character takes longer than all else together. No other app server's node begins like ours.
	const isOurs = sql`${key} in ${allOf(keys, known).map((id) => id.slice(0, PREFIX))}`;
	const isForeign = sql`not (${isLong} and ${node} not glob '*[^0-9A-Za-z_-]*')`;
	const atHost = sql`exists (select 1 from ${pubsubNodes} where ${eq(pubsubNodes.node, node)})`;
	return sql`case when ${isLong} and ${isOurs} then iif(${atHost}, null, ${key})
		when ${isForeign} and ${lt(renewedAt, known.since)} then ${IMPORTED} end`;
}

/**
 * @param counts by what {@link keyOf} says of them
 * @returns one for each key that there is or was, the current one first, then the old ones in their order; one for
 *   what was imported and not renewed since the last change of the key, if there was a change
 */
export function keyUses(
	counts: ReadonlyMap<string, number>,
	keys: Pick<Keyring, "ids">,
	known: Pick<KnownKeys, "ids">,
): KeyUse[] {
	const { ids } = keys;
	const all = allOf(keys, known);
	const uses = all.map((id, i): KeyUse => {
		const key = id.slice(0, PREFIX);
		const state = i === 0 ? "current" : i < ids.length ? "old" : "gone";
		return { key, state, count: counts.get(key) ?? 0 };
	});
	if (all.length === 1) return uses;
	const state = ids.length > 1 ? "old" : "gone";
	return [...uses, { key: IMPORTED, state, count: counts.get(IMPORTED) ?? 0 }];
}
