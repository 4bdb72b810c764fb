/**
 * What FCM demands of a message and of the assertion that an access token is asked for with, checked with node's
 * primitives alone.
 */
import { createPublicKey, verify } from "node:crypto";

/** Why a push is refused, in FCM's words. */
export interface Refusal {
	status: number;
	/** Google's general code. */
	general: string;
	/** FCM's own, in the details. */
	errorCode?: string;
	/** The field that is wrong, in the details. */
	field?: string;
	message: string;
}

/** "Maximum payload for messages is 4096 bytes"; here of the whole, to be sure. */
const MAXIMUM_BODY = 4096;
/** Four weeks. */
const MAXIMUM_TTL = 2_419_200;

const malformed = (field: string, message: string): Refusal => ({
	status: 400,
	general: "INVALID_ARGUMENT",
	field,
	message,
});
const invalid = (message: string): Refusal => ({
	status: 400,
	general: "INVALID_ARGUMENT",
	errorCode: "INVALID_ARGUMENT",
	message,
});

/** Applies the rules for a message, whoever it is for. @returns the first broken one; undefined when there is none */
export function messageFault(body: string): Refusal | undefined {
	let message: Record<string, unknown>;
	try {
		message = JSON.parse(body).message;
	} catch {
		return malformed("", "Invalid JSON payload received.");
	}
	if (typeof message !== "object" || message === null) return malformed("message", "No message.");
	for (const name of Object.keys(message))
		if (!["token", "data", "android"].includes(name))
			return malformed("message", `Unknown name "${name}" at 'message'.`);
	if (typeof message.token !== "string" || message.token === "")
		return invalid("Recipient of the message is not set.");
	return (
		dataFault(message.data) ??
		androidFault(message.android) ??
		(Buffer.byteLength(body) > MAXIMUM_BODY ? invalid("Android message is too big") : undefined)
	);
}

function dataFault(data: unknown): Refusal | undefined {
	if (data === undefined) return undefined;
	if (typeof data !== "object" || data === null || Array.isArray(data))
		return malformed("message.data", "data is no map.");
	for (const [index, [key, value]] of Object.entries(data).entries()) {
		if (typeof value !== "string")
			return malformed(`message.data[${index}].value`, "Invalid value (TYPE_STRING)");
		if (["from", "message_type"].includes(key) || /^(gcm|google)/.test(key))
			return invalid(`Invalid data payload key: ${key}`);
	}
	return undefined;
}

function androidFault(android: unknown): Refusal | undefined {
	if (android === undefined) return undefined;
	if (typeof android !== "object" || android === null) return malformed("message.android", "no object");
	const { priority, ttl, collapse_key, ...others } = android as Record<string, unknown>;
	const [other] = Object.keys(others);
	if (other !== undefined) return malformed("message.android", `Unknown name "${other}".`);
	if (priority !== undefined && priority !== "HIGH" && priority !== "NORMAL")
		return malformed("message.android.priority", "Invalid value (TYPE_ENUM)");
	if (collapse_key !== undefined && typeof collapse_key !== "string")
		return malformed("message.android.collapse_key", "Invalid value (TYPE_STRING)");
	if (ttl === undefined) return undefined;
	const [, seconds] = (typeof ttl === "string" && /^(\d+)(?:\.\d{1,9})?s$/.exec(ttl)) || [];
	if (seconds === undefined) return malformed("message.android.ttl", "Invalid value (Duration)");
	if (Number(seconds) > MAXIMUM_TTL) return invalid("Invalid ttl: more than four weeks.");
	return undefined;
}

/**
 * Checks a request for an access token (RFC 7523 §3).
 * @param form as it came
 * @param account its e-mail address, its key's id, its public key in PEM, and the address that was asked
 * @returns what is wrong with it; undefined when nothing is
 */
export function assertionFault(
	form: URLSearchParams,
	account: { email: string; keyId: string; publicKey: string; tokenUri: string },
): string | undefined {
	if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer") return "wrong grant_type";
	const parts = (form.get("assertion") ?? "").split(".");
	const [head = "", body = "", signature = ""] = parts;
	if (parts.length !== 3) return "the assertion is no JWT";
	try {
		const header = decode(head);
		if (header.alg !== "RS256") return "alg is not RS256";
		if (header.kid !== account.keyId) return "no such key";
		const key = createPublicKey(account.publicKey);
		if (!verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url")))
			return "a wrong signature";
		return claimsFault(decode(body), account);
	} catch (error) {
		return `the assertion cannot be read: ${error}`;
	}
}

function claimsFault(
	claims: Record<string, unknown>,
	account: { email: string; tokenUri: string },
): string | undefined {
	if (claims.iss !== account.email) return "iss is not the account";
	if (claims.aud !== account.tokenUri) return `aud is ${claims.aud}, not ${account.tokenUri}`;
	if (claims.scope !== "https://www.googleapis.com/auth/firebase.messaging") return "another scope";
	const now = Date.now() / 1000;
	const { iat, exp } = claims;
	if (typeof iat !== "number" || typeof exp !== "number") return "iat or exp is no number";
	// A minute for clocks that differ.
	if (iat > now + 60) return "iat is to come";
	if (exp <= now) return "exp is over";
	if (exp - iat > 3600) return "exp is more than an hour after iat";
	return undefined;
}

function decode(part: string): Record<string, unknown> {
	return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
