/** Ends registrations: at their owner's word, at a provider's, or for having been unused too long. */
import { and, eq, inArray, lt, lte, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../../types.ts";
import { isOfWho } from "../console/who.ts";
import { DATABASE_NOW } from "../database-clock.ts";
import { registrations } from "../schema.ts";
import type { Lookup } from "./lookup.ts";
import type { Learning } from "./replica-overlay.ts";
import { toRegistration } from "./row.ts";
import { eachSlice, isBetween, type Pace } from "./table-scan.ts";

/** Rows of one statement that ends them: each is in many indexes. */
const TOGETHER = 100;

/** Who ended a registration, and why, in the operator's words. */
export interface EndedBy {
	decider: "owner" | "operator" | "provider" | "reveille";
	reason: string;
}

export const BARRED: EndedBy = { decider: "operator", reason: "its owner or its owner's domain was barred" };

/** A registration that nobody used. */
export interface Unused extends Pick<Registration, "node" | "owner" | "app"> {
	/** Null: it was never delivered to. */
	lastSuccessAt: number | null;
}

export interface Ending {
	/**
	 * Ends a registration for good. False: there was none.
	 * @param by for whoever hears of ends (registering/registration-ends.ts); missing: its owner, or its device
	 */
	remove(node: string, by?: EndedBy): Promise<boolean>;
	/**
	 * Ends some of what an owner or a domain has, at the operator's word.
	 * @param who as `whoOf` returned it
	 * @returns what ended; nothing: there is none left
	 */
	endOf(who: string): Promise<Registration[]>;
	/**
	 * Ends a registration at a provider's word, unless it was renewed since.
	 * @param token the one that was sent to
	 * @param deadSince ms: a registration renewed after it stays
	 * @returns whether this row is gone now through this verdict
	 */
	forget(node: string, token: string, deadSince: number): Promise<boolean>;
	/** The same for the token of calls alone: the registration stays. */
	forgetVoip(node: string, voipToken: string, deadSince: number): Promise<boolean>;
	/**
	 * Ends a registration that was not renewed for so long, by our clock and the database's.
	 * @returns false: there is none, or it was renewed since it was read, or our clock is ahead
	 */
	expire(node: string, lifeMs: number): Promise<boolean>;
	/**
	 * Removes what was neither renewed nor delivered to since `before` (ms).
	 * @param onEnded is told of each piece that went; must not throw
	 * @returns how many
	 */
	sweep(before: number, onEnded?: (unused: readonly Unused[]) => void): Promise<number>;
}

export interface EndingDeps {
	/** Tells the replica's reader what the primary has; undefined: there is no replica. */
	refresh: Lookup["findAtPrimary"] | undefined;
	learning: Learning;
	/** How fast a sweep goes. */
	pace?: Pace | undefined;
	now: () => number;
}

export function createEnding(primary: LibSQLDatabase, { refresh, learning, pace, now }: EndingDeps): Ending {
	const { node: itsNode, token: itsToken, voipToken: itsVoipToken, renewedAt, lastSuccessAt } = registrations;
	const { owner, app } = registrations;
	const notRenewedSince = (at: number) => lte(renewedAt, at);

	return {
		async remove(node) {
			return learning.ends(
				await primary.delete(registrations).where(eq(itsNode, node)).returning({ node: itsNode }),
			);
		},

		async forget(node, token, deadSince) {
			const isDead = and(eq(itsNode, node), eq(itsToken, token), notRenewedSince(deadSince));
			return learning.ends(await primary.delete(registrations).where(isDead).returning({ node: itsNode }));
		},

		async forgetVoip(node, voipToken, deadSince) {
			const forgotten = await primary
				.update(registrations)
				.set({ voipToken: null })
				.where(and(eq(itsNode, node), eq(itsVoipToken, voipToken), notRenewedSince(deadSince)))
				.returning();
			for (const row of forgotten) learning.row(row);
			// It has another one, which the next try must go to.
			if (forgotten.length === 0) await refresh?.(node);
			return forgotten.length > 0;
		},

		async endOf(who) {
			const some = primary.select({ itsNode }).from(registrations).where(isOfWho(who)).limit(TOGETHER);
			const rows = await primary.delete(registrations).where(inArray(itsNode, some)).returning();
			learning.ends(rows);
			return rows.map(toRegistration);
		},

		async expire(node, lifeMs) {
			const isExpired = and(
				eq(itsNode, node),
				lt(renewedAt, now() - lifeMs),
				lt(renewedAt, sql`${DATABASE_NOW} - ${lifeMs}`),
			);
			return learning.ends(await primary.delete(registrations).where(isExpired).returning({ node: itsNode }));
		},

		async sweep(before, onEnded) {
			const usedAt = sql`max(${renewedAt}, coalesce(${lastSuccessAt}, 0))`;
			const age = now() - before;
			// By the database's clock too: one machine whose own is years ahead would end everybody's.
			const isUnused = and(lt(usedAt, before), lt(usedAt, sql`${DATABASE_NOW} - ${age}`));
			let swept = 0;
			await eachSlice(
				primary,
				async (range) => {
					const unused = and(isBetween(range), isUnused);
					// Most slices have none, and looking takes no turn from those who write.
					const [some] = await primary.select({ one: sql`1` }).from(registrations).where(unused).limit(1);
					if (!some) return;
					const gone = await primary
						.delete(registrations)
						.where(unused)
						.returning({ node: itsNode, owner, app, lastSuccessAt });
					swept += gone.length;
					onEnded?.(gone);
				},
				pace,
			);
			return swept;
		},
	};
}
