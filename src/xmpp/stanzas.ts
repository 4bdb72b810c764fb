/** Answers the stanzas that reach our address: publishes, and the questions any XMPP entity may ask. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { Answer } from "../types.ts";
import { NS } from "./namespaces.ts";
import { MalformedPublish, type Publish, parsePublish } from "./publish.ts";
import { answerToPublish, stanzaError } from "./stanza-errors.ts";

export interface StanzaDeps {
	/** @param publisher the domain that sent the stanza */
	publish(publish: Publish, publisher: string): Promise<Answer>;
	version: string;
}

/** Takes a stanza and gives the reply to send, if one is due. Never throws. */
export type StanzaHandler = (stanza: Element) => Promise<Element | undefined>;

export function createStanzaHandler({ publish, version }: StanzaDeps): StanzaHandler {
	/** @returns an `<error/>`, the payload of a result, or undefined for an empty result */
	async function answer(
		type: unknown,
		payload: Element | undefined,
		publisher: string,
	): Promise<Element | undefined> {
		const request = `${String(type)} ${payload?.getNS() ?? ""} ${payload?.getName() ?? ""}`;
		switch (request) {
			case `set ${NS.pubsub} pubsub`:
				return payload && servePublish(payload, publisher);
			case `get ${NS.ping} ping`:
				return undefined;
			case `get ${NS.version} query`:
				return xml("query", { xmlns: NS.version }, xml("name", {}, "Reveille"), xml("version", {}, version));
			case `get ${NS.discoInfo} query`:
				return payload?.attrs.node ? stanzaError("cancel", "item-not-found") : discoInfo();
			case `get ${NS.discoItems} query`:
				return xml("query", { xmlns: NS.discoItems });
			default:
				// A publish in a shape we do not know must not cost its user the registration.
				return type === "set"
					? stanzaError("wait", "bad-request", "nothing of this kind is served here")
					: stanzaError("cancel", "service-unavailable");
		}
	}

	async function servePublish(pubsub: Element, publisher: string): Promise<Element | undefined> {
		try {
			return answerToPublish(await publish(parsePublish(pubsub), publisher));
		} catch (error) {
			if (error instanceof MalformedPublish) return stanzaError("wait", "bad-request", error.message);
			throw error;
		}
	}

	return async (stanza) => {
		const { type, id, from, to } = stanza.attrs;
		if (!stanza.is("iq") || (type !== "get" && type !== "set")) return undefined;
		const payloads = stanza.getChildElements();
		let payload: Element | undefined;
		try {
			payload = payloads.length === 1 ? await answer(type, payloads[0], domainOf(from)) : badRequest();
		} catch {
			payload = stanzaError("wait", "internal-server-error");
		}
		const failed = payload?.is("error");
		// The reply leaves from exactly the JID that was written to: Prosody compares them.
		return xml(
			"iq",
			{ type: failed ? "error" : "result", id, to: from, from: to },
			...(payload ? [payload] : []),
		);
	};
}

/** Of a JID: a server publishes from its own address, MongooseIM also from the user's. */
function domainOf(jid: unknown): string {
	const [bare = ""] = String(jid ?? "").split("/");
	return bare.slice(bare.indexOf("@") + 1).toLowerCase();
}

function badRequest(): Element {
	return stanzaError("wait", "bad-request", "an IQ has exactly one payload (RFC 6120 §8.2.3)");
}

function discoInfo(): Element {
	return xml(
		"query",
		{ xmlns: NS.discoInfo },
		xml("identity", { category: "pubsub", type: "push", name: "Reveille" }),
		...[NS.discoInfo, NS.discoItems, NS.push, NS.ping, NS.version].map((feature) =>
			xml("feature", { var: feature }),
		),
	);
}
