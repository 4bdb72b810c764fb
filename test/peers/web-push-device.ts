/**
 * A device that receives Web Push: holds the private half of a subscription and opens what is sent to it.
 *
 * Written from RFC 8188 and RFC 8291 with node's primitives alone, so that it cannot share a mistake with the
 * encryption it is used to check.
 */
import { createDecipheriv, createECDH, createHmac, type ECDH, randomBytes } from "node:crypto";

/** What `PushSubscription.toJSON()` gives in a browser. */
export interface SubscriptionJson {
	endpoint: string;
	expirationTime: number | null;
	/** base64url: the public key, 65 bytes uncompressed, and the authentication secret, 16 bytes. */
	keys: { p256dh: string; auth: string };
}

/** A subscribed device. */
export interface WebPushDevice {
	readonly subscription: SubscriptionJson;
	/**
	 * Opens an `aes128gcm` body.
	 *
	 * @throws when it was not encrypted for this device, or not as RFC 8291 wants it
	 */
	decrypt(body: Uint8Array): Buffer;
	/** The same, as text. */
	decryptText(body: Uint8Array): string;
}

/** Makes a device with fresh keys, whose pushes go to the endpoint. */
export function createDevice(endpoint: string): WebPushDevice {
	const ecdh = createECDH("prime256v1");
	ecdh.generateKeys();
	return deviceWith(endpoint, ecdh, randomBytes(16));
}

/** Makes a device with known keys, such as those of RFC 8291 §5; all base64url. */
export function deviceWithKeys(endpoint: string, keys: { privateKey: string; auth: string }): WebPushDevice {
	const ecdh = createECDH("prime256v1");
	ecdh.setPrivateKey(Buffer.from(keys.privateKey, "base64url"));
	return deviceWith(endpoint, ecdh, Buffer.from(keys.auth, "base64url"));
}

function deviceWith(endpoint: string, ecdh: ECDH, auth: Buffer): WebPushDevice {
	const publicKey = ecdh.getPublicKey();
	const decrypt = (body: Uint8Array): Buffer => {
		const { salt, recordSize, keyId: senderKey, records } = readHeader(Buffer.from(body));
		// RFC 8291 §4: the sender's public key is the key id.
		if (senderKey.length !== 65 || senderKey[0] !== 4) throw new Error("the key id is no P-256 point");
		// RFC 8291 §4: one record only; RFC 8188 §2: it is no longer than the record size.
		if (records.length > recordSize) throw new Error("more than one record");
		const { key, nonce } = contentKeys({
			shared: ecdh.computeSecret(senderKey),
			auth,
			receiver: publicKey,
			sender: senderKey,
			salt,
		});
		const decipher = createDecipheriv("aes-128-gcm", key, nonce);
		decipher.setAuthTag(records.subarray(-16));
		return unpad(Buffer.concat([decipher.update(records.subarray(0, -16)), decipher.final()]));
	};
	return {
		subscription: {
			endpoint,
			expirationTime: null,
			keys: { p256dh: publicKey.toString("base64url"), auth: auth.toString("base64url") },
		},
		decrypt,
		decryptText: (body) => new TextDecoder("utf-8", { fatal: true }).decode(decrypt(body)),
	};
}

/** RFC 8188 §2.1: salt (16), record size (4), length of the key id (1), key id; the records follow. */
function readHeader(body: Buffer): { salt: Buffer; recordSize: number; keyId: Buffer; records: Buffer } {
	if (body.length < 21) throw new Error("shorter than an aes128gcm header");
	const recordSize = body.readUInt32BE(16);
	if (recordSize < 18) throw new Error("a record size below 18");
	const end = 21 + body.readUInt8(20);
	const records = body.subarray(end);
	if (records.length < 17) throw new Error("shorter than one record");
	return { salt: body.subarray(0, 16), recordSize, keyId: body.subarray(21, end), records };
}

/** RFC 8188 §2: the last record ends with the delimiter 2 and any number of zeros. */
function unpad(record: Buffer): Buffer {
	let end = record.length - 1;
	while (end >= 0 && record[end] === 0) end--;
	if (record[end] !== 2) throw new Error("the last record has no delimiter");
	return record.subarray(0, end);
}

/** RFC 8291 §3.4: from the shared secret to the key and nonce of the content. */
export function contentKeys(input: {
	shared: Buffer;
	auth: Buffer;
	receiver: Buffer;
	sender: Buffer;
	salt: Buffer;
}): { key: Buffer; nonce: Buffer } {
	const { shared, auth, receiver, sender, salt } = input;
	const mixed = hkdf(auth, shared, Buffer.concat([Buffer.from("WebPush: info\0"), receiver, sender]), 32);
	return {
		key: hkdf(salt, mixed, Buffer.from("Content-Encoding: aes128gcm\0"), 16),
		nonce: hkdf(salt, mixed, Buffer.from("Content-Encoding: nonce\0"), 12),
	};
}

/** RFC 5869 with SHA-256, for at most one block of output. */
function hkdf(salt: Buffer, secret: Buffer, info: Buffer, length: number): Buffer {
	const pseudoRandomKey = createHmac("sha256", salt).update(secret).digest();
	return createHmac("sha256", pseudoRandomKey).update(info).update(Buffer.of(1)).digest().subarray(0, length);
}
