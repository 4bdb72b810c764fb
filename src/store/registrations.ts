/** Registrations in the shared database: the queries, and the conditions that keep promises under races. */
import { and, asc, eq, lt, lte, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Device, Dialect, Registration } from "../types.ts";
import { registrations, statistics } from "./schema.ts";

export type Database = LibSQLDatabase;

/** What a registering client gives, checked by its route and its service. */
export interface NewRegistration extends Device {
	owner: string;
	app: string;
	device: string;
	deviceName?: string;
	jid?: string;
	dialect?: Dialect;
	muc?: string;
	/** The host of the endpoint, where the client chose one. */
	host?: string;
	/** The concealed client address, over HTTP. */
	address?: string;
}

/** How many registrations one owner, client address and endpoint host may have. */
export interface Quotas {
	owner: number;
	address: number;
	host: number;
}

export type RegisterResult =
	| { kind: "created" | "renewed"; registration: Registration }
	/** A limit is reached: nothing was written. */
	| { kind: "over-quota"; quota: keyof Quotas };

/** What happened to one registration since the last flush. */
export interface Result {
	node: string;
	at: number;
	/** Missing: the push was delivered. */
	error?: string;
}

export interface Count {
	app: string;
	outcome: string;
	count: number;
}

export interface Registrations {
	/** Reads nearby: a replica may lack a row, or hold an old token. */
	find(node: string): Promise<Registration | undefined>;
	/** Reads at the primary: asked before anything is said to be gone. */
	findAtPrimary(node: string): Promise<Registration | undefined>;
	/**
	 * Creates a registration, or renews the one that has the same owner, app and device: that keeps its node.
	 * @param createNode called once, for a new row
	 */
	register(wanted: NewRegistration, createNode: () => string): Promise<RegisterResult>;
	/** Reads at the primary all that one owner has, the oldest first. @param owner a bare JID, not empty */
	ofOwner(owner: string): Promise<Registration[]>;
	/** Reads at the primary what makes a registration unique. */
	findDevice(owner: string, app: string, device: string): Promise<Registration | undefined>;
	/**
	 * Gives a registration another token (or the same anew), and another name if one is given.
	 * Undefined: there is no such node.
	 */
	renew(
		node: string,
		device: Device,
		host: string | undefined,
		deviceName?: string,
	): Promise<RegisterResult | undefined>;
	/** Ends a registration for good, at its owner's word. False: there was none. */
	remove(node: string): Promise<boolean>;
	/**
	 * Ends a registration at a provider's word, unless it was renewed since.
	 * @param token the one that was sent to
	 * @param deadSince ms: a registration renewed after it stays
	 * @returns whether this row is gone now through this verdict
	 */
	forget(node: string, token: string, deadSince: number): Promise<boolean>;
	/** The same for the token of calls alone: the registration stays. */
	forgetVoip(node: string, voipToken: string, deadSince: number): Promise<boolean>;
	/** Writes results and counts in one batch. */
	record(results: readonly Result[], counts: readonly Count[]): Promise<void>;
	/** How many there are of each app. */
	count(): Promise<{ app: string; count: number }[]>;
	/** Removes what was neither renewed nor delivered to since `before` (ms). @returns how many */
	sweep(before: number): Promise<number>;
}

type Row = typeof registrations.$inferSelect;

function toRegistration(row: Row): Registration {
	const { host: _host, address: _address, ...columns } = row;
	return Object.fromEntries(
		Object.entries(columns).filter(([, value]) => value !== null),
	) as unknown as Registration;
}

const DAY_MS = 86_400_000;

/**
 * @param db read nearby, written through
 * @param effects `primary`: the database whose word counts, where `db` is a replica
 */
