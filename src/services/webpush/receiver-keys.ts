/**
 * The two keys of a Web Push subscription, checked: whoever hands in a wrong one learns it at registration
 * instead of never hearing from us.
 *
 * The check is arithmetic of our own because registering is synchronous and WebCrypto is not; sending still goes
 * through WebCrypto's own check of the point.
 */
import * as base64url from "jose/base64url";
import { InvalidDevice } from "../../types.ts";

/** The receiver's half of RFC 8291, as bytes. */
export interface ReceiverKeys {
	/** An uncompressed P-256 point: 0x04, x, y; 65 bytes. */
	p256dh: Uint8Array<ArrayBuffer>;
	/** The authentication secret, 16 bytes. */
	auth: Uint8Array<ArrayBuffer>;
}

// SEC 2 §2.4.2, secp256r1: y² = x³ - 3x + b over the field of p.
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Reads the keys of a subscription. Browsers print them with either base64 alphabet, padded or not: all are taken.
 * @param keys `p256dh` and `auth` as a browser or UnifiedPush distributor gives them
 * @throws {InvalidDevice} with a sentence for whoever handed them in
 */
export function receiverKeys(keys: { p256dh: string; auth: string }): ReceiverKeys {
	const read = registeredKeys(keys);
	if (!isOnCurve(read.p256dh)) throw new InvalidDevice("p256dh is not a point of the curve P-256.", "p256dh");
	return read;
}

/**
 * The same of a registration. Its point was checked when it was made, and is again where keys are agreed on.
 * @throws {InvalidDevice}
 */
export function registeredKeys(keys: { p256dh: string; auth: string }): ReceiverKeys {
	const p256dh = bytes(keys.p256dh, "p256dh");
	if (p256dh.length !== 65 || p256dh[0] !== 4)
		throw new InvalidDevice(
			"p256dh must be an uncompressed P-256 point: 65 bytes, the first one 0x04.",
			"p256dh",
		);
	const auth = bytes(keys.auth, "auth");
	if (auth.length !== 16) throw new InvalidDevice("auth must be 16 bytes.", "auth");
	return { p256dh, auth };
}

/** Bytes of a key in base64 or base64url. */
function bytes(text: string, name: "p256dh" | "auth"): Uint8Array<ArrayBuffer> {
	// Long enough for 65 bytes with padding; nobody needs us to decode a megabyte to say no.
	if (text.length > 100 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text))
		throw new InvalidDevice(`${name} must be base64url.`, name);
	const plain = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
	// A length of 4n+1 encodes nothing.
	if (plain.length % 4 === 1) throw new InvalidDevice(`${name} must be base64url.`, name);
	return new Uint8Array(base64url.decode(plain));
}

function isOnCurve(point: Uint8Array<ArrayBuffer>): boolean {
	const x = integer(point, 1);
	const y = integer(point, 33);
	return x < P && y < P && (y * y - x * x * x + 3n * x - B) % P === 0n;
}

/** 32 bytes from `offset`, big-endian. */
function integer(bytes: Uint8Array<ArrayBuffer>, offset: number): bigint {
	const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 32);
	let value = 0n;
	for (let at = 0; at < 32; at += 8) value = (value << 64n) | view.getBigUint64(at);
	return value;
}
