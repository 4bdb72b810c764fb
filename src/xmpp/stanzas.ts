/** Answers the stanzas that reach our address: publishes, and the questions any XMPP entity may ask. */
import xml, { Element } from "@xmpp/xml";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import type { Answer } from "../types.ts";
import { type CommandDeps, createCommands } from "./commands/commands.ts";
import type { Delegation } from "./delegation.ts";
import { discoInfo, discoItems } from "./disco.ts";
import { bareOf, domainOf } from "./jid.ts";
import { NS } from "./namespaces.ts";
import { MalformedPublish, type Publish, parsePublish } from "./publish.ts";
import { ScannedPublish } from "./publish-scanner.ts";
import { type Push2Message, parsePush2 } from "./push2.ts";
import { ScannedPush2 } from "./push2-scanner.ts";
import { sameElement, valueIn } from "./same-database.ts";
import { answerToPublish, stanzaError } from "./stanza-errors.ts";
import { writable } from "./writable-stanza.ts";

export interface StanzaDeps {
	/** @param publisher the domain that sent the stanza */
	publish(publish: Publish, publisher: string): Promise<Answer>;
	/** A message of Push 2.0, which has no answer. Missing: they are passed over. */
	push2?(message: Push2Message): Promise<unknown>;
	/** The effects of commands. */
	commands: CommandDeps;
	version: string;
	/** What servers hand on of their users' requests. Missing: none does. */
	delegation?: Delegation | undefined;
	/**
	 * The answer to who asks which database we serve (same-database.ts). Default: nobody is told.
	 * @param value the asker's own
	 * @returns undefined: this one is not told
	 */
	same?(from: string, value: string): string | undefined;
	/** What UnifiedPush asks; missing: it is not served here. */
	unifiedPush?: {
		/** @returns the payload of the answer, or an `<error/>` */
		register(payload: Element, from: string, to: string): Promise<Element>;
		/** A client tells that it is there. @param from its full JID */
		online(from: string): void;
	};
	/** Why nothing can be said of unknown registrations: their publishes are answered with `wait`. Default: never. */
	doubt?(): string | undefined;
}

/** A publish in a shape we do not know must not cost its user the registration. */
const notServed = (type: string) =>
	type === "set"
		? stanzaError("wait", "bad-request", "nothing of this kind is served here")
		: unknownQuestion();
const unknownQuestion = () => stanzaError("cancel", "service-unavailable");
const LONGEST_ID = stanzaBounds.id.is;
const LONGEST_ADDRESS = stanzaBounds.address.is;

/** Takes a stanza and gives the reply to send, if one is due. Never throws. */
export type StanzaHandler = (stanza: Element) => Promise<Element | undefined>;

export function createStanzaHandler(deps: StanzaDeps): StanzaHandler {
	const { publish, push2, commands, version, delegation, same, doubt, unifiedPush } = deps;
	const { registrar } = commands;
	const command = createCommands(commands);

	/** @returns an `<error/>`, the payload of a result, or undefined for an empty result */
	async function answer(
		type: string,
		payload: Element,
		from: string,
		to: string,
	): Promise<Element | undefined> {
		const node: string | undefined = payload.attrs.node || undefined;
		switch (`${type} ${payload.getNS() ?? ""} ${payload.getName()}`) {
			case `set ${NS.pubsub} pubsub`:
				return servePublish(() => parsePublish(payload), from);
			case `set ${NS.commands} command`:
				return command(payload, from, to);
			case `get ${NS.ping} ping`:
				return undefined;
			case `get ${NS.version} query`:
				return xml("query", { xmlns: NS.version }, xml("name", {}, "Reveille"), xml("version", {}, version));
			case `get ${NS.discoInfo} query`:
				return delegation?.disco(node, from) ?? discoInfo(node, registrar, unifiedPush !== undefined);
			case `get ${NS.discoItems} query`:
				return discoItems(node, to, registrar);
			case `set ${NS.unifiedPush} register`:
				return unifiedPush?.register(payload, from, to) ?? notServed(type);
			case `get ${NS.reveille} same`: {
				const own = same?.(from, valueIn(payload));
				return own === undefined ? unknownQuestion() : sameElement(own);
			}
			case `set ${NS.delegation} delegation`:
				return delegation ? delegation.answer(payload, from, to) : notServed(type);
			default:
				return notServed(type);
		}
	}

	/** @param read reads it, or throws */
	async function servePublish(read: () => Publish, from: string): Promise<Element | undefined> {
		try {
			const publisher = domainOf(from);
			const parsed = read();
			// What a user sends says nothing of what the server does, which publishes for all others there too.
			if (parsed.tag === "given" && bareOf(from) !== publisher) delete parsed.tag;
			const answer = await publish(parsed, publisher);
			const inDoubt = answer.kind === "unknown" ? doubt?.() : undefined;
			return answerToPublish(inDoubt === undefined ? answer : { kind: "wait", reason: inDoubt });
		} catch (error) {
			if (error instanceof MalformedPublish) return stanzaError("wait", "bad-request", error.message);
			throw error;
		}
	}

	/** Nothing of these is ever answered: a server might take it for the end of a registration. */
	async function takeOther(stanza: Element): Promise<undefined> {
		const { type, from } = stanza.attrs;
		if (isLonger(from, LONGEST_ADDRESS)) return;
		// Directed presence: of a client that has come online.
		if (stanza.is("presence") && type === undefined) unifiedPush?.online(String(from ?? ""));
		if (!push2 || !stanza.is("message")) return;
		const message = stanza instanceof ScannedPush2 ? stanza.push2 : parsePush2(stanza);
		if (message) await push2(message);
	}

	async function answerOne(stanza: Element): Promise<Element | undefined> {
		const { type, from, to } = stanza.attrs;
		const [request, ...more] = stanza.getChildElements();
		if (!request || more.length > 0) return badRequest(more.length > 0);
		return answer(type, request, String(from ?? ""), String(to ?? ""));
	}

	return async (stanza) => {
		const { type, id, from, to } = stanza.attrs;
		if (!stanza.is("iq")) return takeOther(stanza);
		if (type !== "get" && type !== "set") return undefined;
		// The reply would repeat them. Without one no server takes a registration from its user.
		if (isLonger(id, LONGEST_ID) || isLonger(from, LONGEST_ADDRESS) || isLonger(to, LONGEST_ADDRESS))
			return undefined;
		let payload: Element | undefined;
		try {
			payload =
				stanza instanceof ScannedPublish
					? await servePublish(() => stanza.publish, String(from ?? ""))
					: await answerOne(stanza);
		} catch {
			payload = stanzaError("wait", "internal-server-error");
		}
		const failed = payload?.is("error");
		// The reply leaves from exactly the JID that was written to: Prosody compares them.
		const reply = new Element("iq", { type: failed ? "error" : "result", id, to: from, from: to });
		// Most publishes are answered without one.
		if (payload) reply.append(writable(payload));
		return reply;
	};
}

const isLonger = (text: unknown, longest: number) => typeof text === "string" && text.length > longest;

/** What had more in it than is read comes without its children: it cannot be told from an empty one. */
function badRequest(isSeveral: boolean): Element {
	const reason = isSeveral
		? "The request has more than one child element: send one (RFC 6120 §8.2.3)."
		: "The request has no child element, or is larger than what is read here: send a smaller one.";
	return stanzaError("wait", "bad-request", reason);
}
