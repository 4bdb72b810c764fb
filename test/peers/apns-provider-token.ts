/**
 * What Apple demands of a provider token, checked without the sender's code.
 * Source: Apple, "Establishing a token-based connection to APNs".
 */
import { generateKeyPairSync, type KeyObject, verify } from "node:crypto";

/** A refusal in Apple's words. */
export interface Refusal {
	status: number;
	reason: string;
	/** For whoever reads a failed test. */
	why?: string;
}

/** What Apple gives to a team, once. */
export interface TeamKey {
	teamId: string;
	keyId: string;
	/** The `.p8` file: PKCS#8 PEM. */
	key: string;
}

/** Apple's memory of its teams. */
export interface ProviderTokenCheck {
	createKey(teamId: string, keyId: string): TeamKey;
	/** @param header `authorization` @returns why it is refused */
	refusal(header: string | undefined): Refusal | undefined;
	/** How many different tokens were taken, of all teams. */
	readonly taken: number;
}

const FLOOR_MS = 20 * 60 * 1000;
const MAX_AGE_S = 60 * 60;

/** Knows no team yet. @param now milliseconds since the epoch */
export function createProviderTokenCheck(now: () => number): ProviderTokenCheck {
	const keys = new Map<string, { teamId: string; publicKey: KeyObject }>();
	const lastOf = new Map<string, { token: string; since: number }>();
	const signed = new Map<string, Record<string, unknown> | undefined>();
	let taken = 0;

	const invalid = (why: string): Refusal => ({ status: 403, reason: "InvalidProviderToken", why });

	/** The claims, if the signature is right; remembered, since one token comes with every push. */
	const claimsOf = (token: string, publicKey: KeyObject): Record<string, unknown> | undefined => {
		if (!signed.has(token)) {
			const [head = "", payload = "", signature = ""] = token.split(".");
			const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
			const data = Buffer.from(`${head}.${payload}`);
			const right = verify("sha256", data, key, Buffer.from(signature, "base64url"));
			signed.set(token, right ? decode(payload) : undefined);
		}
		return signed.get(token);
	};

	return {
		get taken() {
			return taken;
		},
		createKey(teamId, keyId) {
			const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
			keys.set(keyId, { teamId, publicKey });
			return { teamId, keyId, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
		},
		refusal(header) {
			if (header === undefined) return { status: 403, reason: "MissingProviderToken" };
			const token = /^bearer (\S+)$/.exec(header)?.[1];
			if (token === undefined) return invalid("not a bearer token");
			const { alg, kid } = decode(token.split(".")[0] ?? "");
			const known = keys.get(String(kid));
			if (alg !== "ES256" || !known) return invalid(`alg ${alg}, kid ${kid}`);
			const claims = claimsOf(token, known.publicKey);
			if (!claims) return invalid("wrong signature");
			if (claims.iss !== known.teamId) return invalid(`iss ${claims.iss}`);
			const at = now();
			if (!Number.isInteger(claims.iat)) return invalid(`iat ${claims.iat}`);
			const age = at / 1000 - Number(claims.iat);
			if (age < -300) return invalid("iat is in the future");
			if (age > MAX_AGE_S) return { status: 403, reason: "ExpiredProviderToken", why: `${age} s old` };
			const last = lastOf.get(known.teamId);
			if (last?.token === token) return undefined;
			if (last && at - last.since < FLOOR_MS) return { status: 429, reason: "TooManyProviderTokenUpdates" };
			lastOf.set(known.teamId, { token, since: at });
			taken += 1;
			return undefined;
		},
	};
}

function decode(part: string): Record<string, unknown> {
	try {
		const json = JSON.parse(Buffer.from(part, "base64url").toString());
		return typeof json === "object" && json !== null ? json : {};
	} catch {
		return {};
	}
}
