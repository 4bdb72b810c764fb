/**
 * Push 2.0 (`urn:xmpp:push2:0`, a proto-XEP): what Prosody's mod_push2 sends for its users. It is a message, and nobody
 * waits for an answer to it. Its content is encrypted for the device alone (RFC 8291), and only passed on.
 */
import type { Element } from "@xmpp/xml";
import { push2Bounds } from "../limits/bounds/push2.ts";
import { byItself, cutTo } from "../limits/text-length.ts";
import type { Notification, PushClass } from "../types.ts";
import { bareOf, domainOf } from "./jid.ts";
import { NS } from "./namespaces.ts";

/** Whom a message is for, by the form of its `<client/>`. */
export type Push2Client =
	/** A registration of ours, by the URL that was given out with it. */
	| { kind: "registration"; node: string; secret: string }
	/** A device of APNs that never registered, as Snikket's relay takes them. */
	| { kind: "apns"; token: string; voipToken?: string; topic: string; sandbox: boolean }
	/** A Web Push endpoint that never registered: the notification has what its user's server signed (RFC 8292). */
	| { kind: "endpoint"; url: string };

export interface Push2Message {
	client: Push2Client;
	/** The domain whose server sent it. */
	publisher: string;
	notification: Notification;
}

/** `PUBLIC_URL/push2/NODE.SECRET`. A node that was imported may have any characters in it, and dots too. */
export const push2Url = (publicUrl: string, node: string, secret: string): string =>
	`${publicUrl}/push2/${encodeURIComponent(node)}.${secret}`;

/** What a client of Push 2.0 is told of its registration: nothing where there is no PUBLIC_URL. */
export const push2Of = (publicUrl: string | undefined, node: string, secret: string): { push2?: string } =>
	publicUrl === undefined ? {} : { push2: push2Url(publicUrl, node, secret) };

/**
 * Whatever is before the path: PUBLIC_URL may have been another when the URL was given out, and a connector need not
 * know it. The secret is the proof.
 */
const OURS = /^https?:\/\/[^?#]*\/push2\/([^/?#]+)\.([\w-]{43})$/;

/** Snikket's: `https://api.push.apple.com/3/device/TOKEN#TOPIC&VOIPTOKEN`. */
const APNS =
	/^https:\/\/api\.(?:(development|sandbox)\.)?push\.apple\.com(?::443)?\/3\/device\/([0-9a-f]+)#([^&]+)(?:&([0-9a-f]*))?$/i;

/** What stands in a message, as its server wrote it. */
export interface Said {
	/** Texts. */
	client: string | null | undefined;
	priority?: string | null | undefined;
	payload?: string | null | undefined;
	isVoip: boolean;
	jwt?: { token: string; key: string } | undefined;
}

/**
 * Reads a message.
 * @returns undefined: it is none of Push 2.0, or nobody can be reached with it
 */
export function parsePush2(message: Element): Push2Message | undefined {
	const notification = message.getChild("notification", NS.push2);
	return notification && push2MessageOf(message.attrs, saidIn(notification));
}

function saidIn(notification: Element): Said {
	return {
		client: notification.getChildText("client"),
		priority: notification.getChildText("priority"),
		payload: notification.getChild("encrypted", NS.sceRfc8291)?.getChildText("payload"),
		isVoip: notification.getChild("voip") !== undefined,
		jwt: jwtIn(notification),
	};
}

function jwtIn(notification: Element): Said["jwt"] {
	const element = notification.getChild("jwt");
	const key = element?.attrs.key;
	return element && typeof key === "string" ? { token: element.getText(), key } : undefined;
}

/**
 * @param attrs the message's own
 * @returns undefined: nobody can be reached with it
 */
export function push2MessageOf(
	{ type, from }: Record<string, unknown>,
	said: Said,
): Push2Message | undefined {
	if (type === "error" || type === "groupchat" || typeof from !== "string") return undefined;
	const client = clientOf(said.client?.trim() ?? "");
	if (!client) return undefined;
	const publisher = domainOf(from);
	// A domain has so many messages to those who never registered, which its users must not use up.
	if (client.kind !== "registration" && bareOf(from) !== publisher) return undefined;
	const notification: Notification = { class: classOf(said) };
	const rfc8291 = payloadOf(said.payload);
	if (rfc8291 !== undefined) notification.rfc8291 = rfc8291;
	if (said.jwt && client.kind === "endpoint") notification.jwt = jwtOf(said.jwt);
	return { client, publisher, notification };
}

function clientOf(said: string): Push2Client | undefined {
	if (said === "" || said.length > push2Bounds.client.is) return undefined;
	// Nodes and URLs are remembered for longer than the message.
	const text = byItself(said);
	const [, node, secret] = OURS.exec(text) ?? [];
	if (node !== undefined && secret !== undefined) {
		const whole = percentDecoded(node);
		return whole === undefined ? undefined : { kind: "registration", node: whole, secret };
	}
	const [, sandbox, token, topic, voipToken] = APNS.exec(text) ?? [];
	if (token !== undefined && topic !== undefined) {
		const device = { token: token.toLowerCase(), ...(voipToken && { voipToken: voipToken.toLowerCase() }) };
		return { kind: "apns", ...device, topic, sandbox: sandbox !== undefined };
	}
	return { kind: "endpoint", url: text };
}

/** Undefined: it was not written by us. */
function percentDecoded(node: string): string | undefined {
	// Those that we make up have nothing that is encoded.
	if (!node.includes("%")) return node;
	try {
		return decodeURIComponent(node);
	} catch {
		return undefined;
	}
}

/** Cut where it is longer than any: a part of it proves nothing. The key as RFC 8292 §3.2 writes it. */
function jwtOf({ token, key }: NonNullable<Said["jwt"]>): NonNullable<Notification["jwt"]> {
	const longest = push2Bounds.jwt.is;
	const base64url = cutTo(key.trim(), longest).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
	return { token: cutTo(token.trim(), longest), key: base64url };
}

/**
 * mod_push2 says `normal` of messages, `high` of calls, and `low` of all else. Without a word it is a message: what is
 * not important is hardly ever sent.
 */
function classOf({ isVoip, priority }: Said): PushClass {
	if (isVoip) return "voip";
	return priority?.trim() === "low" ? "low" : "high";
}

/** Looked at only so far that whoever gets it can decode it. What cannot be passed on whole is left out. */
function payloadOf(text: Said["payload"]): string | undefined {
	// Before anything is done with it: base64 with its line ends is no longer than twice its bytes.
	if (!text || text.length > 2 * push2Bounds.payload.is) return undefined;
	// Almost always it comes without line ends, and is looked at once.
	return asBase64(text) ?? asBase64(text.replace(/\s+/g, ""));
}

/** @returns undefined: it is none, or stands for more bytes than are kept */
function asBase64(text: string): string | undefined {
	const isWhole = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
	return isWhole && bytesIn(text) <= push2Bounds.payload.is ? text : undefined;
}

/** How many bytes base64 with its padding stands for. */
const bytesIn = (base64: string): number =>
	(base64.length / 4) * 3 - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
