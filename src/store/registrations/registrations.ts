/** Registrations in the shared database, put together from what can be done with them, one file each. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { createBatchLookup, type LookupEffects } from "./batch-lookup.ts";
import { type Claiming, createClaiming } from "./claim.ts";
import { createDisplacing } from "./displace.ts";
import { createEnding, type Ending } from "./end.ts";
import { createListing, type Listing } from "./list.ts";
import { createLookup, type Lookup } from "./lookup.ts";
import { createOfOwners, type OfOwners } from "./owner-registrations.ts";
import { type Count, type Result, recordResults } from "./push-results.ts";
import { createLimits, type Quotas } from "./quotas.ts";
import { createRegistering, type Registering } from "./register.ts";
import { createRenewing, createRowRenewal, type Renewing } from "./renew.ts";
import { createLearning, createNearby } from "./replica-overlay.ts";
import type { Pace } from "./table-scan.ts";

export type { RegisterResult } from "./register-result.ts";
export type { Choices, NewRegistration } from "./row.ts";

export type Database = LibSQLDatabase;

export interface Registrations extends Lookup, Registering, Renewing, Claiming, Ending, Listing, OfOwners {
	/** Writes results and counts in one batch. */
	record(results: readonly Result[], counts: readonly Count[]): Promise<void>;
}

/** A copy of the database nearby, which may be old. */
export interface ReplicaOf {
	db: Database;
	/** All that the primary had at this time is there, ms since the epoch. */
	freshAt(): number;
}

/**
 * @param primary the database whose word counts
 * @param options.replica where reads may go; without one they go to the primary too
 * @param options.pause how long registrations gather that are written together; without it each is written by itself
 * @param options.mayGrow whether there is room for more rows; without it there always is
 * @param options.turn how long look-ups gather that are made together; without it each is made by itself
 * @param options.keep keeps a query of the primary prepared; without it each is prepared anew
 * @param options.pace how fast all rows are gone through; without it as is good for a database over the network
 */
export function createRegistrations(
	primary: Database,
	quotas: Quotas,
	{
		replica,
		now = Date.now,
		pause,
		turn,
		keep,
		mayGrow,
		pace,
	}: LookupEffects & {
		replica?: ReplicaOf | undefined;
		now?: () => number;
		pause?: () => Promise<void>;
		mayGrow?: () => Promise<boolean>;
		pace?: Pace | undefined;
	} = {},
): Registrations {
	const nearby = replica && createNearby(createBatchLookup(replica.db, { turn }), replica.freshAt, now);
	const nearbyDatabase = replica?.db ?? primary;
	const learning = createLearning(nearby);
	const lookup = createLookup(primary, learning, { nearby, nearbyDatabase, effects: { turn, keep } });
	const limits = createLimits(primary, quotas);
	const writing = { limits, displacing: createDisplacing(primary, limits), learning, now };
	const renewRow = createRowRenewal(primary, writing);

	return {
		...lookup,
		...createRegistering(primary, { ...writing, renewRow, pause, mayGrow }),
		...createRenewing(primary, { renewRow, learning, now }),
		...createClaiming(primary),
		...createEnding(primary, { refresh: nearby && lookup.findAtPrimary, learning, pace, now }),
		...createListing(nearbyDatabase),
		...createOfOwners(primary),
		record: (results, counts) => recordResults(primary, results, counts, now()),
	};
}
