/** Rows of the shared database as the rest knows them. */
import { present } from "../present.ts";
import type { Registration } from "../types.ts";
import type { registrations } from "./schema.ts";

export type Row = typeof registrations.$inferSelect;

export function toRegistration(row: Row): Registration {
	return present(row, "host", "address") as Registration;
}
