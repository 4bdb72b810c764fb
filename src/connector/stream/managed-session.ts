/** One session as stream management (XEP-0198) sees it: what arrived in it, and how much of that is handled and told. */
import type { StreamState } from "../../store/local/streams.ts";

export const NS_SM = "urn:xmpp:sm:3";

/** A session as the server began it. */
export type NewSession =
	/** It manages no streams. */
	| "unmanaged"
	/** Stanzas are counted, but nothing is kept for us when the connection is lost. */
	| "counted"
	/** Stanzas are counted, and the session can be resumed. */
	| { id: string; jid: string };

/** A stanza that arrived and that the server was not told to be handled. */
export interface Arrived {
	/** What tells it from others when it is repeated. */
	readonly key: string;
	isHandled: boolean;
}

export interface ManagedSession {
	readonly kind: NewSession;
	/** How many stanzas the server knows to be handled. */
	told(): number;
	/** How many more are handled, with all that arrived before them. */
	untold(): number;
	/** In order of arrival, from the first that the server does not know to be handled. */
	arrived(): readonly Arrived[];
	/** How many stanzas arrived and were not answered yet. */
	inHand(): number;
	arrive(key: string): Arrived;
	handled(stanza: Arrived): void;
	/** The server is told of so many more. */
	tell(count: number): void;
	/** It is told of one more, which never arrived. */
	tellOfMissing(): void;
	/** What the next process needs to resume; undefined: this session cannot be resumed. @param inbound the count in it */
	state(inbound: number): StreamState | undefined;
}

/** @param told how many stanzas the server knows to be handled already */
export function createManagedSession(kind: NewSession, told = 0): ManagedSession {
	const arrived: Arrived[] = [];
	/** How many at the front of `arrived` are handled. */
	let untold = 0;
	/** Where nobody counts there is no order to keep: how many are in hand. */
	let uncounted = 0;
	const anyOfThese: Arrived = { key: "", isHandled: false };

	return {
		kind,
		told: () => told,
		untold: () => untold,
		arrived: () => arrived,
		inHand: () => uncounted + arrived.length - untold,

		arrive(key) {
			if (kind === "unmanaged") {
				uncounted++;
				return anyOfThese;
			}
			const stanza = { key, isHandled: false };
			arrived.push(stanza);
			return stanza;
		},

		handled(stanza) {
			if (kind === "unmanaged") {
				uncounted--;
				return;
			}
			stanza.isHandled = true;
			while (arrived[untold]?.isHandled) untold++;
		},

		tell(count) {
			told += count;
			arrived.splice(0, count);
			untold -= count;
		},

		tellOfMissing() {
			told++;
		},

		state: (inbound) => (typeof kind === "object" ? { ...kind, inbound } : undefined),
	};
}
