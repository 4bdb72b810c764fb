/** What it takes to resume an XMPP stream in another process (XEP-0198 §5), in the connector's own file. */
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { streams } from "./schema.ts";

/** A stream that the server keeps for us while we are away. */
export interface StreamState {
	/** The SM-ID. */
	id: string;
	/** How many of its stanzas were handled. */
	inbound: number;
	/** The full JID it is bound to. */
	jid: string;
}

export interface Streams {
	load(address: string): Promise<StreamState | undefined>;
	/** The handled count in it must be on disk before the server hears of it. */
	save(address: string, state: StreamState): Promise<void>;
	forget(address: string): Promise<void>;
}

/** @param db the connector's own file, migrated */
export function openStreams(db: LibSQLDatabase): Streams {
	return {
		async load(address) {
			const row = await db.select().from(streams).where(eq(streams.address, address)).get();
			return row && { id: row.id, inbound: row.inbound, jid: row.jid };
		},
		async save(address, state) {
			await db
				.insert(streams)
				.values({ address, ...state })
				.onConflictDoUpdate({ target: streams.address, set: state });
		},
		async forget(address) {
			await db.delete(streams).where(eq(streams.address, address));
		},
	};
}
