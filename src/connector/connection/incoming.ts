/** What arrives by a connection: each stanza is answered, and where too many wait, they are answered from the outbox. */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import { domainOf } from "../../xmpp/jid.ts";
import type { StanzaHandler } from "../../xmpp/stanzas.ts";

/**
 * How many stanzas may wait for an answer, and how old those are that are put on disk beyond it, ms. An account: Prosody
 * refuses to resume beyond 500 in its queue. A component: bounds memory. A machine that is only busy has many there
 * too, each for a moment: writing them to disk as well would make it slower still.
 */
const BACKLOG = {
	account: { most: 200, olderThanMs: 0 },
	component: { most: 2_000, olderThanMs: 1_000 },
};

export interface Incoming {
	/** A stanza arrived. @param handled to be called when it is answered */
	take(stanza: Element, handled: () => void): void;
	/** Takes no more: an account's stay at the server, which sends them again to the next process. */
	close(): void;
}

export interface IncomingDeps {
	address: string;
	kind: "account" | "component";
	handle: StanzaHandler;
	reply(answer: Element): void;
	/** How many stanzas wait for an answer. */
	inHand(): number;
	/**
	 * Called when too many stanzas wait for an answer, to have them answered from the outbox; again only when it
	 * resolved, and some time later.
	 * @param olderThanMs those that came later are about to be answered
	 */
	onBacklog(olderThanMs: number): Promise<void>;
	/** Between two looks at whether too many still wait, ms. */
	pauseMs: number;
	log: Pick<Logger, "error">;
}

export function createIncoming(deps: IncomingDeps): Incoming {
	const { address, kind, handle, reply, inHand, onBacklog, pauseMs, log } = deps;
	const { most, olderThanMs } = BACKLOG[kind];
	let isTaking = true;
	let isRelieving = false;

	/** Once for all of them: a backlog grows with each stanza, and each would have all the others written again. */
	async function relieve() {
		if (isRelieving) return;
		isRelieving = true;
		try {
			while (inHand() > most) {
				await onBacklog(olderThanMs);
				await Bun.sleep(pauseMs);
			}
		} finally {
			isRelieving = false;
		}
	}

	/** Never throws. */
	async function answer(stanza: Element, handled: () => void) {
		try {
			const its = await handle(stanza);
			if (its) reply(its);
		} catch (error) {
			log.error(
				"{address}: a stanza from {domain} could not be handled, and its sender gets no answer: {error}",
				about("stanza-not-answered", {
					address,
					domain: domainOf(stanza.attrs.from ?? ""),
					error: faultOf(error),
				}),
			);
		} finally {
			handled();
		}
	}

	return {
		take(stanza, handled) {
			// Not counted as handled: the server sends it again to the next process. A component's has no answer.
			if (!isTaking) return kind === "account" ? undefined : handled();
			if (inHand() > most) void relieve();
			void answer(stanza, handled);
		},

		close() {
			isTaking = false;
		},
	};
}
