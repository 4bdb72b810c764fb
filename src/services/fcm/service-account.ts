/**
 * Reads the service account of a Firebase project: the JSON file that its console gives out under "Service
 * accounts", and with which the right to push is asked for.
 */
import { SignJWT } from "jose/jwt/sign";
import { importPKCS8 } from "jose/key/import";
import { pemLines } from "../../syntax/pem.ts";
import type { TokenRequest } from "../access-token.ts";

/** What pushing needs of a service account. */
export interface ServiceAccount {
	readonly projectId: string;
	readonly clientEmail: string;
	readonly privateKey: CryptoKey;
	/** Names the key among the account's several. */
	readonly privateKeyId?: string;
	/** Where its access tokens come from, and what the assertions for them are meant for. */
	readonly tokenUri: string;
}

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** Google allows an hour. Seconds. */
const LIFETIME_S = 3600;

/**
 * Reads the file's text.
 * @throws {Error} with a sentence for the operator, which never quotes the key
 */
export async function importServiceAccount(text: string): Promise<ServiceAccount> {
	const file = parse(text);
	if (file.type !== "service_account") throw new Error(wrongFile(file));
	const tokenUri = string(file, "token_uri");
	if (!isSafe(tokenUri))
		throw new Error("The FCM service account's token_uri must be an https URL, as in Google's own file.");
	const privateKeyId = file.private_key_id;
	return {
		projectId: projectId(file),
		clientEmail: string(file, "client_email"),
		privateKey: await privateKey(string(file, "private_key")),
		tokenUri,
		...(typeof privateKeyId === "string" && privateKeyId !== "" && { privateKeyId }),
	};
}

function parse(text: string): Record<string, unknown> {
	let file: unknown;
	try {
		file = JSON.parse(text);
	} catch {
		throw new Error("The FCM service account is not JSON: give the whole file that Firebase's console made.");
	}
	if (typeof file !== "object" || file === null || Array.isArray(file))
		throw new Error("The FCM service account is not a JSON object: give the whole file as it was made.");
	return file as Record<string, unknown>;
}

/** The other files of Firebase are easily taken for it. */
function wrongFile(file: Record<string, unknown>): string {
	if ("project_info" in file)
		return "This is google-services.json, which belongs into the Android app: FCM needs a service account's file.";
	return 'The FCM service account must have "type": "service_account".';
}

function string(file: Record<string, unknown>, name: string): string {
	const value = file[name];
	if (typeof value !== "string" || value === "") throw new Error(`The FCM service account has no ${name}.`);
	return value;
}

/** It becomes part of a path. Older projects have their organisation's domain before a colon. */
function projectId(file: Record<string, unknown>): string {
	const id = string(file, "project_id");
	if (!/^[\w.:-]+$/.test(id) || /^\.+$/.test(id))
		throw new Error("The FCM service account's project_id is not the id of a project.");
	return id;
}

async function privateKey(text: string): Promise<CryptoKey> {
	try {
		return await importPKCS8(pemLines(text), "RS256");
	} catch {
		throw new Error("The FCM service account's private_key is not an RSA key in PKCS#8 PEM.");
	}
}

/** An assertion is as good as a password for its hour: it leaves over https, or not this machine. */
function isSafe(uri: string): boolean {
	const url = URL.parse(uri);
	if (url?.protocol === "https:") return true;
	return url?.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
}

/**
 * The request for an access token (RFC 7523 §2.1), signed now.
 * @param now ms since the epoch
 */
export async function tokenRequest(account: ServiceAccount, now: number): Promise<TokenRequest> {
	const { privateKeyId: kid } = account;
	const issuedAt = Math.floor(now / 1000);
	const assertion = await new SignJWT({ scope: SCOPE })
		.setProtectedHeader({ typ: "JWT", alg: "RS256", ...(kid !== undefined && { kid }) })
		.setIssuer(account.clientEmail)
		.setAudience(account.tokenUri)
		.setIssuedAt(issuedAt)
		.setExpirationTime(issuedAt + LIFETIME_S)
		.sign(account.privateKey);
	const headers = { "Content-Type": "application/x-www-form-urlencoded" };
	const body = new URLSearchParams({ grant_type: GRANT_TYPE, assertion }).toString();
	return { url: account.tokenUri, init: { method: "POST", headers, body } };
}
