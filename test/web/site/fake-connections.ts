/** Connections of other libraries, as far as the kit uses them, at a server that a test plays. */

import { TimeoutError } from "@xmpp/events";
import StanzaError from "@xmpp/middleware/lib/StanzaError.js";
import { Window } from "happy-dom";
import type { Element } from "../../../src/syntax/xml.ts";
import type { StropheConnection } from "../../../src/web/site/strophe.ts";
import type { XmppJsConnection } from "../../../src/web/site/xmpp-js.ts";
import { elementOf } from "../kit/scripted-server.ts";

/** What the server says to a request; undefined: nothing, until the time is over. */
export type Answer = (iq: Element) => string | undefined;

export const JID = "romeo@example.org/orchard";

/** All that came. */
export interface Heard {
	readonly heard: readonly Element[];
}

/** Both take stanzas as their library does: what is no such element fails. */
export function xmppJs(answer: Answer, changes: Partial<XmppJsConnection> = {}): XmppJsConnection & Heard {
	const heard: Element[] = [];
	return {
		jid: { toString: () => JID },
		status: "online",
		iqCaller: {
			async request(stanza) {
				const iq = elementOf(stanza.toString());
				heard.push(iq);
				const said = answer(iq);
				if (said === undefined) throw new TimeoutError();
				const reply = elementOf(said);
				if (reply.attrs.type !== "error") return reply;
				throw StanzaError.fromElement(reply.getChild("error") as never);
			},
		},
		heard,
		...changes,
	};
}

/** Of a document as browsers have it. */
export const dom = new Window();

export function strophe(answer: Answer, changes: Partial<StropheConnection> = {}): StropheConnection & Heard {
	const heard: Element[] = [];
	return {
		jid: JID,
		connected: true,
		authenticated: true,
		sendIQ(stanza, answered, failed) {
			const iq = elementOf(stanza.outerHTML);
			heard.push(iq);
			const said = answer(iq);
			if (said === undefined) return failed(null);
			const reply = new dom.DOMParser().parseFromString(said, "text/xml").documentElement as never;
			if (elementOf(said).attrs.type === "error") failed(reply);
			else answered(reply);
		},
		heard,
		...changes,
	};
}
