/**
 * Base64 (RFC 4648 §4) of UTF-8, as SASL over XMPP has it (RFC 6120 §6.4.2). The browser's own `btoa` takes Latin-1
 * only, and `atob` takes what is no base64.
 */

/** Bytes as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The bits of the last character that stand for no byte are zero (RFC 4648 §3.5): each text has one spelling. */
const WHOLE = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** @param bytes few: each becomes a character first */
export function encodeBase64(bytes: Bytes): string {
	let characters = "";
	for (const byte of bytes) characters += String.fromCharCode(byte);
	return btoa(characters);
}

/** @returns undefined: it is no base64 */
export function decodeBase64(text: string): Bytes | undefined {
	if (!WHOLE.test(text)) return undefined;
	return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @returns undefined: it is no base64, or what it encodes is no UTF-8 */
export function decodeBase64Text(text: string): string | undefined {
	const bytes = decodeBase64(text);
	if (!bytes) return undefined;
	try {
		// With ignoreBOM nothing is left out.
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}
