/**
 * Cryptography that Bun does on the spot. WebCrypto hands each step to another thread and back, which costs ten times
 * what a short HMAC does; only the agreement of a message's keys is worth that. For those WebCrypto has one thread, and
 * node:crypto all of Bun's.
 */
import {
	createCipheriv,
	createHmac,
	createPublicKey,
	diffieHellman,
	generateKeyPairSync,
	hash,
	hkdfSync,
	type KeyObject,
} from "node:crypto";
import { CONCEALED_BYTES, concealed, type Hmac } from "../secrets.ts";
import type { HiddenName } from "../services/collapse-key.ts";
import { type MessageCipher, offCurve } from "../services/webpush/message-encryption.ts";

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

/** A public key of P-256 as SubjectPublicKeyInfo has it (RFC 5480 §2), up to the uncompressed point. */
const KEY_HEAD = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");

interface KeyPair {
	publicKey: KeyObject;
	privateKey: KeyObject;
}

const newKeyPair = (): KeyPair => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** On another thread. */
const agreeOn = (keys: KeyPair) =>
	new Promise<Buffer>((resolve, reject) => {
		diffieHellman(keys, (error, secret) => (error ? reject(error) : resolve(secret)));
	});

/** What encrypts messages, for message-encryption.ts. @param keyPair makes one for a message; given only by tests */
export const nativeMessageCipher = (keyPair = newKeyPair): MessageCipher => ({
	async agree(theirPublic) {
		const publicKey = pointOf(theirPublic);
		const ours = keyPair();
		const agreeing = agreeOn({ privateKey: ours.privateKey, publicKey });
		const exported = ours.publicKey.export({ format: "der", type: "spki" });
		return {
			ourPublic: new Uint8Array(exported.subarray(KEY_HEAD.length)),
			shared: new Uint8Array(await agreeing),
		};
	},

	hkdf: (input, salt, info, bytes) => new Uint8Array(hkdfSync("sha256", input, salt, info, bytes)),

	seal(key, nonce, plaintext) {
		const cipher = createCipheriv("aes-128-gcm", key, nonce);
		return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
	},
});

/** @throws {InvalidDevice} */
function pointOf(point: Uint8Array): KeyObject {
	try {
		return createPublicKey({ key: Buffer.concat([KEY_HEAD, point]), format: "der", type: "spki" });
	} catch {
		throw offCurve();
	}
}
