/**
 * RFC 8292: keys from wherever an operator has them, and tokens any push service can verify.
 */
import { describe, expect, test } from "bun:test";
import { createECDH, createPublicKey, generateKeyPairSync } from "node:crypto";
import { type CryptoKey, importJWK, jwtVerify } from "jose";
import {
	createVapid,
	generateVapidKey,
	importVapidKey,
} from "../../../src/services/webpush/vapid-signature.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);

/** What a push service does with `k=`: reads the raw point. */
function verifier(publicKey: string): Promise<CryptoKey | Uint8Array> {
	const point = Buffer.from(publicKey, "base64url");
	const [x, y] = [point.subarray(1, 33), point.subarray(33)];
	return importJWK(
		{ kty: "EC", crv: "P-256", x: x.toString("base64url"), y: y.toString("base64url") },
		"ES256",
	);
}

function parts(header: string): { t: string; k: string } {
	const [, t, k] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? [];
	if (t === undefined || k === undefined) throw new Error(`not a vapid header: ${header}`);
	return { t, k };
}

/** A signer and a clock to turn. */
async function signer(subject?: string) {
	const clock = { now: NOW };
	const key = await importVapidKey(await generateVapidKey());
	return { clock, key, vapid: createVapid({ key, subject, now: () => clock.now }) };
}

describe("the VAPID key", () => {
	test("is made, stored as PEM, and read back the same", async () => {
		const pem = await generateVapidKey();
		expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/);
		const { publicKey } = await importVapidKey(pem);
		const der = createPublicKey(pem).export({ type: "spki", format: "der" });
		expect(publicKey).toBe(der.subarray(-65).toString("base64url"));
	});

	test("is read as the npm package web-push prints it: the scalar in base64url", async () => {
		for (let round = 0; round < 20; round++) {
			const ecdh = createECDH("prime256v1");
			ecdh.generateKeys();
			const scalar = Buffer.concat([Buffer.alloc(32), ecdh.getPrivateKey()]).subarray(-32);
			const { publicKey } = await importVapidKey(`${scalar.toString("base64url")}\n`);
			expect(publicKey).toBe(ecdh.getPublicKey().toString("base64url"));
		}
	});

	test("cannot be taken out again", async () => {
		const { privateKey } = await importVapidKey(await generateVapidKey());
		expect(privateKey.extractable).toBe(false);
		expect(privateKey.usages).toEqual(["sign"]);
	});

	const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
	const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
	test.each([
		["nothing", "", /must be/],
		["text that is no key", "correct horse battery staple", /must be/],
		["31 bytes", Buffer.alloc(31, 1).toString("base64url"), /must be/],
		["a scalar of zero", Buffer.alloc(32).toString("base64url"), /not a P-256/],
		["a scalar above the curve's order", Buffer.alloc(32, 255).toString("base64url"), /not a P-256/],
		["a key of another curve", p384.export({ type: "pkcs8", format: "pem" }).toString(), /not a P-256/],
		["an older PEM", p256.export({ type: "sec1", format: "pem" }).toString(), /openssl pkcs8/],
		[
			"a key with a passphrase",
			p256.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString(),
			/passphrase.+openssl pkey/,
		],
		["a PEM of garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", /not a P-256/],
	])("is refused with a sentence for %s", async (_, text, sentence) => {
		const error = await importVapidKey(text).then(
			() => undefined,
			(error: Error) => error,
		);
		expect(error?.message).toMatch(sentence);
		if (text.length > 20) expect(error?.message).not.toContain(text.slice(0, 20));
	});
});

describe("the Authorization header", () => {
	test("verifies with the key it carries, for this origin, half a day, with the operator's address", async () => {
		const { vapid, key } = await signer("mailto:operator@example.net");
		const { t, k } = parts(await vapid.authorization("https://push.example"));
		expect(k).toBe(key.publicKey);
		const { payload, protectedHeader } = await jwtVerify(t, await verifier(k), {
			currentDate: new Date(NOW),
		});
		expect(protectedHeader).toEqual({ typ: "JWT", alg: "ES256" });
		expect(payload).toEqual({
			aud: "https://push.example",
			exp: (NOW + 12 * HOUR) / 1000,
			sub: "mailto:operator@example.net",
		});
	});

	test("names no subject if there is none", async () => {
		const { vapid } = await signer();
		const { t, k } = parts(await vapid.authorization("https://push.example"));
		const { payload } = await jwtVerify(t, await verifier(k), { currentDate: new Date(NOW) });
		expect("sub" in payload).toBe(false);
	});

	test("is signed once for many pushes at once, and made anew at half its life", async () => {
		const { vapid, clock } = await signer();
		const ask = () => vapid.authorization("https://push.example");
		const first = await Promise.all([ask(), ask(), ask()]);
		expect(new Set(first).size).toBe(1);
		clock.now += 6 * HOUR - 1;
		expect(await ask()).toBe(first[0] ?? "");
		clock.now += 1;
		expect(await ask()).not.toBe(first[0] ?? "");
	});

	test("is made anew when the clock was set back, or it would claim more than a push service allows", async () => {
		const { vapid, clock } = await signer();
		const before = await vapid.authorization("https://push.example");
		clock.now -= 24 * HOUR;
		expect(await vapid.authorization("https://push.example")).not.toBe(before);
	});

	test("is another one for another origin", async () => {
		const { vapid } = await signer();
		const one = await vapid.authorization("https://a.example");
		expect(await vapid.authorization("https://b.example")).not.toBe(one);
		expect(await vapid.authorization("https://a.example")).toBe(one);
	});

	test("is kept for the 1000 origins used last, however many clients invent", async () => {
		const { vapid } = await signer();
		const [stays, goes] = ["https://stays.example", "https://goes.example"];
		const kept = await vapid.authorization(stays);
		const forgotten = await vapid.authorization(goes);
		for (let n = 0; n < 999; n++) {
			await vapid.authorization(`https://${n}.example`);
			if (n === 500) await vapid.authorization(stays);
		}
		expect(await vapid.authorization(stays)).toBe(kept);
		// ECDSA signs with chance in it: a new signature is another text.
		expect(await vapid.authorization(goes)).not.toBe(forgotten);
	});

	test("is tried again after a failure", async () => {
		const good = await importVapidKey(await generateVapidKey());
		const key = { ...good, privateKey: {} as typeof good.privateKey };
		const vapid = createVapid({ key, now: () => NOW });
		await expect(vapid.authorization("https://push.example")).rejects.toThrow();
		key.privateKey = good.privateKey;
		expect(await vapid.authorization("https://push.example")).toStartWith("vapid t=");
	});
});
