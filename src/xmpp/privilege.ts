/**
 * XEP-0356: what a server lets us do as one of its users. Nothing is written here but XEP-0357's `<enable/>` and
 * `<disable/>` of a node of ours.
 */
import xml, { type Element } from "@xmpp/xml";
import { enablingBounds } from "../limits/bounds/enabling.ts";
import { NS } from "./namespaces.ts";
import { failureOf, RequestFailed } from "./requests.ts";

/**
 * Whether a server says with this message that we may enable push for its users.
 * @returns undefined: the message says nothing of permissions. It replaces all that the server said before
 */
export function readPermission(message: Element): boolean | undefined {
	if (!message.is("message") || message.attrs.type === "error") return undefined;
	const privilege = message.getChild("privilege", NS.privilege);
	if (!privilege) return undefined;
	const some = <T>(all: readonly T[]) => all.slice(0, enablingBounds.privileges.is);
	return some(privilege.getChildElements())
		.filter((perm) => perm.is("perm") && perm.attrs.access === "iq")
		.flatMap((perm) => some(perm.getChildren("namespace")))
		.some(({ attrs: { ns, type } }) => ns === NS.push && (type === "set" || type === "both"));
}

/** What a user's server publishes to. */
export interface PublishAddress {
	jid: string;
	node: string;
	/** What it publishes with. */
	secret: string;
}

/** The payload of a request to a user's bare JID: push is enabled as if the user had asked for it. */
export const enableFor = (user: string, { jid, node, secret }: PublishAddress): Element =>
	privileged(user, xml("enable", { xmlns: NS.push, jid, node }, publishOptions(secret)));

/** The same to disable it for this node alone. */
export const disableFor = (user: string, { jid, node }: Omit<PublishAddress, "secret">): Element =>
	privileged(user, xml("disable", { xmlns: NS.push, jid, node }));

/** Prosody takes none without an id. */
const privileged = (user: string, payload: Element): Element =>
	xml(
		"privileged_iq",
		{ xmlns: NS.privilege },
		xml("iq", { xmlns: NS.client, type: "set", id: crypto.randomUUID(), from: user, to: user }, payload),
	);

/** XEP-0357 §5: what the server copies into each publish. */
const publishOptions = (secret: string): Element =>
	xml(
		"x",
		{ xmlns: NS.dataForms, type: "submit" },
		xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, NS.publishOptions)),
		xml("field", { var: "secret" }, xml("value", {}, secret)),
	);

/**
 * Whether the request in the request was done.
 * @param answer the server's result
 * @throws {RequestFailed} when the answer in it is an error, or there is none
 */
export function requireDone(answer: Element): void {
	const inner = answer
		.getChild("privilege", NS.privilege)
		?.getChild("forwarded", NS.forward)
		?.getChild("iq", NS.client);
	if (inner?.attrs.type === "result") return;
	throw inner?.attrs.type === "error"
		? failureOf(inner)
		: new RequestFailed("undefined-condition", "the answer has no answer in it (XEP-0356)");
}
