/** Changes registrations that are there: their tokens, their nodes, their names. */
import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Device, Registration } from "../../types.ts";
import { registrations } from "../schema.ts";
import type { Displacing } from "./displace.ts";
import type { Limits, Move } from "./quotas.ts";
import { type RegisterResult, written } from "./register-result.ts";
import type { Learning } from "./replica-overlay.ts";
import { bound, type Choices, columnsOf, deviceRenewal, type NewRegistration } from "./row.ts";
import { requireSmall } from "./row-size.ts";

export interface Renewing {
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
}

export interface RenewingDeps {
	limits: Limits;
	displacing: Displacing;
	learning: Learning;
	now: () => number;
}

/**
 * Renews a row, which may move to another host.
 * @param which the condition that it is this one
 * @returns undefined: there is none
 */
export type RowRenewal = (
	which: SQL | undefined,
	set: ReturnType<typeof deviceRenewal>,
	to: Pick<NewRegistration, "host" | "party">,
) => Promise<RegisterResult | undefined>;

export function createRowRenewal(
	primary: LibSQLDatabase,
	{ limits, displacing, learning }: RenewingDeps,
): RowRenewal {
	return async (which, set, { host, party }) => {
		const update = primary
			.update(registrations)
			.set(set)
			.where(and(which, limits.hasRoom(host, party)))
			.returning();
		const [row] = await update;
		if (row) return written(learning, "renewed", row);
		if (host === undefined) return undefined;

		const { party: whose, host: before } = registrations;
		const [its] = await primary.select({ whose }).from(registrations).where(which);
		if (!its) return undefined;
		const move: Move = { host, party: party ?? its.whose };
		const quota = await limits.exceeded(move);
		const isInTheWay = quota === "share" || (quota === "host" && !(await displacing.isPossible(host)));
		if (isInTheWay) return { kind: "over-quota", quota };

		const moves = primary
			.select({ one: sql`1` })
			.from(registrations)
			.where(and(which, sql`${before} is not ${host}`));
		const [displaced, [moved], [full]] = await primary.batch([
			displacing.displaceFor(move, exists(moves)),
			update,
			limits.exceededQuery(move),
		]);
		if (moved) return written(learning, "renewed", moved, displaced);
		return full?.quota ? { kind: "over-quota", quota: full.quota } : undefined;
	};
}

export function createRenewing(
	primary: LibSQLDatabase,
	{ renewRow, learning, now }: Pick<RenewingDeps, "learning" | "now"> & { renewRow: RowRenewal },
): Renewing {
	async function rename(registration: Registration, node: string): Promise<Registration> {
		const known = { ...registration, node };
		await primary.update(registrations).set({ node }).where(eq(registrations.node, registration.node));
		learning.node(registration.node, undefined);
		learning.node(node, known);
		return known;
	}

	return {
		rename,

		async renew(node, device, host, choices = {}) {
			const given = { ...device, host, ...choices };
			requireSmall(given);
			const set = deviceRenewal(bound(columnsOf(given, now())));
			return renewRow(eq(registrations.node, node), set, host === undefined ? {} : { host });
		},

		async replaceNode(former, node) {
			await rename(former, node);
		},

		async nameDevice(node, deviceName) {
			const [row] = await primary
				.update(registrations)
				.set({ deviceName })
				.where(eq(registrations.node, node))
				.returning();
			if (row) learning.row(row);
			return row !== undefined;
		},
	};
}
