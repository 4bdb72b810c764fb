/**
 * Message encryption for Web Push (RFC 8291): one aes128gcm record (RFC 8188) that only the device can read.
 *
 * Our own, on WebCrypto, so that it runs wherever `fetch` does; held to the RFC's example byte for byte. A runtime may
 * have faster ways for its steps. The agreement is most of the work, and is another thread's everywhere.
 */
import { InvalidDevice } from "../../types.ts";
import type { ReceiverKeys } from "./receiver-keys.ts";

/** The longest message a push service must take, bytes (RFC 8030 §7.2). */
export const MAX_MESSAGE = 4096;
/** What encryption adds, bytes: header (salt 16, record size 4, key length 1, key 65), delimiter 1, tag 16. */
export const OVERHEAD = 103;
/** The longest plaintext that makes a message every push service must take, bytes (RFC 8291 §4). */
export const MAX_PLAINTEXT = MAX_MESSAGE - OVERHEAD;

const CURVE = { name: "ECDH", namedCurve: "P-256" };
// RFC 8188 §2.1: the record size written in the header. One record holds all we send.
const RECORD_SIZE = 4096;
// RFC 8188 §2: the last record's padding delimiter. No padding: a sizeable one is refused by bridges over FCM.
const LAST_RECORD = 2;

const ascii = (text: string) => new TextEncoder().encode(text);
const KEY_INFO = ascii("WebPush: info\0");
const CEK_INFO = ascii("Content-Encoding: aes128gcm\0");
const NONCE_INFO = ascii("Content-Encoding: nonce\0");

type Bytes = Uint8Array<ArrayBuffer>;

/** What the key pair of one message comes to. */
export interface Agreed {
	/** The sender's key: an uncompressed point, 65 bytes. */
	ourPublic: Bytes;
	/** What both sides know, 32 bytes. */
	shared: Bytes;
}

/** The steps of a message. */
export interface MessageCipher {
	/**
	 * ECDH on P-256, by a key pair that is made for it and for nothing else (RFC 8291 §3.1).
	 * @param theirPublic the receiver's key
	 * @throws {InvalidDevice} {@link offCurve}
	 */
	agree(theirPublic: Bytes): Promise<Agreed>;
	/** HKDF with SHA-256 (RFC 5869), both steps. */
	hkdf(input: Bytes, salt: Bytes, info: Bytes, bytes: number): Bytes | Promise<Bytes>;
	/** AES-128-GCM. @returns what is sealed, with its tag */
	seal(key: Bytes, nonce: Bytes, plaintext: Bytes): Bytes | Promise<Bytes>;
}

/** The receiver's key is no point of P-256. */
export const offCurve = () => new InvalidDevice("p256dh is not a point of the curve P-256.");

/** @param keyPair in place of one that is made for each message */
export const webCryptoCipher = (keyPair?: CryptoKeyPair): MessageCipher => ({
	async agree(theirPublic) {
		const { subtle } = crypto;
		const [theirKey, ours] = await Promise.all([
			subtle.importKey("raw", theirPublic, CURVE, false, []).catch(() => {
				throw offCurve();
			}),
			keyPair ?? (subtle.generateKey(CURVE, false, ["deriveBits"]) as Promise<CryptoKeyPair>),
		]);
		const [shared, ourPublic] = await Promise.all([
			subtle.deriveBits({ name: "ECDH", public: theirKey }, ours.privateKey, 256),
			subtle.exportKey("raw", ours.publicKey),
		]);
		return { ourPublic: new Uint8Array(ourPublic), shared: new Uint8Array(shared) };
	},

	async hkdf(input, salt, info, bytes) {
		const key = await crypto.subtle.importKey("raw", input, "HKDF", false, ["deriveBits"]);
		const how = { name: "HKDF", hash: "SHA-256", salt, info };
		return new Uint8Array(await crypto.subtle.deriveBits(how, key, bytes * 8));
	},
	async seal(key, nonce, plaintext) {
		const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
		return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, imported, plaintext));
	},
});

const WEB_CRYPTO = webCryptoCipher();

/** How a message is encrypted, where it is not the usual way. */
export interface EncryptionEffects {
	/** WebCrypto's if not given. */
	cipher?: MessageCipher | undefined;
	/** 16 bytes, given only by tests. */
	salt?: Uint8Array<ArrayBuffer>;
}

/**
 * Encrypts one message, with a key of its own (RFC 8291 §3.1: never used twice).
 * @param plaintext at most {@link MAX_PLAINTEXT} bytes
 * @returns the request's body: `plaintext.length +` {@link OVERHEAD} bytes
 * @throws {RangeError} if the plaintext is too long
 * @throws {InvalidDevice} if the receiver's key is not a point of P-256
 */
export async function encrypt(
	plaintext: Uint8Array,
	receiver: ReceiverKeys,
	effects: EncryptionEffects = {},
): Promise<Uint8Array<ArrayBuffer>> {
	if (plaintext.length > MAX_PLAINTEXT)
		throw new RangeError(`A Web Push message holds at most ${MAX_PLAINTEXT} bytes of plaintext.`);
	const { cipher = WEB_CRYPTO } = effects;
	const { ourPublic, shared } = await cipher.agree(receiver.p256dh);
	const salt = effects.salt ?? crypto.getRandomValues(new Uint8Array(16));
	// RFC 8291 §3.4: the authentication secret salts the agreement, and both public keys are bound into it.
	const keyInfo = concat(KEY_INFO, receiver.p256dh, ourPublic);
	const input = await cipher.hkdf(shared, receiver.auth, keyInfo, 32);
	const [contentKey, nonce] = await Promise.all([
		cipher.hkdf(input, salt, CEK_INFO, 16),
		cipher.hkdf(input, salt, NONCE_INFO, 12),
	]);
	// One record, number 0: the nonce is used as it is (RFC 8188 §2.3).
	const sealed = await cipher.seal(contentKey, nonce, concat(plaintext, Uint8Array.of(LAST_RECORD)));
	return concat(header(salt, ourPublic), sealed);
}

/** RFC 8188 §2.1, with the sender's public key as the key id (RFC 8291 §4). */
function header(salt: Uint8Array, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
	const lengths = new Uint8Array(5);
	new DataView(lengths.buffer).setUint32(0, RECORD_SIZE);
	lengths[4] = publicKey.length;
	return concat(salt, lengths, publicKey);
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
	const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
