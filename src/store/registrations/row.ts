/** Rows of the shared database as the rest knows them. */
import { present } from "../../syntax/present-fields.ts";
import type { AskedClass, Registration } from "../../types.ts";
import type { registrations } from "../schema.ts";

export type Row = typeof registrations.$inferSelect;

export function toRegistration(row: Row): Registration {
	const registration: Registration = present(row, "host", "address", "classes") as Omit<
		Registration,
		"classes"
	>;
	// Whatever else a database that lies may say: it is no reason to read nothing at all.
	if (typeof row.classes === "string") registration.classes = row.classes.split(" ") as AskedClass[];
	return registration;
}

/** Classes as their column has them: each once. */
export function classesText(classes: readonly AskedClass[] | undefined): string | null {
	return classes ? [...new Set(classes)].join(" ") : null;
}
