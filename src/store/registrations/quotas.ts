/** How many registrations there may be of one owner, one client address and one endpoint host. */
import { and, eq, getTableColumns, type Placeholder, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { registrations } from "../schema.ts";

/** How many registrations one owner, client address and endpoint host may have. */
export interface Quotas {
	owner: number;
	address: number;
	host: number;
}

/** What may be full. `share`: what one party may have of a host's. */
export type QuotaName = keyof Quotas | "share";

/** Whom a new row counts for; what is missing counts for nobody, and so does an empty owner. */
export interface Counted {
	owner: string;
	address?: string | null | undefined;
	host?: string | null | undefined;
	/** As in `Registration`. */
	party?: string | null | undefined;
}

/** Where a row goes that has its owner and its address already. */
export type Move = Pick<Counted, "host" | "party">;

export interface Limits {
	/** The first quota that a new row would break, or a move; the host's own is looked at last. Counting stops there. */
	exceeded(wanted: Counted | Move): Promise<QuotaName | undefined>;
	/**
	 * Asks the same, as one statement. In one transaction with a write that did nothing it says which quota was in its
	 * way: asked later, another one may be full, or none.
	 */
	exceededQuery(wanted: Counted | Move): ReturnType<typeof quotaQuery>;
	/** What to insert: this row, unless a quota that it counts for is full. */
	rowWithRoom(row: typeof registrations.$inferInsert): SQL;
	/**
	 * What to insert: of these rows (JSON, see {@link countedBefore}) those that surely have room. One that is no new
	 * row after all may be left out too.
	 */
	rowsWithRoom(rows: Placeholder): SQL;
	/**
	 * The condition under which a row may move to this host; undefined: under any.
	 * @param party whose the row is then; undefined: whose it is
	 */
	hasRoom(host: string | undefined, party?: string): SQL | undefined;
	/**
	 * The condition under which one registration less at its host makes room for this one: the host has just as many as
	 * it may have, and no other quota is full.
	 */
	isJustFull(wanted: Counted | Move): SQL | undefined;
}

/** By which columns each quota counts, in the order in which they are looked at. */
const COUNTED_BY: readonly [QuotaName, readonly (keyof Counted)[]][] = [
	["owner", ["owner"]],
	["address", ["address"]],
	["share", ["host", "party"]],
	["host", ["host"]],
];

/** How many each quota allows. */
const limitsOf = (quotas: Quotas): Record<QuotaName, number> => ({
	...quotas,
	share: Math.max(1, Math.floor(quotas.host * registrationBounds.share.is)),
});

/** Says of each row how many before it count for the same: one statement does not see the rows that it inserts. */
export function countedBefore<Some extends Counted>(
	rows: readonly Some[],
): (Some & { before: { [Quota in QuotaName]: number } })[] {
	const seen = new Map<string, number>();
	return rows.map((row) => {
		const before = { owner: 0, address: 0, share: 0, host: 0 };
		for (const [quota, columns] of COUNTED_BY) {
			const name = JSON.stringify([quota, ...columns.map((column) => row[column])]);
			before[quota] = seen.get(name) ?? 0;
			seen.set(name, before[quota] + 1);
		}
		return { ...row, before };
	});
}

/** @param primary the database whose word counts */
export function createLimits(primary: LibSQLDatabase, quotas: Quotas): Limits {
	const limits = limitsOf(quotas);

	/** Each quota that a row counts for, with how many there are, as far as the limit. */
	function countsOf(wanted: { [Name in keyof Counted]?: string | null | undefined }) {
		const its = COUNTED_BY.filter(([, columns]) => columns.every((column) => wanted[column]));
		return its.map(([quota, columns]) => {
			const limit = limits[quota];
			const where = and(...columns.map((column) => eq(registrations[column], wanted[column] ?? "")));
			return { quota, limit, count: countOf(where, limit) };
		});
	}

	const exceededQuery = (wanted: Counted | Move) => quotaQuery(primary, countsOf(wanted));

	return {
		exceededQuery,

		async exceeded(wanted) {
			const [full] = await exceededQuery(wanted);
			return full?.quota ?? undefined;
		},

		rowWithRoom(row) {
			const columns = Object.keys(getTableColumns(registrations)) as (keyof typeof row)[];
			const values = columns.map((name) => sql`${row[name] ?? null}`);
			const room = countsOf(row).map(({ limit, count }) => sql`${count} < ${limit}`);
			return sql`select ${sql.join(values, sql`, `)} where ${and(sql`true`, ...room)}`;
		},

		rowsWithRoom(rows) {
			const values = Object.keys(getTableColumns(registrations)).map(givenIn);
			const room = COUNTED_BY.map(([quota, columns]) => hasRoomIn(quota, columns, limits[quota]));
			return sql`select ${sql.join(values, sql`, `)} from json_each(${rows}) where ${and(...room)}`;
		},

		// Only where the host stays, or has room for one more: otherwise many registrations could be made anywhere
		// and then turned on one host.
		hasRoom(host, party) {
			if (host === undefined) return undefined;
			const whose = sql`coalesce(${party ?? null}, ${registrations.party})`;
			const others = sql`select 1 from ${registrations} as "others" where "others"."host" = ${host}`;
			return sql`(${registrations.host} is ${host} or (
				${limits.host} > (select count(*) from (${others} limit ${limits.host}))
				and (${whose} is null or ${limits.share} > (
					select count(*) from (${others} and "others"."party" = ${whose} limit ${limits.share})))))`;
		},

		isJustFull(wanted) {
			const room = countsOf(wanted)
				.filter(({ quota }) => quota !== "host")
				.map(({ limit, count }) => sql`${count} < ${limit}`);
			// Where there are more than there may be now, one less makes no room yet.
			const atHost = countOf(eq(registrations.host, wanted.host ?? ""), limits.host + 1);
			return and(sql`${atHost} = ${limits.host}`, ...room);
		},
	};
}

/** Counts rows, as far as `limit`. */
const countOf = (where: SQL | undefined, limit: number | SQL): SQL =>
	sql`(select count(*) from (select 1 from ${registrations} where ${where} limit ${limit}))`;

/** Selects the name of the first quota that is full, or null. SQLite counts no further than to that one. */
function quotaQuery(
	primary: LibSQLDatabase,
	counts: readonly { quota: QuotaName; limit: number; count: SQLWrapper }[],
) {
	const cases = counts.map(({ quota, limit, count }) => sql`when ${count} >= ${limit} then ${quota}`);
	const quota = sql<QuotaName | null>`case ${sql.join([...cases, sql`when false then null`], sql` `)} end`;
	return primary.select({ quota }).from(sql`(select 1)`);
}

/** A value of a row that is given as JSON. */
const givenIn = (column: string) => sql.raw(`value ->> '${column}'`);

/** The condition under which a row that is given as JSON has room in a quota, or counts for nobody there. */
function hasRoomIn(quota: QuotaName, columns: readonly (keyof Counted)[], limit: number): SQL {
	const isNobodys = columns.map((column) => sql`coalesce(${givenIn(column)}, '') = ''`);
	const same = and(...columns.map((column) => eq(registrations[column], givenIn(column))));
	const most = sql.raw(String(limit));
	const before = sql.raw(`(value ->> '$.before.${quota}')`);
	return sql`(${sql.join(isNobodys, sql` or `)} or ${countOf(same, most)} + ${before} < ${most})`;
}
