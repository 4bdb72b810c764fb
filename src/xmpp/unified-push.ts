/**
 * The dialect of UnifiedPush over XMPP, which Conversations and its forks speak: such a client is a UnifiedPush
 * distributor, and asks the push server that its user named, a bare JID or a domain, for an endpoint for each app. What
 * an app's server sends to the endpoint goes to the client as an IQ.
 *
 * The namespace is a draft of Conversations' author without a document: facts are those of its sources, and of Prosody's
 * mod_unified_push.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { Outcome } from "../types.ts";
import { NS } from "./namespaces.ts";
import { failureOf } from "./requests.ts";
import { stanzaError } from "./stanza-errors.ts";

/** The app of all such registrations. No app in the settings can be called so. */
export const UNIFIED_PUSH = "UnifiedPush/XMPP";

/** One app of a user's phone, as the client hides it: both are base64 of 32 bytes. */
export interface Instance {
	application: string;
	instance: string;
}

const HASH = /^[A-Za-z0-9+/]{43}=$/;

/** Reads `<register/>`. @returns undefined where an attribute is none of those */
export function readRegister({ attrs: { application, instance } }: Element): Instance | undefined {
	return isHash(application) && isHash(instance) ? { application, instance } : undefined;
}

const isHash = (text: unknown): text is string => typeof text === "string" && HASH.test(text);

/** What makes a registration unique beside its owner. */
export const deviceOf = ({ application, instance }: Instance): string => `${application} ${instance}`;

/** The other way round. */
export function instanceOf(device: string): Instance {
	const [application = "", instance = ""] = device.split(" ");
	return { application, instance };
}

/** The answer to `<register/>`. @param expiresAt ms since the epoch; XEP-0082 */
export function registered(endpoint: string, expiresAt: number): Element {
	return xml("registered", {
		xmlns: NS.unifiedPush,
		endpoint,
		expiration: `${new Date(expiresAt).toISOString().slice(0, 19)}Z`,
	});
}

/** Why there is no endpoint. */
export type Refusal = "forbidden" | "bad-request" | "not-acceptable" | "resource-constraint";

const REFUSED = {
	forbidden: "auth",
	"bad-request": "modify",
	"not-acceptable": "modify",
	"resource-constraint": "wait",
} as const;

export const refused = (why: Refusal, text: string): Element => stanzaError(REFUSED[why], why, text);

/**
 * The IQ that takes a push to the client.
 * @param from where the client registered: it takes pushes from there alone
 * @param to the full JID that registered
 * @param body base64
 */
export function pushTo(
	{ id, from, to }: { id: string; from: string; to: string },
	{ application, instance }: Instance,
	body: string,
): Element {
	const push = xml("push", { xmlns: NS.unifiedPush, application, instance }, body);
	return xml("iq", { type: "set", id, from, to }, push);
}

/** The app was uninstalled, or the client serves it no more; other errors are the server's, or for now. */
const GONE: ReadonlySet<string> = new Set(["item-not-found", "feature-not-implemented"]);

/** What the client's answer means. */
export function outcomeOf(answer: Element): Outcome {
	if (answer.attrs.type === "result") return { kind: "delivered" };
	const { condition } = failureOf(answer);
	if (GONE.has(condition)) return { kind: "gone", reason: "the device says that the app is gone" };
	return {
		kind: "retry",
		reason: AWAY.has(condition) ? DEVICE_AWAY : "the device's server answers with an error",
	};
}

const AWAY: ReadonlySet<string> = new Set(["service-unavailable", "recipient-unavailable"]);
const DEVICE_AWAY = "the device is not connected";
