/** Rows of the shared database as the rest knows them. */
import type { Registration } from "../types.ts";
import type { registrations } from "./schema.ts";

export type Row = typeof registrations.$inferSelect;

export function toRegistration(row: Row): Registration {
	const { host: _host, address: _address, ...columns } = row;
	return Object.fromEntries(
		Object.entries(columns).filter(([, value]) => value !== null),
	) as unknown as Registration;
}
