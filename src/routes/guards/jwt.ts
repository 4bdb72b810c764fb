/**
 * REGISTRATION=jwt: an app's own backend decides who registers over HTTP, by signing a JWT (RFC 7519) for each.
 *
 * RFC 8725: the algorithm follows from our key and not from the JWT, audience and expiry must be there, and nothing of
 * a JWT is looked at before its signature was.
 */
import {
	base64url,
	type CryptoKey,
	createRemoteJWKSet,
	customFetch,
	errors,
	importJWK,
	importSPKI,
	type JWK,
	type JWTPayload,
	type JWTVerifyGetKey,
	type JWTVerifyOptions,
	jwtVerify,
} from "jose";
import { wholeAnswer } from "../../limits/answer-size.ts";
import { answerBounds } from "../../limits/bounds/answers.ts";
import { pemLines } from "../../syntax/pem.ts";
import { unavailable } from "../errors.ts";
import { Problem } from "../problem.ts";
import { type Permit, refused } from "./permit.ts";

/** What a JWT is checked with. */
export interface JwtSettings {
	/** A JWKS (RFC 7517 §5) at a URL; or one key: a public one as PEM or JWK, or else text that both sides share. */
	key: { jwksUrl: string } | { text: string };
	/** What `aud` must be, or hold: one of these. */
	audience: readonly string[];
	/** What `iss` must be. */
	issuer?: string;
}

/** @throws {Problem} why not, or that it is not known now */
export type JwtCheck = (jwt: string) => Promise<Permit>;

/** How far the clocks of a backend and of ours may be apart, seconds. */
const TOLERANCE_S = 60;

/** All of WebCrypto's that need no shared key. */
const ASYMMETRIC = [
	...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
	...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
];

/** After a failure the URL of the keys is left alone for so long, ms: anybody can send what looks like a JWT. */
const REST_MS = answerBounds.keysRest.is;

type Verify = (jwt: string, options: JWTVerifyOptions) => Promise<{ payload: JWTPayload }>;

/**
 * @param effects.fetch gets the JWKS: kept for ten minutes, and got anew for a key that is not in it, at most every
 *   half minute. Must unpack nothing, or unpack no more than is read
 * @throws when the key is none that can be used, with a sentence that says what it must be
 */
export async function createJwtCheck(
	{ key, audience, issuer }: JwtSettings,
	{ fetch, now = Date.now }: { fetch(url: string, init: RequestInit): Promise<Response>; now?: () => number },
): Promise<JwtCheck> {
	const verify = "jwksUrl" in key ? withJwks(key.jwksUrl, fetch, now) : await withKey(key.text);
	return async (jwt) => {
		try {
			// Of one signature there are several spellings that decode alike.
			if (!isCanonical(jwt)) throw refused(NO_JWT);
			const { payload } = await verify(jwt, {
				audience: [...audience],
				...(issuer !== undefined && { issuer }),
				requiredClaims: ["exp"],
				clockTolerance: TOLERANCE_S,
				currentDate: new Date(now()),
			});
			return permitOf(payload);
		} catch (error) {
			if (error instanceof Problem) throw error;
			throw refused(reasonOf(error));
		}
	};
}

/** The URL of the keys is left alone, since it failed a moment ago. */
class Resting extends Error {
	override name = "Resting";
}

function withJwks(
	url: string,
	fetch: (url: string, init: RequestInit) => Promise<Response>,
	now: () => number,
): Verify {
	let failedAt = Number.NEGATIVE_INFINITY;
	async function fetchKeys(keysUrl: string, init: RequestInit): Promise<Response> {
		if (Math.abs(now() - failedAt) < REST_MS) throw new Resting("The keys could not be had a moment ago.");
		const headers = new Headers(init.headers);
		headers.set("Accept-Encoding", "identity");
		const response = await fetch(keysUrl, { ...init, headers });
		return wholeAnswer(response, answerBounds.keys.is, init.signal);
	}
	const jwks = createRemoteJWKSet(new URL(url), { [customFetch]: fetchKeys });
	const keyOf: JWTVerifyGetKey = async (...header) => {
		try {
			return await jwks(...header);
		} catch (error) {
			if (isAboutTheJwt(error)) throw error;
			if (!(error instanceof Resting)) failedAt = now();
			throw unavailable("The keys that JWTs are checked with cannot be had at the moment. Try again later.");
		}
	};
	return (jwt, options) => jwtVerify(jwt, keyOf, { ...options, algorithms: ASYMMETRIC });
}

/** Of what finding a key came to: whether the JWT is at fault. All else is about the JWKS, or the way to it. */
const isAboutTheJwt = (error: unknown) =>
	error instanceof errors.JWKSNoMatchingKey ||
	error instanceof errors.JWKSMultipleMatchingKeys ||
	error instanceof errors.JOSENotSupported;

async function withKey(text: string): Promise<Verify> {
	const { key, algorithms } = await importKey(pemLines(text));
	return (jwt, options) => jwtVerify(jwt, key, { ...options, algorithms });
}

