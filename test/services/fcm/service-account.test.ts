/**
 * The service account: the file as Google gives it out, the mistakes made with it, and the assertion it signs.
 */
import { describe, expect, test } from "bun:test";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { importSPKI, jwtVerify } from "jose";
import { importServiceAccount, tokenRequest } from "../../../src/services/fcm/service-account.ts";

const NOW = Date.UTC(2026, 0, 1);
const { privateKey } = generateKeyPairSync("rsa", {
	modulusLength: 2048,
	publicKeyEncoding: { type: "spki", format: "pem" },
	privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const file = {
	type: "service_account",
	project_id: "my-chat",
	private_key_id: "abc123",
	private_key: privateKey,
	client_email: "push@my-chat.iam.gserviceaccount.com",
	token_uri: "https://oauth2.googleapis.com/token",
};
const importing = (changes: Record<string, unknown>) =>
	importServiceAccount(JSON.stringify({ ...file, ...changes }));

describe("a service account", () => {
	test("is read as Google gives it out", async () => {
		expect(await importServiceAccount(JSON.stringify(file, null, 2))).toMatchObject({
			projectId: "my-chat",
			clientEmail: file.client_email,
			privateKeyId: "abc123",
			tokenUri: file.token_uri,
		});
	});

	test("is read with the line ends that a shell has kept as two characters", async () => {
		const account = await importing({ private_key: privateKey.replaceAll("\n", "\\n") });
		expect(account.privateKey.type).toBe("private");
	});

	test.each(["example.com:my-chat", "my-chat-123", "my_chat"])("may be of project %s", async (project_id) => {
		expect((await importing({ project_id })).projectId).toBe(project_id);
	});

	test.each<[string, string, RegExp]>([
		["a path", "/etc/key.json", /not JSON/],
		["nothing", "", /not JSON/],
		["a list", "[]", /not a JSON object/],
		["null", "null", /not a JSON object/],
		["the app's own file", '{"project_info":{}}', /google-services\.json/],
		["a user's credentials", '{"type":"authorized_user"}', /must have "type": "service_account"/],
	])("is not %s, says a sentence", async (_, text, sentence) => {
		await expect(importServiceAccount(text)).rejects.toThrow(sentence);
	});

	test.each<[string, Record<string, unknown>, RegExp]>([
		["no project", { project_id: undefined }, /has no project_id/],
		["a project that leads elsewhere", { project_id: "../x" }, /not the id of a project/],
		["a project of dots", { project_id: ".." }, /not the id of a project/],
		["no address", { client_email: "" }, /has no client_email/],
		["no key", { private_key: 5 }, /has no private_key/],
		["a key of another kind", { private_key: "-----BEGIN PRIVATE KEY-----\nAAAA" }, /not an RSA key/],
		["no token address", { token_uri: undefined }, /has no token_uri/],
		["a token address without TLS", { token_uri: "http://token.example/" }, /must be an https URL/],
		["a token address that is none", { token_uri: "oauth2" }, /must be an https URL/],
	])("with %s is refused, and the key never quoted", async (_, changes, sentence) => {
		const error = await importing(changes).then(
			() => undefined,
			(thrown: Error) => thrown,
		);
		expect(error?.message).toMatch(sentence);
		expect(error?.message).not.toContain("AAAA");
	});

	test("asks for a token with an assertion that lives an hour", async () => {
		const { url, init } = await tokenRequest(await importing({}), NOW + 999);
		expect(url).toBe(file.token_uri);
		expect(init).toMatchObject({
			method: "POST",
			headers: { "Content-Type": "application/x-www-form-urlencoded" },
		});
		const form = new URLSearchParams(String(init.body));
		expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
		const spki = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
		const key = await importSPKI(spki, "RS256");
		const { payload, protectedHeader } = await jwtVerify(form.get("assertion") ?? "", key, {
			currentDate: new Date(NOW),
		});
		expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: "abc123" });
		expect(payload).toEqual({
			iss: file.client_email,
			scope: "https://www.googleapis.com/auth/firebase.messaging",
			aud: file.token_uri,
			iat: NOW / 1000,
			exp: NOW / 1000 + 3600,
		});
	});
});
