/** A device as a short name of one length, whatever it is made of. */
import { hexOf } from "./hex.ts";

/** @returns the first 16 bytes of its SHA-256, in hexadecimal: so much that no two are alike */
export async function deviceHash(text: string): Promise<string> {
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return hexOf(new Uint8Array(hash).subarray(0, 16));
}
