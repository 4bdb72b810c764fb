/** The device's half of RFC 8291: keys of its own, and opening what was encrypted for them. */
import * as base64url from "jose/base64url";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** RFC 8188 §2.1: salt, record size, length of the key id. */
const FIXED_HEADER = 21;
/** RFC 8188 §2: what stands behind the text of the last record. */
const LAST_RECORD = 2;

const ascii = (text: string) => new TextEncoder().encode(text);

type Bytes = Uint8Array<ArrayBuffer>;

/** A device that holds its keys in memory. */
export interface Receiver {
	/** What it subscribes with, base64url. */
	readonly keys: { p256dh: string; auth: string };
	/**
	 * Opens one message.
	 * @throws when it was not encrypted for this device
	 */
	decrypt(message: Bytes): Promise<Bytes>;
}

/** Makes a device with new keys. */
export async function createReceiver(): Promise<Receiver> {
	const { subtle } = crypto;
	const { privateKey, publicKey } = (await subtle.generateKey(CURVE, false, ["deriveBits"])) as CryptoKeyPair;
	const own = new Uint8Array(await subtle.exportKey("raw", publicKey));
	const auth = crypto.getRandomValues(new Uint8Array(16));

	async function hkdf(input: Bytes, salt: Bytes, info: Bytes, bytes: number): Promise<Bytes> {
		const key = await subtle.importKey("raw", input, "HKDF", false, ["deriveBits"]);
		const how = { name: "HKDF", hash: "SHA-256", salt, info };
		return new Uint8Array(await subtle.deriveBits(how, key, bytes * 8));
	}

	return {
		keys: { p256dh: base64url.encode(own), auth: base64url.encode(auth) },

		async decrypt(message) {
			const salt = message.slice(0, 16);
			const end = FIXED_HEADER + (message[FIXED_HEADER - 1] ?? 0);
			const sender = message.slice(FIXED_HEADER, end);
			const theirs = await subtle.importKey("raw", sender, CURVE, false, []);
			const shared = new Uint8Array(
				await subtle.deriveBits({ name: "ECDH", public: theirs }, privateKey, 256),
			);
			const info = new Uint8Array([...ascii("WebPush: info\0"), ...own, ...sender]);
			const input = await hkdf(shared, auth, info, 32);
			const [contentKey, nonce] = await Promise.all([
				hkdf(input, salt, ascii("Content-Encoding: aes128gcm\0"), 16),
				hkdf(input, salt, ascii("Content-Encoding: nonce\0"), 12),
			]);
			const key = await subtle.importKey("raw", contentKey, "AES-GCM", false, ["decrypt"]);
			const record = new Uint8Array(
				await subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, message.slice(end)),
			);
			const delimiter = record.lastIndexOf(LAST_RECORD);
			if (delimiter === -1 || record.slice(delimiter + 1).some((byte) => byte !== 0))
				throw new Error("the last record has no delimiter");
			return record.slice(0, delimiter);
		},
	};
}
