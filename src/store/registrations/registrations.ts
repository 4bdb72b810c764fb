/** Registrations in the shared database: the queries, and the conditions that keep promises under races. */
import { and, eq, exists, isNotNull, lt, lte, notExists, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { AskedClass, Device, Dialect, Registration } from "../../types.ts";
import { DATABASE_NOW } from "../database-clock.ts";
import { NoSpace } from "../disk-full.ts";
import { registrations } from "../schema.ts";
import { createRegisteringTogether } from "./batch-insert.ts";
import { type Claim, claimRegistration } from "./claim.ts";
import { createListing, type Listing } from "./list.ts";
import { createFinder } from "./lookup.ts";
import { createOfOwners, type OfOwners } from "./owner-registrations.ts";
import { type Count, type Result, recordResults } from "./push-results.ts";
import { createLimits, type Move, type QuotaName, type Quotas } from "./quotas.ts";
import { createNearby } from "./replica-overlay.ts";
import { classesText, type Row, toRegistration } from "./row.ts";
import { requireSmall } from "./row-size.ts";
import { eachSlice } from "./table-scan.ts";

export type Database = LibSQLDatabase;

/** What is of an owner's or an app's choosing: a renewal that does not say leaves it as it is. */
export interface Choices {
	deviceName?: string | undefined;
	classes?: readonly AskedClass[] | undefined;
}

/** What a registering client gives, checked by its route and its service. */
export interface NewRegistration extends Device, Choices {
	owner: string;
	app: string;
	device: string;
	jid?: string;
	dialect?: Dialect;
	muc?: string;
	/** The host of the endpoint, where the client chose one. */
	host?: string;
	/** The concealed client address, over HTTP. */
	address?: string;
	/** As in `Registration`. */
	party?: string;
}

export type RegisterResult =
	/**
	 * `displaced`: what ended to make room at a full host. Its owner's server is to be told
	 * (registering/registration-ends.ts).
	 */
	| { kind: "created" | "renewed"; registration: Registration; displaced?: Registration }
	/** A limit is reached: nothing was written. */
	| { kind: "over-quota"; quota: QuotaName };

export interface Registrations extends Listing, OfOwners {
	/** Reads nearby: a replica may lack a row, or hold an old token. */
	find(node: string): Promise<Registration | undefined>;
	/** Reads at the primary: asked before anything is said to be gone. */
	findAtPrimary(node: string): Promise<Registration | undefined>;
	/**
	 * Creates a registration, or renews the one that has the same owner, app and device: that keeps its node.
	 * @throws {NoSpace} when there is no room for a new row, and {InvalidDevice} when it is too long for one
	 * @param node of a new row; where a node is not to be had for nothing a function, which is called once there is
	 *   room for a new row
	 */
	register(wanted: NewRegistration, node: string | (() => string | Promise<string>)): Promise<RegisterResult>;
	/** Whether a device of a party was ever reached: reads nearby, and the oldest of its registrations alone. */
	isProven(party: string): Promise<boolean>;
	/** Gives an owner the registration of a device that has none yet: see claim.ts. */
	claim(claim: Claim): Promise<boolean>;
	/** Reads at the primary what makes a registration unique. */
	findDevice(owner: string, app: string, device: string): Promise<Registration | undefined>;
	/**
	 * Gives a registration another token (or the same anew), and what was chosen anew.
	 * Undefined: there is no such node.
	 */
	renew(
		node: string,
		device: Device,
		host: string | undefined,
		choices?: Choices,
	): Promise<RegisterResult | undefined>;
	/**
	 * Has a registration be known by the node that was published to.
	 * @returns the registration as it is known now; undefined: it left that node (key-change.ts)
	 */
	rename(registration: Registration, node: string): Promise<Registration | undefined>;
	/** Gives a registration another node in place of its own, which ends. All else of it stays. */
	replaceNode(former: Registration, node: string): Promise<void>;
	/** Gives a registration another name for people, and changes nothing else. False: there was none. */
	nameDevice(node: string, deviceName: string): Promise<boolean>;
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
	/** Removes what was neither renewed nor delivered to since `before` (ms). @returns how many */
	sweep(before: number): Promise<number>;
}

/** Of how many registrations of a party it is looked whether they were reached. */
const LOOKED_AT = 1_000;

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
 */
export function createRegistrations(
	primary: Database,
	quotas: Quotas,
	{
		replica,
		now = Date.now,
		pause,
		turn,
		mayGrow,
	}: {
		replica?: ReplicaOf | undefined;
		now?: () => number;
		pause?: () => Promise<void>;
		turn?: () => Promise<void>;
		mayGrow?: () => Promise<boolean>;
	} = {},
): Registrations {
	const atPrimary = createFinder(primary, turn);
	const nearby = replica && createNearby(createFinder(replica.db, turn), replica.freshAt, now);
	const limits = createLimits(primary, quotas);
	const registerTogether = createRegisteringTogether(primary, limits, now, pause);

	/** @param row what the primary just said: the replica has it a moment later */
	function learned(row: Row): Registration {
		const registration = toRegistration(row);
		nearby?.learn(row.node, registration);
		return registration;
	}

	async function findAtPrimary(node: string): Promise<Registration | undefined> {
		const found = await atPrimary(node);
		nearby?.learn(node, found);
		return found;
	}

	/** @returns whether there was one */
	function learnedEnds(rows: readonly { node: string }[]): boolean {
		for (const { node } of rows) nearby?.learn(node, undefined);
		return rows.length > 0;
	}

	const deviceColumns = (device: Device, host: string | undefined, { deviceName, classes }: Choices) => ({
		token: device.token,
		voipToken: device.voipToken ?? null,
		applicationId: device.applicationId ?? null,
		p256dh: device.p256dh ?? null,
		auth: device.auth ?? null,
		host: host ?? null,
		// Never goes back and never stands still, so that a verdict about an earlier send cannot match.
		renewedAt: sql`max(${now()}, ${registrations.renewedAt} + 1)`,
		// Another token was never delivered to.
		lastSuccessAt: sql`case when ${registrations.token} = ${device.token} then ${registrations.lastSuccessAt} end`,
		lastErrorAt: null,
		lastError: null,
		...(deviceName === undefined ? {} : { deviceName }),
		...(classes === undefined ? {} : { classes: classesText(classes) }),
	});

	/** @param displaced what ended for it */
	function written(kind: "created" | "renewed", row: Row, displaced: readonly Row[] = []): RegisterResult {
		learnedEnds(displaced);
		const [ended] = displaced;
		const result = { kind, registration: learned(row) };
		return ended ? { ...result, displaced: toRegistration(ended) } : result;
	}

	/**
	 * Renews a registration, which may move to another host.
	 * @returns undefined: there is none
	 */
	async function change(
		which: SQL | undefined,
		set: Parameters<ReturnType<typeof primary.update<typeof registrations>>["set"]>[0],
		{ host, party }: Pick<NewRegistration, "host" | "party">,
	): Promise<RegisterResult | undefined> {
		const update = primary
			.update(registrations)
			.set(set)
			.where(and(which, limits.hasRoom(host, party)))
			.returning();
		const [row] = await update;
		if (row) return written("renewed", row);
		if (host === undefined) return undefined;
		const { party: whose, host: before } = registrations;
		const [its] = await primary.select({ whose }).from(registrations).where(which);
		if (!its) return undefined;
		const move: Move & { host: string } = { host, party: party ?? its.whose };
		const quota = (await limits.exceeded(move)) ?? "host";
		if (quota === "host" && (await limits.displaceable(host)) !== undefined) {
			const moves = primary
				.select({ one: sql`1` })
				.from(registrations)
				.where(and(which, sql`${before} is not ${host}`));
			const [displaced, [moved]] = await primary.batch([limits.displace(move, exists(moves)), update]);
			if (moved) return written("renewed", moved, displaced);
		}
		return { kind: "over-quota", quota };
	}

	async function rename(registration: Registration, node: string): Promise<Registration> {
		const known = { ...registration, node };
		await primary.update(registrations).set({ node }).where(eq(registrations.node, registration.node));
		nearby?.learn(registration.node, undefined);
		nearby?.learn(node, known);
		return known;
	}

	const sameDevice = (owner: string, app: string, device: string) =>
		and(eq(registrations.owner, owner), eq(registrations.app, app), eq(registrations.device, device));

	return {
		...createListing(replica?.db ?? primary),
		...createOfOwners(primary),

		find: nearby?.find ?? atPrimary,
		findAtPrimary,

		async isProven(party) {
			const db = replica?.db ?? primary;
			const { lastSuccessAt } = registrations;
			// Whoever makes thousands at a domain makes them after those that are woken there.
			const oldest = db
				.select({ lastSuccessAt })
				.from(registrations)
				.where(eq(registrations.party, party))
				.limit(LOOKED_AT)
				.as("oldest");
			const reached = await db
				.select({ one: sql`1` })
				.from(oldest)
				.where(isNotNull(oldest.lastSuccessAt))
				.limit(1);
			return reached.length > 0;
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

		async register(wanted, given) {
			requireSmall(wanted);
			const mayAdd = !mayGrow || (await mayGrow());
			const made = mayAdd && typeof given === "string" ? await registerTogether(wanted, given) : undefined;
			if (made) return { kind: made.node === given ? "created" : "renewed", registration: learned(made) };

			const { owner, app, device, host, address = null, party = null } = wanted;
			const { jid = null, dialect = null, muc = null } = wanted;
			const renewal = {
				...deviceColumns(wanted, host, wanted),
				...(party !== null && { party }),
				jid,
				dialect,
				muc,
			};
			const same = sameDevice(owner, app, device);
			const renewed = () => change(same, renewal, wanted);
			const known = await renewed();
			if (known) return known;

			if (!mayAdd) throw new NoSpace();

			const quota = await limits.exceeded(wanted);
			const isFull = quota === "host" && host !== undefined;
			const mayDisplace = isFull && (await limits.displaceable(host)) !== undefined;
			if (quota && !mayDisplace) return { kind: "over-quota", quota };

			const at = now();
			const node = typeof given === "string" ? given : await given();
			const fresh = {
				...renewal,
				node,
				owner,
				app,
				device,
				address,
				party,
				registeredAt: at,
				renewedAt: at,
				lastSuccessAt: null,
			};
			const insert = primary
				.insert(registrations)
				// Others may have come since: the quotas hold in the same statement.
				.select(limits.rowWithRoom(fresh))
				// Two first registrations of one device at once: the later one renews the earlier.
				.onConflictDoUpdate({
					target: [registrations.owner, registrations.app, registrations.device],
					set: renewal,
				})
				.returning();
			const isNew = notExists(primary.select({ one: sql`1` }).from(registrations).where(same));
			const [displaced, [row]] = mayDisplace
				? await primary.batch([limits.displace({ ...wanted, host }, isNew), insert])
				: [[], await insert];
			if (!row)
				return (await renewed()) ?? { kind: "over-quota", quota: (await limits.exceeded(wanted)) ?? "owner" };
			return written(row.node === node ? "created" : "renewed", row, displaced);
		},

		async renew(node, device, host, choices = {}) {
			requireSmall({ ...device, host, ...choices });
			return change(eq(registrations.node, node), deviceColumns(device, host, choices), {
				...(host !== undefined && { host }),
			});
		},

		rename,

		async replaceNode(former, node) {
			await rename(former, node);
		},

		async nameDevice(node, deviceName) {
			const [row] = await primary
				.update(registrations)
				.set({ deviceName })
				.where(eq(registrations.node, node))
				.returning();
			if (row) learned(row);
			return row !== undefined;
		},

		async remove(node) {
			const removed = await primary
				.delete(registrations)
				.where(eq(registrations.node, node))
				.returning({ node: registrations.node });
			return learnedEnds(removed);
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
			return learnedEnds(forgotten);
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
				.returning();
			for (const row of forgotten) learned(row);
			// It has another one, which the next try must go to.
			if (forgotten.length === 0 && nearby) await findAtPrimary(node);
			return forgotten.length > 0;
		},

		record: (results, counts) => recordResults(primary, results, counts, now()),

		async sweep(before) {
			const usedAt = sql`max(${registrations.renewedAt}, coalesce(${registrations.lastSuccessAt}, 0))`;
			const age = now() - before;
			// By the database's clock too: one machine whose own is years ahead would end everybody's.
			const isUnused = and(lt(usedAt, before), lt(usedAt, sql`${DATABASE_NOW} - ${age}`));
			let swept = 0;
			await eachSlice(primary, async (slice) => {
				const unused = and(slice, isUnused);
				// Most slices have none, and looking takes no turn from those who write.
				const [some] = await primary.select({ one: sql`1` }).from(registrations).where(unused).limit(1);
				if (!some) return;
				const gone = await primary
					.delete(registrations)
					.where(unused)
					.returning({ node: registrations.node });
				swept += gone.length;
			});
			return swept;
		},
	};
}
