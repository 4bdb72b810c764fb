/** What came of pushes, as the shared database keeps it: written in batches, not per push. */
import { eq, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations, statistics } from "./schema.ts";

/** What happened to one registration since the last flush. */
export interface Result {
	node: string;
	at: number;
	/** Missing: the push was delivered. */
	error?: string;
}

/** How often one app had one outcome since the last flush. */
export interface Count {
	app: string;
	outcome: string;
	count: number;
}

const DAY_MS = 86_400_000;

/** Writes results and counts in one batch. @param now ms: its day is that of the counts */
export async function recordResults(
	primary: LibSQLDatabase,
	results: readonly Result[],
	counts: readonly Count[],
	now: number,
): Promise<void> {
	const day = Math.floor(now / DAY_MS);
	const updates = results.map(({ node, at, error }) =>
		primary
			.update(registrations)
			.set(error === undefined ? { lastSuccessAt: at } : { lastErrorAt: at, lastError: error })
			.where(eq(registrations.node, node)),
	);
	const additions = counts.map(({ app, outcome, count }) =>
		primary
			.insert(statistics)
			.values({ day, app, outcome, count })
			.onConflictDoUpdate({
				target: [statistics.day, statistics.app, statistics.outcome],
				set: { count: sql`${statistics.count} + ${count}` },
			}),
	);
	const [first, ...rest] = [...updates, ...additions];
	if (first) await primary.batch([first, ...rest]);
}
