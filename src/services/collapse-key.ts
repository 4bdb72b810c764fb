/** Names for push services, by which a newer push replaces an older one. */
import * as base64url from "jose/base64url";

/**
 * Makes a name of a text that must not be in it: a node is what a publish must name. The same text has the same name.
 * @param bytes how much of the text's SHA-256 is in the name
 * @returns base64url
 */
export type HiddenName = (text: string, bytes: number) => string | Promise<string>;

/** Runs wherever `fetch` does. */
export const webCryptoHiddenName: HiddenName = async (text, bytes) => {
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return base64url.encode(new Uint8Array(digest).subarray(0, bytes));
};
