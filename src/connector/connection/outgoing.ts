/** What leaves by a connection: nothing that is larger than its server takes, which would end the stream. */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import { about } from "../../messages/about.ts";
import { domainOf } from "../../xmpp/jid.ts";
import { fits, mostBytesOf, refusalInPlaceOf } from "../../xmpp/stanza-size.ts";

export interface Outgoing {
	/** Sends the answer to a stanza; in place of one that is too large an error, so that whoever asked is answered. */
	reply(answer: Element): void;
	/** Sends a stanza of our own; one that is too large is not sent. */
	send(stanza: Element): void;
}

/**
 * @param options.mostBytes how large a stanza may be now
 * @param options.pass sends, or keeps for the next connection. `bytes`: the most that the stanza takes
 */
export function createOutgoing({
	address,
	mostBytes,
	pass,
	log,
}: {
	address: string;
	mostBytes(): number;
	pass(stanza: Element, bytes: number): void;
	log: Pick<Logger, "error">;
}): Outgoing {
	/** @returns whether it was small enough */
	function passed(stanza: Element): boolean {
		const bytes = mostBytesOf(stanza);
		if (!fits(stanza, mostBytes(), bytes)) return false;
		pass(stanza, bytes);
		return true;
	}

	return {
		reply(answer) {
			if (passed(answer)) return;
			const refusal = refusalInPlaceOf(answer, mostBytes());
			if (refusal) pass(refusal, mostBytesOf(refusal));
		},

		send(stanza) {
			if (passed(stanza)) return;
			log.error(
				"{address}: a stanza of ours to {domain} is longer than {bytes} bytes, which the server accepts at most. It is not sent, because the server would end the stream.",
				about("stanza-not-sent", { address, domain: domainOf(stanza.attrs.to ?? ""), bytes: mostBytes() }),
			);
		},
	};
}
