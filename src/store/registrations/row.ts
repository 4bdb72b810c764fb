/** Rows of the shared database as the rest knows them, and what of a row a renewal changes. */
import { type SQL, sql } from "drizzle-orm";
import { present } from "../../syntax/present-fields.ts";
import type { AskedClass, Device, Dialect, Registration } from "../../types.ts";
import { registrations } from "../schema.ts";

export type Row = typeof registrations.$inferSelect;

/** What is of an owner's or an app's choosing: a renewal that does not say leaves it as it is. */
export interface Choices {
	deviceName?: string | undefined;
	classes?: readonly AskedClass[] | undefined;
}

/** What a registering client gives, checked by its route and its service. */
export interface NewRegistration extends Device, Choices {
	owner: string;
	app: string;
	device: string;
	jid?: string;
	dialect?: Dialect;
	muc?: string;
	/** The host of the endpoint, where the client chose one. */
	host?: string;
	/** The concealed client address, over HTTP. */
	address?: string;
	/** As in `Registration`. */
	party?: string;
	invite?: string;
}

export function toRegistration(row: Row): Registration {
	const registration: Registration = present(row, "host", "address", "classes");
	// Whatever else a database that lies may say: it is no reason to read nothing at all.
	if (typeof row.classes === "string") registration.classes = row.classes.split(" ") as AskedClass[];
	return registration;
}

/** What is given, as the columns have it. @param at now, ms */
export function columnsOf<Some extends Pick<Choices, "classes">>(given: Some, at: number) {
	return { ...given, classes: classesText(given.classes), renewedAt: at };
}

/** A row that is not there yet. @param at now, ms */
export const newRow = (wanted: NewRegistration, node: string, at: number) => ({
	...columnsOf(wanted, at),
	node,
	registeredAt: at,
});

/** Classes as their column has them: each once. */
function classesText(classes: readonly AskedClass[] | undefined): string | null {
	return classes ? [...new Set(classes)].join(" ") : null;
}

/** The new value of a column: null, or NULL, where none is given. */
type Given = (column: keyof Row) => SQL;

/** In an upsert: what the row would have had as a new one. */
export const excluded: Given = (column) => sql`excluded.${sql.identifier(registrations[column].name)}`;

/** In an update: what is given. */
export const bound =
	(given: Partial<typeof registrations.$inferInsert>): Given =>
	(column) =>
		sql`${given[column] ?? null}`;

/** What changes where a device hands in its token (or another one), and what it chooses. */
export function deviceRenewal(given: Given) {
	const stays = (column: keyof Row) => sql`coalesce(${given(column)}, ${registrations[column]})`;
	const { token, renewedAt, lastSuccessAt } = registrations;
	return {
		token: given("token"),
		voipToken: given("voipToken"),
		applicationId: given("applicationId"),
		p256dh: given("p256dh"),
		auth: given("auth"),
		title: stays("title"),
		navigate: stays("navigate"),
		host: given("host"),
		deviceName: stays("deviceName"),
		classes: stays("classes"),
		party: stays("party"),
		invite: stays("invite"),
		// Never goes back and never stands still, so that a verdict about an earlier send cannot match.
		renewedAt: sql`max(${given("renewedAt")}, ${renewedAt} + 1)`,
		// Another token was never delivered to.
		lastSuccessAt: sql`case when ${token} = ${given("token")} then ${lastSuccessAt} end`,
		lastErrorAt: null,
		lastError: null,
	};
}

/** What changes where a device that is there registers again: also the way that it comes by. */
export function renewal(given: Given) {
	return {
		...deviceRenewal(given),
		jid: given("jid"),
		dialect: given("dialect"),
		muc: given("muc"),
	};
}
