/** What a user's server makes of Push 2.0: it signs for the push service, and encrypts for the device. */
import { base64url, type JWTPayload, SignJWT } from "jose";
import { encrypt } from "../../../src/services/webpush/message-encryption.ts";
import { receiverKeys } from "../../../src/services/webpush/receiver-keys.ts";

export interface Signer {
	/** The raw point, base64url. */
	readonly key: string;
	sign(claims: object, header?: object): Promise<string>;
	/** A JWT for an origin, an hour long, with its key in base64. */
	jwtFor(origin: string, now?: number): Promise<{ token: string; key: string }>;
}

/** A key as a client gives it to its server. */
export async function createSigner(): Promise<Signer> {
	const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
		"sign",
		"verify",
	])) as CryptoKeyPair;
	const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
	const sign = (claims: object, header: object = {}) =>
		new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
			.setProtectedHeader({ typ: "JWT", alg: "ES256", ...header })
			.sign(pair.privateKey);
	return {
		key: base64url.encode(raw),
		sign,
		async jwtFor(origin, now = Date.now()) {
			const exp = Math.floor(now / 1000) + 3600;
			return {
				token: await sign({ aud: origin, exp, sub: "mailto:admin@example.org" }),
				key: raw.toBase64(),
			};
		},
	};
}

/** A stanza in its envelope, encrypted for a device: base64. */
export async function sealedFor(keys: { p256dh: string; auth: string }, text: string): Promise<string> {
	return (await encrypt(new TextEncoder().encode(text), receiverKeys(keys))).toBase64();
}
