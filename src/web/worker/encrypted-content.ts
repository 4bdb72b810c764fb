/**
 * What the account's server encrypted for this browser (tigase:push:encrypt:0), opened. Nobody between has read it, and
 * a stranger wrote it: it is read with no more trust than any other push.
 */
import { webWorkerBounds } from "../../limits/bounds/web-worker.ts";
import { decodeBase64 } from "../../sasl/base64.ts";
import { present } from "../../syntax/present-fields.ts";
import { openWith } from "../content-key.ts";
import { countOf, type Payload, textOf } from "./payload.ts";

/** The fields of its JSON that are shown. */
type Said = Readonly<Record<"unread" | "sender" | "message" | "type" | "nickname", unknown>>;

/** What Prosody says in place of a message that only its reader can decrypt. */
const NOT_READABLE = "You have received an encrypted message";

/**
 * The same push with what was encrypted in it, as if that had been published.
 * @param key missing: this browser has none
 * @returns the payload as it came where it cannot be opened. Never throws.
 */
export async function openContent(payload: Payload, key: CryptoKey | undefined): Promise<Payload> {
	const said = key && (await saidIn(payload.encrypted, key).catch(() => undefined));
	if (!said) return payload;
	const { node, class: published } = payload;
	const message = textOf(said.message);
	return present({
		node,
		class: classOf(textOf(said.type), published, message),
		count: countOf(said.unread),
		sender: textOf(said.sender),
		body: message === NOT_READABLE ? undefined : message,
		nickname: textOf(said.nickname),
	});
}

/** @throws {Error} it is not for this key, or no JSON */
async function saidIn(
	{ data = "", iv = "" }: NonNullable<Payload["encrypted"]> = {},
	key: CryptoKey,
): Promise<Said | undefined> {
	if (data.length > webWorkerBounds.encrypted.is) return undefined;
	const [sealed, vector] = [decodeBase64(data), decodeBase64(iv)];
	if (!sealed || !vector) return undefined;
	const text = new TextDecoder().decode(await openWith(key, { sealed, iv: vector }));
	const said: unknown = JSON.parse(text);
	return typeof said === "object" && said !== null ? (said as Said) : undefined;
}

/** Reveille could not see that it is a call, or that there is nothing to read: somebody types, or has read. */
function classOf(type: string | undefined, published: string, message: string | undefined): string {
	if (type === "call") return "voip";
	return published === "high" && message === undefined ? "low" : published;
}
