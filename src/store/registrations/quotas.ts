/** How many registrations there may be of one owner, one client address and one endpoint host. */
import {
	and,
	asc,
	eq,
	getTableColumns,
	isNotNull,
	isNull,
	type Placeholder,
	type SQL,
	sql,
} from "drizzle-orm";
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
	/** Which registration would make room at a full host: its node. */
	displaceable(host: string): Promise<string | undefined>;
	/**
	 * Ends the registration that makes room at a full host: the oldest of those that were pushed to and never reached.
	 * To be done in one transaction with what takes its place.
	 * @param wanted what takes its place; without an owner a move
	 * @param when further conditions
	 */
	displace(wanted: (Counted | Move) & { host: string }, when: SQL): Displacing;
}

export type Displacing = ReturnType<typeof displacing>;

const OWN = ["owner", "address", "host"] as const satisfies (keyof Quotas)[];

/** What one party may have of a host's quota. */
const shareOf = ({ host }: Quotas) => Math.max(1, Math.floor(host * registrationBounds.share.is));

const shareKey = ({ host, party }: Move) => (host && party ? JSON.stringify([host, party]) : undefined);

/** Says of each row how many before it count for the same: one statement does not see the rows that it inserts. */
export function countedBefore<Some extends Counted>(
	rows: readonly Some[],
): (Some & { before: { [Quota in QuotaName]: number } })[] {
	const seen = new Map<string, number>();
	function count(quota: QuotaName, value: string | null | undefined): number {
		const name = `${quota} ${value}`;
		const before = seen.get(name) ?? 0;
		seen.set(name, before + 1);
		return before;
	}
	return rows.map((row) => {
		const before = {
			owner: count("owner", row.owner),
			address: count("address", row.address),
			host: count("host", row.host),
			share: count("share", shareKey(row)),
		};
		return { ...row, before };
	});
}

/** The oldest that was pushed to and never reached; what nobody pushed to yet may be a quiet device that lives. */
function triedInVain(primary: LibSQLDatabase, host: string) {
	const { node, lastErrorAt, lastSuccessAt, renewedAt } = registrations;
	return primary
		.select({ node })
		.from(registrations)
		.where(and(eq(registrations.host, host), isNotNull(lastErrorAt), isNull(lastSuccessAt)))
		.orderBy(asc(renewedAt))
		.limit(1);
}

function displacing(primary: LibSQLDatabase, host: string, when: SQL | undefined) {
	return primary
		.delete(registrations)
		.where(and(eq(registrations.node, sql`(${triedInVain(primary, host)})`), when))
		.returning();
}

/** @param primary the database whose word counts */
export function createLimits(primary: LibSQLDatabase, quotas: Quotas): Limits {
	const share = shareOf(quotas);

	/** Counts rows, as far as `limit`. */
	function countOf(where: SQL | undefined, limit: number) {
		const some = primary.select({ one: sql`1` }).from(registrations).where(where).limit(limit);
		return primary.select({ count: sql<number>`count(*)` }).from(some.as("some"));
	}

	/** Each quota that a row counts for, with how many there are, as far as the limit. The host's comes last. */
	function countsOf(wanted: { [Name in keyof Counted]?: string | null | undefined }) {
		const { owner, address, host, party } = wanted;
		const its: [QuotaName, SQL | undefined, number][] = [];
		if (owner) its.push(["owner", eq(registrations.owner, owner), quotas.owner]);
		if (address) its.push(["address", eq(registrations.address, address), quotas.address]);
		if (host && party)
			its.push(["share", and(eq(registrations.host, host), eq(registrations.party, party)), share]);
		if (host) its.push(["host", eq(registrations.host, host), quotas.host]);
		return its.map(([quota, where, limit]) => ({ quota, limit, count: countOf(where, limit) }));
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
			const given = (name: string) => sql.raw(`value ->> '${name}'`);
			// Counts for nobody where it is missing or empty.
			const isNobodys = (name: string) => sql`coalesce(${given(name)}, '') = ''`;
			const hasRoom = (quota: QuotaName, same: SQL | undefined, limit: number) => {
				const some = sql`select 1 from ${registrations} where ${same} limit ${sql.raw(String(limit))}`;
				const before = sql.raw(`(value ->> '$.before.${quota}')`);
				return sql`(select count(*) from (${some})) + ${before} < ${sql.raw(String(limit))}`;
			};
			const room = OWN.map((quota) => {
				const same = eq(registrations[quota], given(quota));
				return sql`(${isNobodys(quota)} or ${hasRoom(quota, same, quotas[quota])})`;
			});
			const ofParty = and(eq(registrations.host, given("host")), eq(registrations.party, given("party")));
			const roomInShare = sql`(${isNobodys("host")} or ${isNobodys("party")}
				or ${hasRoom("share", ofParty, share)})`;
			return sql`select ${sql.join(values, sql`, `)} from json_each(${rows}) where ${and(...room, roomInShare)}`;
		},

		// Only where the host stays, or has room for one more: otherwise many registrations could be made anywhere
		// and then turned on one host.
		hasRoom(host, party) {
			if (host === undefined) return undefined;
			const whose = sql`coalesce(${party ?? null}, ${registrations.party})`;
			const others = sql`select 1 from ${registrations} as "others" where "others"."host" = ${host}`;
			return sql`(${registrations.host} is ${host} or (
				${quotas.host} > (select count(*) from (${others} limit ${quotas.host}))
				and (${whose} is null or ${share} > (
					select count(*) from (${others} and "others"."party" = ${whose} limit ${share})))))`;
		},

		async displaceable(host) {
			const [row] = await triedInVain(primary, host);
			return row?.node;
		},

		displace(wanted, when) {
			const { host } = wanted;
			const room = countsOf(wanted)
				.filter(({ quota }) => quota !== "host")
				.map(({ limit, count }) => sql`(${count}) < ${limit}`);
			// Where there are more than there may be now, one less makes no room yet.
			const isJustFull = sql`(${countOf(eq(registrations.host, host), quotas.host + 1)}) = ${quotas.host}`;
			return displacing(primary, host, and(isJustFull, when, ...room));
		},
	};
}
