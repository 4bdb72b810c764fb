/** The statement that takes entries out of the outbox, many at a time, from one JSON text. */
import { type Placeholder, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { PushClass } from "../../types.ts";
import { isOwn } from "./outbox-puts.ts";
import { outbox } from "./schema.ts";

/** The entry of exactly this version goes; an older one of its lane is still owed, or made up for. */
export interface Removal {
	node: string;
	class: PushClass;
	version: number;
	/** Those as old or older go too, but for pushes with a text of their own. */
	isMadeUpFor: boolean;
}

/** @param rows removals as JSON */
export function deleteRows(db: LibSQLDatabase, rows: string | Placeholder) {
	const { node, class: pushClass, version } = outbox;
	const field = (name: keyof Removal) => sql.raw(`removal.value ->> '${name}'`);
	// By the primary key from each removal: the other way round it would go through the whole outbox.
	return db.delete(outbox).where(
		sql`rowid IN (SELECT ${outbox}.rowid FROM json_each(${rows}) AS removal CROSS JOIN ${outbox}
			ON ${node} = ${field("node")} AND ${pushClass} = ${field("class")}
			WHERE ${version} = ${field("version")}
			OR (${field("isMadeUpFor")} AND ${version} < ${field("version")} AND NOT ${isOwn}))`,
	);
}