/** A public key's algorithm, where it does not say which: what its kind is mostly used with. */
const ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "RS256"];
const OF_CURVE: Readonly<Record<string, string>> = {
	"P-256": "ES256",
	"P-384": "ES384",
	"P-521": "ES512",
	Ed25519: "EdDSA",
};

async function importKey(text: string): Promise<{ key: CryptoKey | Uint8Array; algorithms: string[] }> {
	if (text.startsWith("-----BEGIN ")) return importPem(text);
	if (text.startsWith("{")) return importJwk(text);
	await refusePublic(text);
	// RFC 7518 §3.2: no shorter than the hash.
	if (text.length < 32) throw new Error("a shared key must be at least 32 characters");
	return { key: new TextEncoder().encode(text), algorithms: ["HS256"] };
}

/** What everybody may know, given as a shared key, would let everybody sign. @throws */
async function refusePublic(text: string): Promise<void> {
	if (/^https?:/i.test(text)) throw new Error("it is a URL: that of a JWKS goes into REGISTRATION_JWKS_URL");
	if (/^(\[\s*\{|ssh-|ecdsa-)/.test(text)) throw new Error("give a public key as PEM or JWK");
	// A certificate begins so, and a key of RSA; the others are shorter.
	const begin = "-----BEGIN PUBLIC KEY-----";
	const pem = `${begin}\n${text}\n-----END PUBLIC KEY-----`;
	if (/^MII[\w+/=\s]+$/.test(text) || (await importPem(pem).catch(() => undefined)))
		throw new Error(`give a public key as PEM, with its lines ${begin} and -----END PUBLIC KEY-----`);
}

async function importPem(pem: string) {
	if (!pem.startsWith("-----BEGIN PUBLIC KEY-----"))
		throw new Error("a PEM must be a public key, -----BEGIN PUBLIC KEY-----");
	for (const algorithm of ALGORITHMS) {
		const key = await importSPKI(pem, algorithm).catch(() => undefined);
		if (key) return { key, algorithms: [algorithm] };
	}
	throw new Error("this PEM is no key for ES256, ES384, ES512, EdDSA or RS256");
}

async function importJwk(text: string) {
	let jwk: JWK;
	try {
		jwk = JSON.parse(text);
	} catch {
		throw new Error("it begins as a JWK does, and is not JSON");
	}
	if ("d" in jwk || jwk.kty === "oct")
		throw new Error("a JWK must be a public key; a shared one is given as text");
	const algorithm = jwk.alg ?? (jwk.kty === "RSA" ? "RS256" : OF_CURVE[jwk.crv ?? ""]);
	const known = ASYMMETRIC.find((one) => one === algorithm);
	const key = known && (await importJWK(jwk, known).catch(() => undefined));
	if (!known || !key) throw new Error(`this JWK is no key for ${ASYMMETRIC.join(", ")}`);
	return { key, algorithms: [known] };
}

function permitOf({ app, jid }: JWTPayload): Permit {
	const whose = jid === undefined ? {} : { jid };
	if (app === undefined) return whose;
	const apps = Array.isArray(app) ? app : [app];
	if (apps.every((name) => typeof name === "string")) return { apps, ...whose };
	throw refused("Its claim app must be the name of an app, or a list of names.");
}

const NO_JWT = "It is no signed JWT (RFC 7519).";

/** Three parts in base64url, as an encoder writes them. */
function isCanonical(jwt: string): boolean {
	// One more than there may be: none of thousands is decoded.
	const parts = jwt.split(".", 4);
	try {
		return parts.length === 3 && parts.every((part) => base64url.encode(base64url.decode(part)) === part);
	} catch {
		return false;
	}
}

/** Nothing of the JWT itself is repeated, nor what it should have been. */
function reasonOf(error: unknown): string {
	if (error instanceof errors.JWTExpired) return "It has expired: ask the app's backend for a new one.";
	if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error);
	if (error instanceof errors.JWKSNoMatchingKey)
		return "The server knows no key that it could be signed with: is its kid in the JWKS?";
	if (error instanceof errors.JWKSMultipleMatchingKeys)
		return "The server has several keys that it could be signed with: name one by its header kid.";
	if (error instanceof errors.JWSSignatureVerificationFailed)
		return "Its signature is not of the server's key.";
	if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
		return "Its header asks for an algorithm that the server's key is not for.";
	return NO_JWT;
}

function claimReason({ claim, reason }: errors.JWTClaimValidationFailed): string {
	if (claim === "nbf" && reason === "check_failed") return "It is not valid yet: are both clocks right?";
	if (claim === "aud") return "Its claim aud is missing or not this server (REGISTRATION_JWT_AUDIENCE).";
	if (claim === "iss") return "Its claim iss is missing or another one (REGISTRATION_JWT_ISSUER).";
	if (claim === "exp") return "Its claim exp is missing or no time.";
	return "One of its times is none, or to come.";
}
