/**
 * An application server of the tests' own: encrypts (RFC 8291), signs (RFC 8292) and sends (RFC 8030), so that
 * a receiving peer can be tried without the code that is under test.
 */
import { createCipheriv, createECDH, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { contentKeys, type SubscriptionJson } from "./web-push-device.ts";

/** A sender with a VAPID key. */
export interface WebPushSender {
	/** base64url of the 65 bytes a browser takes as `applicationServerKey`. */
	readonly publicKey: string;
	/** The `Authorization` header for an endpoint. Claims given replace the right ones. */
	authorization(endpoint: string, claims?: Record<string, unknown>): string;
	/** Encrypts and posts. Headers given replace the right ones; an empty value leaves one out. */
	send(subscription: SubscriptionJson, text: string, headers?: Record<string, string>): Promise<Response>;
}

/** Makes a sender with a fresh key. */
export function createSender(): WebPushSender {
	const { privateKey, publicKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const { x = "", y = "" } = key.export({ format: "jwk" });
	const publicKey = Buffer.concat([
		Buffer.of(4),
		Buffer.from(x, "base64url"),
		Buffer.from(y, "base64url"),
	]).toString("base64url");

	const authorization: WebPushSender["authorization"] = (endpoint, claims) => {
		const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
		const head = encode({ typ: "JWT", alg: "ES256" });
		const body = encode({
			aud: new URL(endpoint).origin,
			exp: Math.floor(Date.now() / 1000) + 3600,
			sub: "mailto:tests@example.net",
			...claims,
		});
		const signature = sign("sha256", Buffer.from(`${head}.${body}`), {
			key: privateKey,
			dsaEncoding: "ieee-p1363",
		});
		return `vapid t=${head}.${body}.${signature.toString("base64url")}, k=${publicKey}`;
	};

	return {
		publicKey,
		authorization,
		send(subscription, text, headers = {}) {
			const all = {
				TTL: "60",
				"Content-Encoding": "aes128gcm",
				"Content-Type": "application/octet-stream",
				Authorization: authorization(subscription.endpoint),
				...headers,
			};
			return fetch(subscription.endpoint, {
				method: "POST",
				headers: Object.entries(all).filter(([, value]) => value !== ""),
				body: new Uint8Array(encrypt(subscription, Buffer.from(text))),
			});
		},
	};
}

/** RFC 8291 §3.4 and RFC 8188 §2: header and one record, without padding. */
export function encrypt({ keys }: SubscriptionJson, content: Buffer): Buffer {
	const receiver = Buffer.from(keys.p256dh, "base64url");
	const ecdh = createECDH("prime256v1");
	const sender = ecdh.generateKeys();
	const salt = randomBytes(16);
	const { key, nonce } = contentKeys({
		shared: ecdh.computeSecret(receiver),
		auth: Buffer.from(keys.auth, "base64url"),
		receiver,
		sender,
		salt,
	});
	const cipher = createCipheriv("aes-128-gcm", key, nonce);
	const sealed = [cipher.update(content), cipher.update(Buffer.of(2)), cipher.final(), cipher.getAuthTag()];
	const recordSize = Buffer.alloc(4);
	recordSize.writeUInt32BE(4096);
	return Buffer.concat([salt, recordSize, Buffer.of(sender.length), sender, ...sealed]);
}
