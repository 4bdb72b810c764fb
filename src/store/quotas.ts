/** How many registrations there may be of one owner, one client address and one endpoint host. */
import { and, eq, getTableColumns, type Placeholder, type SQL, sql } from "drizzle-orm";
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
	/** What to insert: this row, unless a quota that it counts for is full. */
	rowWithRoom(row: typeof registrations.$inferInsert): SQL;
	/**
	 * What to insert: of these rows (JSON, see {@link countedBefore}) those that surely have room. One that is no new
	 * row after all may be left out too.
	 */
	rowsWithRoom(rows: Placeholder): SQL;
	/** The condition under which a row may move to this host; undefined: under any. */
	hasRoom(host: string | undefined): SQL | undefined;
}

const QUOTAS = ["owner", "address", "host"] as const satisfies (keyof Quotas)[];

/** Says of each row how many before it count for the same: one statement does not see the rows that it inserts. */
export function countedBefore<Some extends Counted>(
	rows: readonly Some[],
): (Some & { before: { [Quota in keyof Quotas]: number } })[] {
	const seen = new Map<string, number>();
	return rows.map((row) => {
		const [owner = 0, address = 0, host = 0] = QUOTAS.map((quota) => {
			const value = `${quota} ${row[quota]}`;
			const before = seen.get(value) ?? 0;
			seen.set(value, before + 1);
			return before;
		});
		return { ...row, before: { owner, address, host } };
	});
}

/** @param primary the database whose word counts */
export function createLimits(primary: LibSQLDatabase, quotas: Quotas): Limits {
	/** Each quota that a row counts for, with how many there are, as far as the limit. */
	function countsOf(wanted: { [Quota in keyof Quotas]?: string | null | undefined }) {
		const { owner, address, host } = registrations;
		return Object.entries({ owner, address, host }).flatMap(([name, column]) => {
			const quota = name as keyof Quotas;
			const value = wanted[quota];
			if (!value) return [];
			const limit = quotas[quota];
			const some = primary.select({ one: sql`1` }).from(registrations).where(eq(column, value)).limit(limit);
			return [
				{ quota, limit, count: primary.select({ count: sql<number>`count(*)` }).from(some.as("some")) },
			];
		});
	}

	return {
		async exceeded(wanted) {
			for (const { quota, limit, count } of countsOf(wanted)) {
				const [row] = await count;
				if ((row?.count ?? 0) >= limit) return quota;
			}
			return undefined;
		},

		rowWithRoom(row) {
			const columns = Object.keys(getTableColumns(registrations)) as (keyof typeof row)[];
			const values = columns.map((name) => sql`${row[name] ?? null}`);
			const room = countsOf(row).map(({ limit, count }) => sql`(${count}) < ${limit}`);
			return sql`select ${sql.join(values, sql`, `)} where ${and(sql`true`, ...room)}`;
		},

		rowsWithRoom(rows) {
			const values = Object.keys(getTableColumns(registrations)).map((name) =>
				sql.raw(`value ->> '${name}'`),
			);
			const room = QUOTAS.map((quota) => {
				const value = sql.raw(`value ->> '${quota}'`);
				const before = sql.raw(`(value ->> '$.before.${quota}')`);
				const same = sql`select 1 from ${registrations} where ${registrations[quota]} = ${value}`;
				// Counts for nobody where it is missing or empty.
				return sql`(coalesce(${value}, '') = ''
					or (select count(*) from (${same} limit ${sql.raw(String(quotas[quota]))})) + ${before}
						< ${sql.raw(String(quotas[quota]))})`;
			});
			return sql`select ${sql.join(values, sql`, `)} from json_each(${rows}) where ${and(...room)}`;
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
