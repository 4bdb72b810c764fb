/**
 * Counts all registrations: by app, by key, and those at addresses that nobody has. One pass over the table has all of
 * that, and whoever asks is told of the last pass: a scrape every fifteen seconds must not read a million rows.
 */
import { sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { consoleHttpBounds } from "../../limits/bounds/console-http.ts";
import type { Keyring } from "../../secrets.ts";
import type { KnownKeys } from "../facts.ts";
import { registrations } from "../schema.ts";
import { type KeyUse, keyOf, keyUses } from "./key-use.ts";
import { eachSlice, isBetween, type Pace } from "./table-scan.ts";

export interface Counts {
	/** How many there are of each app. */
	apps: ReadonlyMap<string, number>;
	/** How many stand on which key. */
	keys: readonly KeyUse[];
	/** Those that are published to at addresses which no connection has, and some of these addresses. */
	unserved: { count: number; addresses: readonly string[] };
}

export interface Census {
	/**
	 * The counts of the last pass. Where that is long ago a new one begins, and a short one is waited for.
	 * @returns undefined: the first pass is not over, or failed
	 */
	latest(): Promise<Counts | undefined>;
	/** Those of the pass that is under way, or of a new one. @throws what the database says */
	whole(): Promise<Counts>;
}

/** So many addresses are kept: whoever registers at a component chooses what stands before the @. */
const ADDRESSES = 6;
/** What counting takes is so many times less than the time until it is done again. */
const KEPT_OF_COUNTING = 200;
const LONGEST_KEPT_MS = consoleHttpBounds.countsKept.is * 1000;
/** How long somebody who asks waits for a pass, ms. */
const PATIENCE_MS = 300;

/**
 * @param db where to read: a replica, if there is one
 * @param options.keys those that are given
 * @param options.known all that the registrations may have been made with: asked once the database answered
 * @param options.isServed whether publishes to this JID come in; missing: to all
 * @param options.pace missing: that of a database over the network
 * @param options.steady a clock that only goes forward, ms
 */
export function createCensus(
	db: LibSQLDatabase,
	{
		keys,
		known,
		isServed = () => true,
		pace,
		steady = () => performance.now(),
	}: {
		keys: Pick<Keyring, "ids">;
		known(): KnownKeys;
		isServed?: (jid: string) => boolean;
		pace?: Pace | undefined;
		steady?: () => number;
	},
): Census {
	let last: Counts | undefined;
	let isDueAt = Number.NEGATIVE_INFINITY;
	let isLong = false;
	let passing: Promise<Counts> | undefined;

	async function pass(): Promise<Counts> {
		const { app, jid } = registrations;
		const key = keyOf(keys, known());
		const counting = db
			.select({ app, jid, key, count: sql<number>`count(*)` })
			.from(registrations)
			.where(isBetween({ from: sql.placeholder("from"), to: sql.placeholder("to") }))
			.groupBy(sql`1, 2, 3`)
			.prepare();
		const apps = new Map<string, number>();
		const byKey = new Map<string, number>();
		let unserved = 0;
		const addresses = new Set<string>();

		const begun = steady();
		const tookMs = await eachSlice(
			db,
			async (range) => {
				for (const { app, jid, key, count } of await counting.all(range)) {
					add(apps, app, count);
					if (key !== null) add(byKey, key, count);
					if (jid === null || isServed(jid)) continue;
					unserved += count;
					if (addresses.size < ADDRESSES) addresses.add(jid);
				}
			},
			pace,
		);
		isLong = steady() - begun > PATIENCE_MS;
		isDueAt = steady() + Math.min(LONGEST_KEPT_MS, KEPT_OF_COUNTING * tookMs);
		last = {
			apps,
			keys: keyUses(byKey, keys, known()),
			unserved: { count: unserved, addresses: [...addresses] },
		};
		return last;
	}

	function whole(): Promise<Counts> {
		passing ??= pass().finally(() => {
			passing = undefined;
		});
		return passing;
	}

	return {
		whole,

		async latest() {
			if (!passing && steady() < isDueAt) return last;
			const counting = whole().catch(() => {});
			if (last && isLong) return last;
			const patience = Promise.withResolvers<void>();
			const timer = setTimeout(patience.resolve, PATIENCE_MS);
			await Promise.race([counting, patience.promise]);
			clearTimeout(timer);
			return last;
		},
	};
}

const add = (counts: Map<string, number>, name: string, count: number) =>
	counts.set(name, (counts.get(name) ?? 0) + count);
