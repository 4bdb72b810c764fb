/** Keys and service accounts: one that works, or a sentence for the operator that repeats nothing of it. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { createJwtCheck } from "../../src/routes/guards/jwt.ts";
import { importApnsKey } from "../../src/services/apns/provider-tokens.ts";
import { importServiceAccount } from "../../src/services/fcm/service-account.ts";
import { importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { eventually, type Fuzzed } from "./property.ts";

const pem = (type: "pkcs8" | "sec1", curve = "P-256") =>
	String(generateKeyPairSync("ec", { namedCurve: curve }).privateKey.export({ type, format: "pem" }));
const SCALAR = Buffer.from(Array.from({ length: 32 }, (_, at) => at + 1)).toString("base64url");
const KEYS = [pem("pkcs8"), pem("pkcs8"), pem("sec1"), pem("pkcs8", "P-384")];
const PUBLIC = String(
	generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }),
);
const JWK = JSON.stringify(
	generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }),
);
const RSA = String(
	generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
);
const ACCOUNT = {
	type: "service_account",
	project_id: "example-1",
	private_key_id: "0123456789abcdef",
	private_key: RSA,
	client_email: "push@example-1.iam.gserviceaccount.com",
	token_uri: "https://oauth2.googleapis.com/token",
};
const accounts = fc
	.tuple(
		fc.constantFrom(...Object.keys(ACCOUNT), "x"),
		fc.option(fc.oneof(anyText, fc.jsonValue({ maxDepth: 1 })), { freq: 2 }),
	)
	.map(([name, value]) => JSON.stringify(value === null ? ACCOUNT : { ...ACCOUNT, [name]: value }));

/** @returns undefined: it was refused, with a sentence in which no piece of the text stands */
async function read<T>(text: string, importer: (text: string) => Promise<T>): Promise<T | undefined> {
	try {
		return await importer(text);
	} catch (error) {
		const said = error instanceof Error ? error.message : String(error);
		claim(
			error instanceof Error && error.constructor !== TypeError && error.constructor !== SyntaxError,
			said,
		);
		claimSentence(`${said.replace(/[.?]$/, "")}.`);
		for (const [key] of text.matchAll(/[\w+/]{24,}/g))
			for (let at = 0; at + 16 <= key.length; at += 8) claim(!said.includes(key.slice(at, at + 16)), said);
		return undefined;
	}
}

export const fuzzed: Fuzzed = {
	name: "credentials",
	properties: [
		eventually(
			"of VAPID are a key pair, or a sentence",
			{ weight: 1, most: 25_000 },
			fc.oneof(spoiltText(fc.constantFrom(...KEYS, SCALAR), 2), anyText),
			async (text) => {
				const key = await read(text, importVapidKey);
				if (!key) return;
				same(Buffer.from(key.publicKey, "base64url").length, 65);
				same(key.privateKey.extractable, false);
			},
		),
		eventually(
			"of APNs are a key, or a sentence",
			{ weight: 1, most: 25_000 },
			fc.oneof(spoiltText(fc.constantFrom(...KEYS), 2), anyText),
			async (text) => {
				const key = await read(text, importApnsKey);
				if (key) same([key.type, key.algorithm.name], ["private", "ECDSA"]);
			},
		),
		eventually(
			"of FCM are a service account, or a sentence",
			{ weight: 1, most: 25_000 },
			fc.oneof(accounts, spoiltText(accounts, 2), anyText),
			async (text) => {
				const account = await read(text, importServiceAccount);
				if (!account) return;
				claim(/^[\w.:-]+$/.test(account.projectId) && !/^\.+$/.test(account.projectId), account.projectId);
				const { protocol, hostname } = new URL(account.tokenUri);
				claim(
					protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(hostname),
					account.tokenUri,
				);
			},
		),
		eventually(
			"of a JWT's backend are a key, or a sentence, and never a key that everybody has",
			{ weight: 1, most: 25_000 },
			fc.oneof(
				spoiltText(fc.constantFrom(PUBLIC, JWK, "a key that the backend and the server share"), 2),
				anyText,
			),
			async (text) => {
				const fetch = () => Promise.reject(new Error("nothing is fetched"));
				const check = await read(text, (its) =>
					createJwtCheck({ key: { text: its }, audience: ["a"] }, { fetch }),
				);
				if (check && !/^\s*(-----BEGIN |\{)/.test(text))
					claim(text.trim().length >= 32 && !/^https?:/i.test(text.trim()), text);
			},
		),
	],
};
