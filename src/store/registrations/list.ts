/** All registrations, for whoever runs the service: read nearby, so that looking costs the primary nothing. */
import { desc, getTableColumns, lt, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { Registration } from "../../types.ts";
import { registrations } from "../schema.ts";
import { toRegistration } from "./row.ts";

/** Some registrations of all, the newest first. */
export interface RegistrationList {
	registrations: Registration[];
	/** Where the next ones begin; missing: there are none. */
	next?: number;
}

export interface Listing {
	/**
	 * Reads nearby the registrations of everybody, the newest first, in pieces.
	 * @param before the `next` of the piece before it
	 */
	list(limit: number, before?: number): Promise<RegistrationList>;
}

export function createListing(db: LibSQLDatabase): Listing {
	return {
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
	};
}
