/**
 * Cryptography that Bun does on the spot. WebCrypto hands each step to another thread and back, which costs ten times
 * what a short HMAC does; only the agreement of a message's keys is worth that.
 */
import { createCipheriv, createHmac, hash, hkdfSync } from "node:crypto";
import { CONCEALED_BYTES, concealed, type Hmac } from "../secrets.ts";
import type { HiddenName } from "../services/collapse-key.ts";
import type { RecordCipher } from "../services/webpush/message-encryption.ts";

/**
 * HMAC-SHA-256 with one key. Not `Bun.CryptoHasher`, which is a little faster: it throws what WebCrypto refused a
 * moment before, such as another device's key (tried with Bun 1.4.5).
 */
export const nativeHmac =
	(key: Uint8Array<ArrayBuffer>): Hmac =>
	(text) =>
		new Uint8Array(createHmac("sha256", key).update(text).digest());

/** `Keyring.conceal` on the spot. @param secretKey the current key */
export function nativeConceal(secretKey: string): (text: string) => string {
	return (text) =>
		createHmac("sha256", secretKey)
			.update(concealed(text))
			.digest()
			.subarray(0, CONCEALED_BYTES)
			.toString("base64url");
}

/** What a newer push replaces an older one by. */
export const nativeHiddenName: HiddenName = (text, bytes) =>
	hash("sha256", text, "buffer").toString("base64url", 0, bytes);

/** What makes and seals a record, for message-encryption.ts. */
export const nativeRecordCipher: RecordCipher = {
	hkdf: (input, salt, info, bytes) => new Uint8Array(hkdfSync("sha256", input, salt, info, bytes)),

	seal(key, nonce, plaintext) {
		const cipher = createCipheriv("aes-128-gcm", key, nonce);
		return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
	},
};
