/** The key with which the account's server encrypts what a push says, for this browser alone (tigase:push:encrypt:0). */
import { type Bytes, encodeBase64 } from "../sasl/base64.ts";

export interface ContentKey {
	/** Opens such content. The browser keeps it, and lets no script read it out. */
	key: CryptoKey;
	/** The same key in base64, for `<enable/>`: the account's server gets it, and nobody else. */
	forServer: string;
}

/** AES-128-GCM: what servers take. */
const ALGORITHM = "AES-GCM";
const KEY_BYTES = 16;

export async function createContentKey(): Promise<ContentKey> {
	const bytes: Bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
	const key = await crypto.subtle.importKey("raw", bytes, ALGORITHM, false, ["decrypt"]);
	return { key, forServer: encodeBase64(bytes) };
}

/**
 * @param sealed with its tag at the end
 * @throws {DOMException} another key encrypted it, or it was changed on its way
 */
export async function openWith(key: CryptoKey, { sealed, iv }: { sealed: Bytes; iv: Bytes }): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.decrypt({ name: ALGORITHM, iv }, key, sealed));
}
