/** Who makes room at a full host: without it, whoever registers there first would have it for good. */
import { and, asc, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "../schema.ts";
import type { Counted, Limits, Move } from "./quotas.ts";

export interface Displacing {
	/** Whether a registration at this host would make room. */
	isPossible(host: string | undefined): Promise<boolean>;
	/**
	 * Ends the registration that makes room at a host that is full: the oldest of those that were pushed to and never
	 * reached. To be done in one transaction with what takes its place.
	 * @param wanted what takes its place; without an owner a move
	 * @param when further conditions
	 */
	displaceFor(wanted: Counted | Move, when: SQL): ReturnType<typeof displacing>;
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

export function createDisplacing(primary: LibSQLDatabase, limits: Pick<Limits, "isJustFull">): Displacing {
	return {
		async isPossible(host) {
			return host !== undefined && (await triedInVain(primary, host)).length > 0;
		},

		displaceFor: (wanted, when) =>
			displacing(primary, wanted.host ?? "", and(limits.isJustFull(wanted), when)),
	};
}
