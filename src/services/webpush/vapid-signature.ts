/**
 * VAPID (RFC 8292): how a push service knows which application server is sending.
 *
 * Browsers bind a subscription to the public key they were given, so the key pair outlives everything else here:
 * losing it loses every subscription made with it.
 */
import * as base64url from "jose/base64url";
import { SignJWT } from "jose/jwt/sign";
import { exportPKCS8 } from "jose/key/export";
import { isEncrypted, pemLines } from "../../syntax/pem.ts";

/** The application server's key pair. */
export interface VapidKey {
	/** ECDSA P-256, for signing only. */
	privateKey: CryptoKey;
	/** The raw point, base64url of 65 bytes: what a browser takes as `applicationServerKey`. */
	publicKey: string;
}

/** The header that says who sends. */
export interface Vapid {
	/** What browsers must be given when they subscribe. */
	readonly publicKey: string;
	/**
	 * The `Authorization` header for one push service.
	 * @param origin the endpoint's origin, such as `https://updates.push.services.mozilla.com`
	 */
	authorization(origin: string): Promise<string>;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
// RFC 8292 §2 allows 24 h; half of it leaves room for clocks that disagree.
const LIFETIME_MS = 12 * 60 * 60 * 1000;
// Clients choose the origins: remember the ones used lately, not every one ever seen.
const ORIGINS_KEPT = 1000;
// PKCS#8 (RFC 5958) around an ECPrivateKey (RFC 5915) of P-256 that leaves the public key to be computed.
const PKCS8_BEFORE_SCALAR = Uint8Array.from([
	...[0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
	...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01],
	...[0x01, 0x04, 0x20],
]);

/** Makes a new key, as the PKCS#8 PEM to be stored. */
export async function generateVapidKey(): Promise<string> {
	const pair = (await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"])) as CryptoKeyPair;
	return `${(await exportPKCS8(pair.privateKey)).trim()}\n`;
}

/**
 * Reads a stored key.
 * @param text a PKCS#8 PEM, or the 32-byte private scalar in base64url as the npm package web-push prints it
 * @throws {Error} with a sentence for the operator, which never quotes the key
 */
export async function importVapidKey(text: string): Promise<VapidKey> {
	let extractable: CryptoKey;
	try {
		extractable = await crypto.subtle.importKey("pkcs8", pkcs8(pemLines(text)), CURVE, true, ["sign"]);
	} catch (error) {
		if (error instanceof VapidKeyError) throw error;
		throw new VapidKeyError("The VAPID key is not a P-256 private key.");
	}
	// WebCrypto gives a private key's public half only through its JWK.
	const jwk = await crypto.subtle.exportKey("jwk", extractable);
	const publicKey = base64url.encode(
		Uint8Array.of(4, ...base64url.decode(jwk.x ?? ""), ...base64url.decode(jwk.y ?? "")),
	);
	const { crv, d, kty, x, y } = jwk;
	const privateKey = await crypto.subtle.importKey("jwk", { crv, d, kty, x, y } as JsonWebKey, CURVE, false, [
		"sign",
	]);
	return { privateKey, publicKey };
}

/** A VAPID key that cannot be used. */
class VapidKeyError extends Error {
	override name = "VapidKeyError";
}

/** The DER of either form. */
function pkcs8(text: string): Uint8Array<ArrayBuffer> {
	if (text.includes("-----BEGIN EC PRIVATE KEY-----"))
		throw new VapidKeyError(
			"The VAPID key is in the older SEC 1 form: convert it with `openssl pkcs8 -topk8 -nocrypt`.",
		);
	if (isEncrypted(text))
		throw new VapidKeyError(
			"The VAPID key has a passphrase: write it without one, with `openssl pkey -in FILE -out plain.pem`.",
		);
	const pem = /^-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----$/.exec(text)?.[1];
	if (pem !== undefined) return Uint8Array.from(atob(pem.replace(/\s+/g, "")), (char) => char.charCodeAt(0));
	if (!/^[A-Za-z0-9_-]{43}=?$/.test(text))
		throw new VapidKeyError("The VAPID key must be a PKCS#8 PEM, or 32 bytes in base64url.");
	return Uint8Array.of(...PKCS8_BEFORE_SCALAR, ...base64url.decode(text.replace("=", "")));
}

/**
 * Signs for one application server. A token is kept per origin for half its life, so a push costs no signature.
 * @param options.subject `mailto:` or `https:` URL where a push service's operator reaches ours; Apple insists
 */
export function createVapid(options: {
	key: VapidKey;
	subject?: string | undefined;
	now: () => number;
}): Vapid {
	const { key, subject, now } = options;
	/** In order of last use: the first is the next to be forgotten. */
	const kept = new Map<string, { header: Promise<string>; madeAt: number }>();

	async function sign(origin: string, madeAt: number): Promise<string> {
		const jwt = await new SignJWT(subject === undefined ? {} : { sub: subject })
			.setProtectedHeader({ typ: "JWT", alg: "ES256" })
			.setAudience(origin)
			.setExpirationTime(Math.floor((madeAt + LIFETIME_MS) / 1000))
			.sign(key.privateKey);
		return `vapid t=${jwt}, k=${key.publicKey}`;
	}

	return {
		publicKey: key.publicKey,
		authorization(origin) {
			const at = now();
			let entry = kept.get(origin);
			kept.delete(origin);
			// Also made anew when the clock was set back: what we hold would expire too far ahead.
			if (!entry || at < entry.madeAt || at >= entry.madeAt + LIFETIME_MS / 2) {
				entry = { header: sign(origin, at), madeAt: at };
				const made = entry;
				made.header.catch(() => {
					if (kept.get(origin) === made) kept.delete(origin);
				});
			}
			kept.set(origin, entry);
			if (kept.size > ORIGINS_KEPT)
				for (const oldest of kept.keys()) {
					kept.delete(oldest);
					break;
				}
			return entry.header;
		},
	};
}
