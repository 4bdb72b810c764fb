/** Asks other XMPP entities, and matches their answers (RFC 6120 §8.2.3). */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { quoted } from "../limits/text-length.ts";
import { NS } from "./namespaces.ts";

/**
 * No answer, or an error; `condition` is the stanza error's (RFC 6120 §8.3.3), or `remote-server-timeout`. Of the text
 * that came with it the beginning is told.
 */
export class RequestFailed extends Error {
	override name = "RequestFailed";
	readonly condition: string;

	constructor(condition: string, text = "") {
		super(text ? `${condition}: ${quoted(text)}` : condition);
		this.condition = condition;
	}
}

export interface Requests {
	/**
	 * Sends an IQ.
	 * @returns its answer
	 * @throws {RequestFailed}
	 */
	ask(type: "get" | "set", to: string, payload: Element): Promise<Element>;
	/** Whether a stanza, by its own tag, is the answer to a request that waits for one. */
	awaits(head: Element): boolean;
	/** Whether a stanza that arrived is an answer to us, and then it is taken. */
	take(stanza: Element): boolean;
}

/** ejabberd answers for a server that it cannot reach after some 10 s, Prosody within a minute. */
const DEADLINE_MS = 60_000;

/**
 * @param send sends a stanza, if there is a connection
 * @param options.own our bare JID: what comes from nobody is from there (RFC 6120 §8.1.2.1)
 */
export function createRequests(
	send: (stanza: Element) => void,
	{
		deadlineMs = DEADLINE_MS,
		random = () => crypto.randomUUID(),
		own,
	}: { deadlineMs?: number; random?(): string; own?: string } = {},
): Requests {
	const waiting = new Map<string, (answer: Element) => void>();
	// Only who was asked can answer: ids are seen by nobody else, but a sender is cheap to check.
	const key = (id: unknown, jid: unknown) => `${String(id)} ${String(jid).toLowerCase()}`;

	return {
		ask(type, to, payload) {
			const id = random();
			const { promise, resolve, reject } = Promise.withResolvers<Element>();
			const name = key(id, to);
			const deadline = setTimeout(() => {
				waiting.delete(name);
				reject(new RequestFailed("remote-server-timeout", `${to} did not answer`));
			}, deadlineMs);
			waiting.set(name, (answer) => {
				waiting.delete(name);
				clearTimeout(deadline);
				if (answer.attrs.type === "result") resolve(answer);
				else reject(failureOf(answer));
			});
			send(xml("iq", { type, id, to }, payload));
			return promise;
		},

		awaits: (head) => isAnswer(head) && waiting.has(key(head.attrs.id, head.attrs.from ?? own)),

		take(stanza) {
			const { id, from } = stanza.attrs;
			if (!isAnswer(stanza)) return false;
			waiting.get(key(id, from ?? own))?.(stanza);
			return true;
		},
	};
}

const isAnswer = (stanza: Element) =>
	stanza.is("iq") && (stanza.attrs.type === "result" || stanza.attrs.type === "error");

/** Why a request failed, of an answer of type error. */
export function failureOf(answer: Element): RequestFailed {
	const error = answer.getChild("error");
	const condition = error
		?.getChildElements()
		.find((child) => child.getNS() === NS.stanzaErrors && child.name !== "text");
	return new RequestFailed(
		quoted(condition?.name ?? "undefined-condition"),
		error?.getChildText("text", NS.stanzaErrors) ?? "",
	);
}