export function createRegistrations(
	db: Database,
	quotas: Quotas,
	{ primary = db, now = Date.now }: { primary?: Database; now?: () => number } = {},
): Registrations {
	const byNode = (database: Database) =>
		database
			.select()
			.from(registrations)
			.where(eq(registrations.node, sql.placeholder("node")))
			.prepare();
	const nearby = byNode(db);
	const atPrimary = byNode(primary);

	const deviceColumns = (device: Device, host: string | undefined, deviceName: string | undefined) => ({
		token: device.token,
		voipToken: device.voipToken ?? null,
		applicationId: device.applicationId ?? null,
		p256dh: device.p256dh ?? null,
		auth: device.auth ?? null,
		host: host ?? null,
		// Never goes back and never stands still, so that a verdict about an earlier send cannot match.
		renewedAt: sql`max(${now()}, ${registrations.renewedAt} + 1)`,
		lastErrorAt: null,
		lastError: null,
		...(deviceName === undefined ? {} : { deviceName }),
	});

	/**
	 * Only where the host stays, or has room for one more: otherwise many registrations could be made anywhere
	 * and then turned on one host.
	 */
	const hasRoom = (host: string | undefined) =>
		host === undefined
			? undefined
			: sql`(${registrations.host} is ${host} or ${quotas.host} > (select count(*) from (
				select 1 from ${registrations} as "others" where "others"."host" = ${host} limit ${quotas.host})))`;

	/** The first quota that a new row would break. Counting stops at the limit. */
	async function exceeded(wanted: NewRegistration): Promise<keyof Quotas | undefined> {
		const counted = [
			["owner", registrations.owner, wanted.owner || undefined],
			["address", registrations.address, wanted.address],
			["host", registrations.host, wanted.host],
		] as const;
		for (const [quota, column, value] of counted) {
			if (value === undefined) continue;
			const limit = quotas[quota];
			const some = primary.select({ one: sql`1` }).from(registrations).where(eq(column, value)).limit(limit);
			const [row] = await primary.select({ count: sql<number>`count(*)` }).from(some.as("some"));
			if ((row?.count ?? 0) >= limit) return quota;
		}
		return undefined;
	}

	const sameDevice = (owner: string, app: string, device: string) =>
		and(eq(registrations.owner, owner), eq(registrations.app, app), eq(registrations.device, device));

	return {
		async find(node) {
			const row = await nearby.get({ node });
			return row && toRegistration(row);
		},

		async findAtPrimary(node) {
			const row = await atPrimary.get({ node });
			return row && toRegistration(row);
		},

		async findDevice(owner, app, device) {
			const row = await primary
				.select()
				.from(registrations)
				.where(sameDevice(owner, app, device))
				.get();
			return row && toRegistration(row);
		},

		async ofOwner(owner) {
			const rows = await primary
				.select()
				.from(registrations)
				.where(eq(registrations.owner, owner))
				.orderBy(asc(registrations.registeredAt));
			return rows.map(toRegistration);
		},

		async register(wanted, createNode) {
			const { owner, app, device, host, address } = wanted;
			const { jid, dialect, muc } = wanted;
			const renewal = {
				...deviceColumns(wanted, host, wanted.deviceName),
				...{ jid: jid ?? null, dialect: dialect ?? null, muc: muc ?? null },
			};
			const [renewed] = await primary
				.update(registrations)
				.set(renewal)
				.where(and(sameDevice(owner, app, device), hasRoom(host)))
				.returning();
			if (renewed) return { kind: "renewed", registration: toRegistration(renewed) };

			const quota = await exceeded(wanted);
			if (quota) return { kind: "over-quota", quota };

			const at = now();
			const node = createNode();
			const [row] = await primary
				.insert(registrations)
				.values({
					node,
					owner,
					app,
					device,
					deviceName: wanted.deviceName ?? null,
					...{ jid: jid ?? null, dialect: dialect ?? null, muc: muc ?? null },
					token: wanted.token,
					voipToken: wanted.voipToken ?? null,
					applicationId: wanted.applicationId ?? null,
					p256dh: wanted.p256dh ?? null,
					auth: wanted.auth ?? null,
					host: host ?? null,
					address: address ?? null,
					registeredAt: at,
					renewedAt: at,
				})
				// Two first registrations of one device at once: the later one renews the earlier.
				.onConflictDoUpdate({
					target: [registrations.owner, registrations.app, registrations.device],
					set: renewal,
				})
				.returning();
			if (!row) throw new Error("the database returned no row for a registration");
			return { kind: row.node === node ? "created" : "renewed", registration: toRegistration(row) };
		},

		async renew(node, device, host, deviceName) {
			const [row] = await primary
				.update(registrations)
				.set(deviceColumns(device, host, deviceName))
				.where(and(eq(registrations.node, node), hasRoom(host)))
				.returning();
			if (row) return { kind: "renewed", registration: toRegistration(row) };
			return (await atPrimary.get({ node })) && { kind: "over-quota", quota: "host" };
		},

		async remove(node) {
			const removed = await primary
				.delete(registrations)
				.where(eq(registrations.node, node))
				.returning({ node: registrations.node });
			return removed.length > 0;
		},

		async forget(node, token, deadSince) {
			const forgotten = await primary
				.delete(registrations)
				.where(
					and(
						eq(registrations.node, node),
						eq(registrations.token, token),
						lte(registrations.renewedAt, deadSince),
					),
				)
				.returning({ node: registrations.node });
			return forgotten.length > 0;
		},

		async forgetVoip(node, voipToken, deadSince) {
			const forgotten = await primary
				.update(registrations)
				.set({ voipToken: null })
				.where(
					and(
						eq(registrations.node, node),
						eq(registrations.voipToken, voipToken),
						lte(registrations.renewedAt, deadSince),
					),
				)
				.returning({ node: registrations.node });
			return forgotten.length > 0;
		},

		async record(results, counts) {
			const day = Math.floor(now() / DAY_MS);
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
		},

		count: () =>
			db
				.select({ app: registrations.app, count: sql<number>`count(*)` })
				.from(registrations)
				.groupBy(registrations.app),

		async sweep(before) {
			const swept = await primary
				.delete(registrations)
				.where(
					and(
						lt(registrations.renewedAt, before),
						lt(sql`coalesce(${registrations.lastSuccessAt}, 0)`, before),
					),
				)
				.returning({ node: registrations.node });
			return swept.length;
		},
	};
}
