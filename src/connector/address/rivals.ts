/** Who else may have one of our addresses: another process of this database, or a Reveille of another one. */
import type { Logger } from "@logtape/logtape";
import type { XmppConnection } from "../../config/connections.ts";
import type { Streams } from "../../store/local/streams.ts";
import type { StreamLeases } from "../../store/stream-leases.ts";
import { sameValue } from "../../xmpp/same-database.ts";
import { createOthers, type Others } from "./other-databases.ts";
import { createSameDatabase, type SameDatabase } from "./same-database.ts";
import { createStreamLease, type StreamLease } from "./stream-lease.ts";

/** How they are found out; undefined: they cannot be, or there are none. */
export interface Rivals {
	/** An account's address is one session's: sessions of other databases are asked. */
	sameDatabase: SameDatabase | undefined;
	/** A component's may be several connections': those of other databases are listened for. */
	others: Others | undefined;
	/** Where several processes of this database may have the account: which of them is online. */
	lease: ((onLost: () => void) => StreamLease) | undefined;
}

export async function createRivals(
	connection: XmppConnection,
	{
		databaseId,
		standby,
		streams,
		log,
	}: {
		/** Which database it is; undefined: nothing here knows yet. */
		databaseId: string | undefined;
		/** `holder`: this process's id. */
		standby: { leases: StreamLeases; holder: string } | undefined;
		streams: Streams;
		log: Logger;
	},
): Promise<Rivals> {
	const { kind, address, password } = connection;
	const isKnown = databaseId !== undefined;
	return {
		sameDatabase:
			kind === "account" && isKnown ? await createSameDatabase(connection, databaseId) : undefined,
		others:
			kind === "component" && isKnown
				? createOthers({ address, value: await sameValue(password, databaseId), log })
				: undefined,
		lease: standby && ((onLost) => createStreamLease({ ...standby, address, streams, onLost, log })),
	};
}
