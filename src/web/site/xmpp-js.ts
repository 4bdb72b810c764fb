/** Questions over a connection of xmpp.js (`@xmpp/client`). */
import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import type { Element } from "../../syntax/xml.ts";
import { type IqCaller, NoAnswer, question, StanzaFailure } from "../kit/iq-caller.ts";
import { StreamEnded } from "../kit/stream-ended.ts";

/** What `client()` returns, as far as it is used here. */
export interface XmppJsConnection {
	/** Missing before it is online. */
	jid?: { toString(): string } | null | undefined;
	status: string;
	iqCaller: { request(stanza: Element, timeoutMs?: number): Promise<unknown> };
}

export const isXmppJs = (connection: unknown): connection is XmppJsConnection =>
	typeof (connection as XmppJsConnection | null)?.iqCaller?.request === "function";

export function overXmppJs(connection: XmppJsConnection): { jid: string; isOnline: boolean; iq: IqCaller } {
	const isOnline = () => connection.status === "online";
	return {
		jid: connection.jid?.toString() ?? "",
		isOnline: isOnline(),
		iq: {
			async request(type, child, to, ms = webKitBounds.answerTime.is) {
				const id = crypto.randomUUID();
				try {
					const stanza = question(type, child, { id, to });
					// Its elements are made by the same library as ours.
					return (await connection.iqCaller.request(stanza, ms)) as Element;
				} catch (error) {
					throw failureOf(error, isOnline());
				}
			},
		},
	};
}

/** By names: its classes are the site's copy. */
function failureOf(error: unknown, isOnline: boolean): unknown {
	const { name, element } = error as { name?: string; element?: Element };
	if (name === "StanzaError") return new StanzaFailure(element);
	if (!isOnline) return new StreamEnded();
	return name === "TimeoutError" ? new NoAnswer() : error;
}
