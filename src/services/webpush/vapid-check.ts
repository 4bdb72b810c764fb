/**
 * Checks what somebody else signed for a push service (RFC 8292), before it is passed on: what the push service would
 * refuse is not sent there.
 */
import * as base64url from "jose/base64url";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import { decodeJwt } from "jose/jwt/decode";
import { jwtVerify } from "jose/jwt/verify";
import { push2Bounds } from "../../limits/bounds/push2.ts";

/** A JWT, and the raw P-256 point of the key that signed it, base64url without padding. */
export interface SignedVapid {
	token: string;
	key: string;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
/** RFC 8292 §2: it "MUST NOT be more than 24 hours from the time of the request". */
const LONGEST_LIFE_S = push2Bounds.relayJwtLife.is;

/** When it expires, ms since the epoch; 0: it does not say. */
export function expiresAt(token: string): number {
	try {
		return (decodeJwt(token).exp ?? 0) * 1000;
	} catch {
		return 0;
	}
}

/**
 * @param origin of the endpoint: what the JWT must be for
 * @param now ms since the epoch
 * @returns why it cannot be used; undefined: it can
 */
export async function faultOfVapid(
	{ token, key }: SignedVapid,
	origin: string,
	now: number,
): Promise<string | undefined> {
	// They become a header.
	if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return "it is no JWT";
	if (!/^[\w-]{87}$/.test(key)) return "its key is no raw P-256 point";
	try {
		if (decodeProtectedHeader(token).alg !== "ES256") return "it is not signed with ES256";
		const { aud, exp } = decodeJwt(token);
		if (aud !== origin) return "its aud is not the origin of the endpoint";
		if (exp === undefined || exp * 1000 <= now) return "it has expired";
		if (exp * 1000 > now + LONGEST_LIFE_S * 1000) return "its exp is more than 24 hours ahead";
		const point = new Uint8Array(base64url.decode(key));
		const publicKey = await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]);
		await jwtVerify(token, publicKey, {
			algorithms: ["ES256"],
			audience: origin,
			currentDate: new Date(now),
		});
		return undefined;
	} catch {
		return "its signature is not its key's";
	}
}
