/** Rows of the shared database as the rest knows them. */
import { present } from "../present.ts";
import type { AskedClass, Registration } from "../types.ts";
import type { registrations } from "./schema.ts";

export type Row = typeof registrations.$inferSelect;

export function toRegistration(row: Row): Registration {
	const registration: Registration = present(row, "host", "address", "classes") as Omit<
		Registration,
		"classes"
	>;
	if (row.classes) registration.classes = row.classes.split(" ") as AskedClass[];
	return registration;
}

/** Classes as their column has them: each once. */
export function classesText(classes: readonly AskedClass[] | undefined): string | null {
	return classes ? [...new Set(classes)].join(" ") : null;
}
