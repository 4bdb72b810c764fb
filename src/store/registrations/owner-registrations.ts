/** What owners have, read at the primary: they are told the truth about it, and end it for good. */
import { and, asc, eq, ne } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import type { Registration } from "../../types.ts";
import { registrations } from "../schema.ts";
import { toRegistration } from "./row.ts";

export interface OfOwners {
	/** All that one owner has, the oldest first. @param owner a bare JID, not empty */
	ofOwner(owner: string): Promise<Registration[]>;
	/**
	 * What owners registered in mod_push_appserver's dialect with a device id and a token: one for each account of the
	 * device.
	 * @param token as its push service's `parseDevice` returned it
	 * @returns no more than one owner may have
	 */
	ofDevice(device: string, token: string): Promise<Registration[]>;
}

export function createOfOwners(primary: LibSQLDatabase): OfOwners {
	const { owner, dialect, registeredAt } = registrations;
	return {
		async ofOwner(its) {
			const rows = await primary
				.select()
				.from(registrations)
				.where(eq(owner, its))
				.orderBy(asc(registeredAt));
			return rows.map(toRegistration);
		},

		async ofDevice(device, token) {
			const rows = await primary
				.select()
				.from(registrations)
				.where(
					and(
						eq(registrations.token, token),
						eq(registrations.device, device),
						eq(dialect, "push-appserver"),
						ne(owner, ""),
					),
				)
				.orderBy(asc(registeredAt))
				.limit(registrationBounds.perOwner.is);
			return rows.map(toRegistration);
		},
	};
}
