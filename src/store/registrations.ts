/** Registrations in the shared database: the queries, and the conditions that keep promises under races. */
import { and, asc, desc, eq, getTableColumns, lt, lte, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Device, Dialect, Registration } from "../types.ts";
import { asJson } from "./as-json.ts";
import { type Claim, claimRegistration } from "./claiming.ts";
import { createLimits, type Quotas } from "./quotas.ts";
import { type Count, type Result, recordResults } from "./results.ts";
import { registrations } from "./schema.ts";

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

export type RegisterResult =
	| { kind: "created" | "renewed"; registration: Registration }
	/** A limit is reached: nothing was written. */
	| { kind: "over-quota"; quota: keyof Quotas };

/** Some registrations of all, the newest first. */
export interface RegistrationList {
	registrations: Registration[];
	/** Where the next ones begin; missing: there are none. */
	next?: number;
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
	register(wanted: NewRegistration, createNode: () => string | Promise<string>): Promise<RegisterResult>;
	/** Gives an owner the registration of a device that has none yet: see claiming.ts. */
	claim(claim: Claim): Promise<boolean>;
	/** Reads at the primary all that one owner has, the oldest first. @param owner a bare JID, not empty */
	ofOwner(owner: string): Promise<Registration[]>;
	/**
	 * Reads nearby the registrations of everybody, the newest first, in pieces.
	 * @param before the `next` of the piece before it
	 */
	list(limit: number, before?: number): Promise<RegistrationList>;
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
			.select({ row: asJson(registrations) })
			.from(registrations)
			.where(eq(registrations.node, sql.placeholder("node")))
			.prepare();
	const nearby = byNode(db);
	const atPrimary = byNode(primary);
	const limits = createLimits(primary, quotas);

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

	const sameDevice = (owner: string, app: string, device: string) =>
		and(eq(registrations.owner, owner), eq(registrations.app, app), eq(registrations.device, device));

	return {
		async find(node) {
			const found = await nearby.get({ node });
			return found && toRegistration(found.row);
		},

		async findAtPrimary(node) {
			const found = await atPrimary.get({ node });
			return found && toRegistration(found.row);
		},

		async findDevice(owner, app, device) {
			const row = await primary
				.select()
				.from(registrations)
				.where(sameDevice(owner, app, device))
				.get();
			return row && toRegistration(row);
		},

		claim: (claim) => claimRegistration(primary, claim),

		async ofOwner(owner) {
			const rows = await primary
				.select()
				.from(registrations)
				.where(eq(registrations.owner, owner))
				.orderBy(asc(registrations.registeredAt));
			return rows.map(toRegistration);
		},

		async list(limit, before) {
			// SQLite numbers rows as they come, and finds them by that number without an index.
			const position = sql<number>`${registrations}."rowid"`;
			const rows = await db
				.select({ position, row: getTableColumns(registrations) })
				.from(registrations)
				.where(before === undefined ? undefined : lt(position, before))
				.orderBy(desc(position))
				.limit(limit + 1);
			const last = rows.length > limit ? rows[limit - 1] : undefined;
			return {
				registrations: rows.slice(0, limit).map(({ row }) => toRegistration(row)),
				...(last && { next: last.position }),
			};
		},

		async register(wanted, createNode) {
			const { owner, app, device, deviceName, host, address = null } = wanted;
			const { jid = null, dialect = null, muc = null } = wanted;
			const renewal = { ...deviceColumns(wanted, host, deviceName), jid, dialect, muc };
			async function renewed(): Promise<RegisterResult | undefined> {
				const [row] = await primary
					.update(registrations)
					.set(renewal)
					.where(and(sameDevice(owner, app, device), limits.hasRoom(host)))
					.returning();
				return row && { kind: "renewed", registration: toRegistration(row) };
			}
			const known = await renewed();
			if (known) return known;

			const quota = await limits.exceeded(wanted);
			if (quota) return { kind: "over-quota", quota };

			const at = now();
			const node = await createNode();
			const fresh = { ...renewal, node, owner, app, device, address, registeredAt: at, renewedAt: at };
			const [row] = await primary
				.insert(registrations)
				// Others may have come since: the quotas hold in the same statement.
				.select(limits.rowWithRoom(fresh))
				// Two first registrations of one device at once: the later one renews the earlier.
				.onConflictDoUpdate({
					target: [registrations.owner, registrations.app, registrations.device],
					set: renewal,
				})
				.returning();
			if (!row)
				return (await renewed()) ?? { kind: "over-quota", quota: (await limits.exceeded(wanted)) ?? "owner" };
			return { kind: row.node === node ? "created" : "renewed", registration: toRegistration(row) };
		},

		async renew(node, device, host, deviceName) {
			const [row] = await primary
				.update(registrations)
				.set(deviceColumns(device, host, deviceName))
				.where(and(eq(registrations.node, node), limits.hasRoom(host)))
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

		record: (results, counts) => recordResults(primary, results, counts, now()),

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
