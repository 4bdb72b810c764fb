/** What arrives in the sessions of one address, and when all of it is answered. */
import type { Element } from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import type { StreamState } from "../../store/local/streams.ts";
import {
	type Arrived,
	createManagedSession,
	type ManagedSession,
	type NewSession,
} from "./managed-session.ts";
import { createWaiters } from "./waiters.ts";

/** What of a sender and an id tells stanzas apart. */
const KEY_LENGTH = stanzaBounds.id.is;

export interface Arrivals {
	/** Today's. */
	session(): ManagedSession;
	/** A new session begins: what was in hand is the last one's. */
	begin(next: NewSession): void;
	/** The session is resumed: what was not told arrives again, as far as the server keeps to the order. */
	resume(): void;
	/** A stanza arrived in today's session. @returns undefined: it is in hand already, the server repeats it */
	arrive(stanza: Element): Arrived | undefined;
	/** A stanza of this session was answered. @returns whether the count grew that the server is to be told */
	handled(stanza: Arrived, its: ManagedSession): boolean;
	/** Resolves when all that arrived is answered. */
	answered(): Promise<void>;
}

const keyOf = ({ name, attrs }: Element) =>
	`${name} ${String(attrs.from).slice(0, KEY_LENGTH)} ${String(attrs.id).slice(0, KEY_LENGTH)}`;

/** @param saved what an earlier process left behind */
export function createArrivals(saved: StreamState | undefined): Arrivals {
	let session = createManagedSession(saved ? { id: saved.id, jid: saved.jid } : "unmanaged", saved?.inbound);
	/** What the server still has to repeat after a resumption. */
	let repeats: Arrived[] = [];
	const emptyHands = createWaiters();

	function noteAnswered() {
		if (session.inHand() === 0) emptyHands.wake();
	}

	return {
		session: () => session,

		begin(next) {
			session = createManagedSession(next);
			repeats = [];
			noteAnswered();
		},

		resume() {
			repeats = [...session.arrived()];
		},

		arrive(stanza) {
			if (session.kind === "unmanaged") return session.arrive("");
			const key = keyOf(stanza);
			const repeated = repeats.shift();
			if (repeated?.key === key) return undefined;
			repeats = [];
			return session.arrive(key);
		},

		handled(stanza, its) {
			its.handled(stanza);
			// An answer to a stanza of a session that is over counts for nothing in this one.
			if (its !== session) return false;
			noteAnswered();
			return its.kind !== "unmanaged";
		},

		async answered() {
			if (session.inHand() > 0) await emptyHands.wait();
		},
	};
}
