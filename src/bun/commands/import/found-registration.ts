/** What the readers of other app servers' storage hand on: one registration at a time, as it was found. */

/** The fields that are understood: the columns of a CSV, and what mod_push_appserver stores. */
export const FIELDS = [
	"node",
	"secret",
	"type",
	"app",
	"token",
	"device_id",
	"owner",
	"registered",
	"renewed",
	"last_successful_push",
	"voip_token",
	"application_id",
	"p256dh",
	"auth",
] as const;

export type Field = (typeof FIELDS)[number];

export interface Found {
	/** Where, for people: a line, or the beginning of a node. */
	at: string;
	fields: Partial<Record<Field, string>>;
	/** The JID that it was published to. */
	jid?: string;
	/** Why it is none that could be imported. */
	unfit?: string;
}

/** As much of a node or a token as may be shown: it could be a device's own id. */
export const masked = (text: string) => (text.length < 8 ? "…" : `${text.slice(0, 4)}…`);

/** What mod_push_appserver kept of one node, whatever the storage. @param entries a storage's own key and value */
export function foundAtProsody(host: string, node: string, entries: ReadonlyMap<string, string>): Found {
	const fields: Found["fields"] = { node };
	for (const name of ["secret", "type", "token", "registered", "renewed", "last_successful_push"] as const) {
		const value = entries.get(name);
		if (value !== undefined) fields[name] = value;
	}
	const found: Found = { at: masked(node), fields, jid: host };
	// The module of 2020 notes that a token died, and leaves the note for a while.
	if (entries.has("tombstone")) return { ...found, unfit: "its token is dead (a tombstone)" };
	return found;
}
