/**
 * How a push service checks who sends: VAPID (RFC 8292), with node's primitives alone.
 */
import { createPublicKey, verify } from "node:crypto";

/**
 * Checks an `Authorization` header.
 *
 * @param header the header as it came
 * @param origin the origin of the endpoint it came for
 * @param boundTo the key with which the subscription was made, base64url, if with one
 * @returns what is wrong with it; undefined when nothing is
 */
export function vapidFault(header: string | null, origin: string, boundTo?: string): string | undefined {
	if (header === null) return "no Authorization header";
	const parameters = /^vapid\s+(.*)$/i.exec(header)?.[1];
	if (parameters === undefined) return "the scheme is not vapid";
	const { t, k } = Object.fromEntries(
		parameters.split(",").map((pair) => {
			const [name = "", ...value] = pair.trim().split("=");
			return [name, value.join("=")];
		}),
	) as { t?: string; k?: string };
	if (!t || !k) return "t or k is missing";

	const point = Buffer.from(k, "base64url");
	if (point.length !== 65 || point[0] !== 4) return "k is no uncompressed P-256 point";
	if (boundTo !== undefined && !point.equals(Buffer.from(boundTo, "base64url"))) {
		return "the subscription was made with another key";
	}

	const [head = "", body = "", signature = "", ...rest] = t.split(".");
	if (rest.length > 0 || !/^[\w-]+$/.test(head + body + signature)) return "t is no JWT";
	try {
		if (decode(head).alg !== "ES256") return "alg is not ES256";
		const key = createPublicKey({
			format: "jwk",
			key: {
				kty: "EC",
				crv: "P-256",
				x: point.subarray(1, 33).toString("base64url"),
				y: point.subarray(33).toString("base64url"),
			},
		});
		const signed = Buffer.from(`${head}.${body}`);
		// RFC 7518 §3.4: r and s, not DER.
		const how = { key, dsaEncoding: "ieee-p1363" } as const;
		if (!verify("sha256", signed, how, Buffer.from(signature, "base64url"))) return "a wrong signature";
		return claimsFault(decode(body), origin);
	} catch (error) {
		return `t cannot be read: ${error}`;
	}
}

/** RFC 8292 §2: `aud` is the endpoint's origin, `exp` at most a day ahead, `sub`, if there is one, a contact. */
function claimsFault(claims: Record<string, unknown>, origin: string): string | undefined {
	if (claims.aud !== origin) return `aud is ${claims.aud}, not ${origin}`;
	const now = Date.now() / 1000;
	if (typeof claims.exp !== "number") return "exp is no number";
	if (claims.exp <= now) return "exp is over";
	// A minute for clocks that differ.
	if (claims.exp > now + 24 * 3600 + 60) return "exp is more than a day ahead";
	// Optional, says the RFC; Apple's service alone wants it.
	if (claims.sub === undefined) return undefined;
	if (typeof claims.sub !== "string" || !/^(mailto:.+@|https:\/\/)/.test(claims.sub)) {
		return "sub is neither mailto: nor https:";
	}
	return undefined;
}

function decode(part: string): Record<string, unknown> {
	return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
