/** Registers devices: one that is registered already renews its row and keeps its node, a new one gets a row. */
import { notExists, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { OddAnswer } from "../database-fault.ts";
import { NoSpace } from "../disk-full.ts";
import { registrations } from "../schema.ts";
import { createBatchInsert } from "./batch-insert.ts";
import { isOfDevice } from "./lookup.ts";
import { type RegisterResult, written } from "./register-result.ts";
import type { RenewingDeps, RowRenewal } from "./renew.ts";
import { bound, columnsOf, excluded, type NewRegistration, newRow, renewal } from "./row.ts";
import { requireSmall } from "./row-size.ts";

export interface Registering {
	/**
	 * Creates a registration, or renews the one that has the same owner, app and device: that keeps its node. Those
	 * that come within a moment are written by one statement.
	 * @param node of a new row
	 * @throws {NoSpace} when there is no room for a new row, and {InvalidDevice} when it is too long for one
	 */
	registerInBatch(wanted: NewRegistration, node: string): Promise<RegisterResult>;
	/**
	 * The same in a transaction of its own, where making a node costs something.
	 * @param createNode called only once there is room for a new row
	 * @throws likewise
	 */
	register(wanted: NewRegistration, createNode: () => string | Promise<string>): Promise<RegisterResult>;
}

export interface RegisteringDeps extends RenewingDeps {
	/** Renews a row that is there. */
	renewRow: RowRenewal;
	/** How long registrations gather that are written together; undefined: each is written by itself. */
	pause: (() => Promise<void>) | undefined;
	/** Whether there is room for more rows; undefined: there always is. */
	mayGrow: (() => Promise<boolean>) | undefined;
}

export function createRegistering(primary: LibSQLDatabase, deps: RegisteringDeps): Registering {
	const { limits, displacing, learning, now, renewRow, pause, mayGrow = async () => true } = deps;
	const insertInBatch = createBatchInsert(primary, limits, now, pause);

	const renewed = (wanted: NewRegistration) =>
		renewRow(isOfDevice(wanted), renewal(bound(columnsOf(wanted, now()))), wanted);

	/** Adds a row if its quotas have room: others may have registered since they were looked at. */
	const insertOf = (wanted: NewRegistration, node: string) =>
		primary
			.insert(registrations)
			.select(limits.rowWithRoom(newRow(wanted, node, now())))
			// Of two first registrations of one device at once, the later one renews the earlier.
			.onConflictDoUpdate({
				target: [registrations.owner, registrations.app, registrations.device],
				set: renewal(excluded),
			})
			.returning();

	/** @returns undefined: there is room for a new row, or another registration can make room for it */
	async function refusalOf(wanted: NewRegistration): Promise<RegisterResult | undefined> {
		const quota = await limits.exceeded(wanted);
		if (quota === undefined) return undefined;
		if (quota === "host" && (await displacing.isPossible(wanted.host))) return undefined;
		return { kind: "over-quota", quota };
	}

	/** @param mayAdd whether there is room on the disk */
	async function registerOne(
		wanted: NewRegistration,
		mayAdd: boolean,
		createNode: () => string | Promise<string>,
	): Promise<RegisterResult> {
		const known = await renewed(wanted);
		if (known) return known;
		if (!mayAdd) throw new NoSpace();
		const refusal = await refusalOf(wanted);
		if (refusal) return refusal;

		const node = await createNode();
		const same = primary.select({ one: sql`1` }).from(registrations).where(isOfDevice(wanted));
		const [displaced, [row], [full]] = await primary.batch([
			displacing.displaceFor(wanted, notExists(same)),
			insertOf(wanted, node),
			limits.exceededQuery(wanted),
		]);
		if (row) return written(learning, row.node === node ? "created" : "renewed", row, displaced);
		// The last room may have gone to another request of this device, which is renewed then.
		const late = await renewed(wanted);
		if (late) return late;
		if (!full?.quota) throw new OddAnswer();
		return { kind: "over-quota", quota: full.quota };
	}

	return {
		async registerInBatch(wanted, node) {
			requireSmall(wanted);
			const mayAdd = await mayGrow();
			const row = mayAdd ? await insertInBatch(wanted, node) : undefined;
			if (row) return written(learning, row.node === node ? "created" : "renewed", row);
			return registerOne(wanted, mayAdd, () => node);
		},

		async register(wanted, createNode) {
			requireSmall(wanted);
			return registerOne(wanted, await mayGrow(), createNode);
		},
	};
}
