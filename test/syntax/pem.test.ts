/** Keys and certificates whose line ends are `\n`, two characters, as in an env file. */
import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { parseConfig } from "../../src/config/config.ts";
import { createJwtCheck } from "../../src/routes/guards/jwt.ts";
import { importApnsKey } from "../../src/services/apns/provider-tokens.ts";
import { importServiceAccount } from "../../src/services/fcm/service-account.ts";
import { generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { pemLines } from "../../src/syntax/pem.ts";

/** All ways in which one text of several lines comes out of an env file. */
const spellings = (pem: string) => [
	pem.trim(),
	`${pem}\n`,
	pem.replaceAll("\n", "\\n"),
	pem.trim().replaceAll("\n", "\\n"),
	pem.replaceAll("\n", "\\r\\n"),
	pem.replaceAll("\n", "\r\n"),
	`"${pem.replaceAll("\n", "\\n")}"`,
	`'${pem}'`,
	`  ${pem.replaceAll("\n", "\\n")}  `,
];
const ec = generateKeyPairSync("ec", {
	namedCurve: "P-256",
	privateKeyEncoding: { type: "pkcs8", format: "pem" },
	publicKeyEncoding: { type: "spki", format: "pem" },
});

describe("a key is read however its line ends were written", () => {
	test("APNS_KEY", async () => {
		for (const text of spellings(ec.privateKey)) expect((await importApnsKey(text)).type).toBe("private");
	});

	test("VAPID_PRIVATE_KEY", async () => {
		const pem = await generateVapidKey();
		const { publicKey } = await importVapidKey(pem);
		for (const text of spellings(pem)) expect((await importVapidKey(text)).publicKey).toBe(publicKey);
	});

	test("REGISTRATION_JWT_KEY", async () => {
		const settings = { mode: "jwt", audience: ["https://push.example.net"] } as const;
		for (const text of spellings(ec.publicKey))
			expect(await createJwtCheck({ ...settings, key: { text } }, { fetch })).toBeFunction();
	});

	test("the service account of FCM", async () => {
		const { privateKey } = generateKeyPairSync("rsa", {
			modulusLength: 2048,
			privateKeyEncoding: { type: "pkcs8", format: "pem" },
			publicKeyEncoding: { type: "spki", format: "pem" },
		});
		const account = {
			type: "service_account",
			project_id: "p",
			client_email: "push@p.iam.gserviceaccount.com",
			token_uri: "https://oauth2.googleapis.com/token",
		};
		for (const private_key of spellings(privateKey))
			expect((await importServiceAccount(JSON.stringify({ ...account, private_key }))).projectId).toBe("p");
	});

	test("APNS_CERT and APNS_CERT_KEY, together and apart", () => {
		const cert = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
		const key = ec.privateKey;
		const credentials = (settings: Record<string, string>) => {
			const { apps } = parseConfig({ APNS_TOPIC: "net.example.chat", ...settings });
			const app = apps.find(({ service }) => service === "apns");
			return app?.service === "apns" ? app.credentials : undefined;
		};
		for (const text of spellings(cert)) {
			const apart = credentials({ APNS_CERT: text, APNS_CERT_KEY: key.replaceAll("\n", "\\n") });
			expect(lines(apart)).toEqual([cert.trim(), key.trim()]);
		}
		const both = `${cert}${key}`;
		for (const text of spellings(both))
			expect(lines(credentials({ APNS_CERT: text }))).toEqual([both.trim(), both.trim()]);
		const table = { name: "chat", service: "apns", topic: "net.example.chat" };
		const listed = parseConfig({ APPS: [{ ...table, cert: both.replaceAll("\n", "\\n") }] }).apps[0];
		expect(listed).toMatchObject({ credentials: { cert: both.trim(), key: both.trim() } });
	});
});

const lines = (credentials: unknown) => {
	const { cert, key } = credentials as { cert: string; key: string };
	return [cert, key].map((text) => text.replaceAll("\r\n", "\n"));
};

test("what is no PEM stays as it is", () => {
	for (const text of ["", "abc", "a\\nb", '"abc"', "x -----BEGIN PRIVATE KEY-----\\n"])
		expect(pemLines(text)).toBe(text);
});
