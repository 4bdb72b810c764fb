/** How many registrations there may be of one owner, one client address and one endpoint host. */
import { eq, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "./schema.ts";

/** How many registrations one owner, client address and endpoint host may have. */
export interface Quotas {
	owner: number;
	address: number;
	host: number;
}

/** Whom a new row counts for; what is missing counts for nobody, and so does an empty owner. */
export interface Counted {
	owner: string;
	address?: string;
	host?: string;
}

export interface Limits {
	/** The first quota that a new row would break. Counting stops at the limit. */
	exceeded(wanted: Counted): Promise<keyof Quotas | undefined>;
	/** The condition under which a row may move to this host; undefined: under any. */
	hasRoom(host: string | undefined): SQL | undefined;
}

/** @param primary the database whose word counts */
export function createLimits(primary: LibSQLDatabase, quotas: Quotas): Limits {
	return {
		async exceeded(wanted) {
			const counted = [
				["owner", registrations.owner, wanted.owner || undefined],
				["address", registrations.address, wanted.address],
				["host", registrations.host, wanted.host],
			] as const;
			for (const [quota, column, value] of counted) {
				if (value === undefined) continue;
				const limit = quotas[quota];
				const some = primary
					.select({ one: sql`1` })
					.from(registrations)
					.where(eq(column, value))
					.limit(limit);
				const [row] = await primary.select({ count: sql<number>`count(*)` }).from(some.as("some"));
				if ((row?.count ?? 0) >= limit) return quota;
			}
			return undefined;
		},

		// Only where the host stays, or has room for one more: otherwise many registrations could be made anywhere
		// and then turned on one host.
		hasRoom: (host) =>
			host === undefined
				? undefined
				: sql`(${registrations.host} is ${host} or ${quotas.host} > (select count(*) from (
					select 1 from ${registrations} as "others" where "others"."host" = ${host} limit ${quotas.host})))`,
	};
}
