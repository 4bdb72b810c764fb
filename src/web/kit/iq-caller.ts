/** Questions and answers (RFC 6120 §8.2.3). */

import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { type Element, xml } from "../../syntax/xml.ts";
import { abortOf } from "./abort.ts";
import type { Connection } from "./connection.ts";
import type { KitDeps } from "./deps.ts";
import { NS } from "./namespaces.ts";

/** The answer is an error (RFC 6120 §8.3). */
export class StanzaFailure extends Error {
	override name = "StanzaFailure";
	readonly type: string | undefined;
	readonly condition: string;
	readonly text: string | undefined;
	/** Of Reveille: why no invite lets the account in. */
	readonly invite: string | undefined;

	constructor(error: Element | undefined) {
		const own = (error?.getChildElements() ?? []).filter((child) => child.getNS() === NS.stanzaErrors);
		const condition = own.find((child) => child.getName() !== "text")?.getName() ?? "undefined-condition";
		super(condition);
		this.type = error?.attrs.type;
		this.condition = condition;
		this.text = error?.getChildText("text", NS.stanzaErrors) ?? undefined;
		this.invite = error?.getChild("invite", NS.reveille)?.attrs.why;
	}
}

/** The answer did not come in time. */
export class NoAnswer extends Error {
	override name = "NoAnswer";
}

export interface IqCaller {
	/**
	 * @param to missing: one's own account
	 * @param ms how long to wait
	 * @returns the answer
	 * @throws {StanzaFailure} {NoAnswer} {StreamEnded}
	 */
	request(type: "get" | "set", child: Element, to?: string, ms?: number): Promise<Element>;
}

/** A question, whoever sends it. */
export const question = (
	type: "get" | "set",
	child: Element,
	{ id, to }: { id: string; to: string | undefined },
) => xml("iq", { xmlns: NS.client, type, id, to }, child);

/** From now on all that comes on the connection is heard here. */
export function createIqCaller(
	connection: Connection,
	{ timeout, newId }: Pick<KitDeps, "timeout" | "newId">,
): IqCaller {
	const { send, ended } = connection;
	/** By their ids, which nobody else knows: so nobody else can answer. */
	const waiting = new Map<string, PromiseWithResolvers<Element>>();

	connection.listen((stanza) => {
		if (stanza.getName() !== "iq") return;
		const { type, id = "" } = stanza.attrs;
		if (type === "get" || type === "set") return answer(stanza);
		const answered = waiting.get(id);
		if (type === "result") answered?.resolve(stanza);
		if (type === "error") answered?.reject(new StanzaFailure(stanza.getChild("error")));
	});

	/** Servers ask whether the connection lives; others who ask do not even learn that somebody is here. */
	function answer(asked: Element) {
		const { from, id } = asked.attrs;
		if (from?.includes("@")) return;
		const reply = { xmlns: NS.client, to: from, id };
		if (asked.getChild("ping", NS.ping)) return send(xml("iq", { ...reply, type: "result" }));
		const unavailable = xml("service-unavailable", { xmlns: NS.stanzaErrors });
		send(xml("iq", { ...reply, type: "error" }, xml("error", { type: "cancel" }, unavailable)));
	}

	return {
		async request(type, child, to, ms = webKitBounds.answerTime.is) {
			const id = newId();
			const answered = Promise.withResolvers<Element>();
			waiting.set(id, answered);
			send(question(type, child, { id, to }));
			const late = abortOf(timeout(ms)).catch(() => {
				throw new NoAnswer();
			});
			const lost = ended.then((why) => {
				throw why;
			});
			try {
				return await Promise.race([answered.promise, late, lost]);
			} finally {
				waiting.delete(id);
			}
		},
	};
}
