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

/** Whose quotas a new row counts towards. A value that is missing or empty has no quota. */
export interface Counted {
	owner: string;
	address?: string | null | undefined;
	host?: string | null | undefined;
	/** As in `Registration`. */
	party?: string | null | undefined;
}

/** The new host of a row that is there: its owner and its address are counted already. */
export type Move = Pick<Counted, "host" | "party">;

export interface Limits {
	/** The first quota that has no room for a new row, or for a move. The host's own quota is looked at last. */
	exceeded(wanted: Counted | Move): Promise<QuotaName | undefined>;
	/**
	 * The statement that asks this. In one transaction with a write that found no room, it says which quota was full at
	 * that moment. Later another one may be full, or none.
	 */
	exceededQuery(wanted: Counted | Move): ReturnType<typeof quotaQuery>;
	/** The SELECT of an INSERT: this row, unless one of its quotas is full. */
	rowWithRoom(row: typeof registrations.$inferInsert): SQL;
	/**
	 * The SELECT of an INSERT: those of these rows that have room in all their quotas. A row that would only renew
	 * another one may be left out too.
	 * @param rows JSON of what {@link countedBefore} returned
	 */
	rowsWithRoom(rows: Placeholder): SQL;
	/**
	 * The condition that a row may move to this host. Undefined: there is none to meet.
	 * @param party the row's new party; undefined: it keeps the one that it has
	 */
	hasRoom(host: string | undefined, party?: string): SQL | undefined;
	/**
	 * The condition that ending one registration at the host makes room for this one: the host has exactly as many as it
	 * may have, and no other quota is full.
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

/**
 * Adds to each row how many rows before it in the batch count towards the same quotas: a statement does not see the
 * rows that it inserts itself.
 */
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

/** How many rows there are, counted no further than `limit`. */
const countOf = (where: SQL | undefined, limit: number | SQL): SQL =>
	sql`(select count(*) from (select 1 from ${registrations} where ${where} limit ${limit}))`;

/** Selects the name of the first quota that is full, or null. SQLite counts no quota after that one. */
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

/** The condition that a row, given as JSON, has room in a quota, or does not count towards it. */
function hasRoomIn(quota: QuotaName, columns: readonly (keyof Counted)[], limit: number): SQL {
	const isNobodys = columns.map((column) => sql`coalesce(${givenIn(column)}, '') = ''`);
	const same = and(...columns.map((column) => eq(registrations[column], givenIn(column))));
	const most = sql.raw(String(limit));
	const before = sql.raw(`(value ->> '$.before.${quota}')`);
	return sql`(${sql.join(isNobodys, sql` or `)} or ${countOf(same, most)} + ${before} < ${most})`;
}
