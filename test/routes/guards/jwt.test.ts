/** REGISTRATION=jwt, with an app's backend that signs and serves its keys over HTTP. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { base64url, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { plainFetch } from "../../../src/bun/fetch/plain.ts";
import { createJwtCheck, type JwtSettings } from "../../../src/routes/guards/jwt.ts";
import { startTestServer, subscription } from "../routes-fixture.ts";

const AUDIENCE = "https://push.example.net";
const ISSUER = "https://chat.example.net";
const SHARED = "a key that the backend and the server share";

interface SigningKey {
	kid: string;
	alg: string;
	pair: Awaited<ReturnType<typeof generateKeyPair>>;
}

const newKey = async (kid: string, alg = "ES256"): Promise<SigningKey> => ({
	kid,
	alg,
	pair: await generateKeyPair(alg, { extractable: true }),
});

const inAMinute = () => Math.floor(Date.now() / 1000) + 60;
const GOOD = () => ({ aud: AUDIENCE, iss: ISSUER, exp: inAMinute() });

const signed = (key: SigningKey, claims: JWTPayload = GOOD(), header: object = {}) =>
	new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.pair.privateKey);
const signedWith = (text: string, claims: JWTPayload = GOOD(), alg = "HS256") =>
	new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(text));

/** The backend's keys, as it serves them today. */
const backend = { keys: [] as SigningKey[], asked: 0, answer: undefined as (() => Response) | undefined };
let jwks: ReturnType<typeof Bun.serve>;
beforeAll(() => {
	jwks = Bun.serve({
		port: 0,
		hostname: "127.0.0.1",
		async fetch() {
			backend.asked++;
			if (backend.answer) return backend.answer();
			const keys = backend.keys.map(async ({ kid, alg, pair }) => ({
				...(await exportJWK(pair.publicKey)),
				kid,
				alg,
				use: "sig",
			}));
			return Response.json({ keys: await Promise.all(keys) });
		},
	});
});
afterAll(() => jwks.stop(true));
beforeEach(() => Object.assign(backend, { keys: [], asked: 0, answer: undefined }));

const servers: Awaited<ReturnType<typeof startTestServer>>[] = [];
afterEach(async () => {
	setSystemTime();
	for (const server of servers.splice(0)) await server.close();
});

/** @param onEnd nobody reads on; @param onPiece another 64 KiB went out */
function endless(onEnd = () => {}, onPiece = () => {}) {
	const stream = new ReadableStream({
		pull(controller) {
			onPiece();
			controller.enqueue(new Uint8Array(65_536).fill(0x20));
		},
		cancel: onEnd,
	});
	return new Response(stream, { headers: { "Content-Type": "application/json" } });
}
const packed = () =>
	new Response(gzipSync(JSON.stringify({ keys: [], more: " ".repeat(1_000_000) })), {
		headers: { "Content-Encoding": "gzip", "Content-Type": "application/json" },
	});

const atUrl = () => ({ jwksUrl: `http://127.0.0.1:${jwks.port}/jwks.json` });
async function serverWith(
	settings: Partial<JwtSettings> = {},
	deps: Parameters<typeof startTestServer>[0] = {},
) {
	const all = { key: atUrl(), audience: [AUDIENCE], issuer: ISSUER, ...settings };
	const check = await createJwtCheck(all, { fetch: plainFetch });
	const server = await startTestServer({ ...deps, registration: { mode: "jwt", check } });
	servers.push(server);
	return {
		...server,
		register: (jwt?: string, body: object = { subscription: subscription() }) =>
			server.json("POST", "/registrations", body, jwt),
	};
}
type Server = Awaited<ReturnType<typeof serverWith>>;

/** Refused, with the reason; nothing was registered, and nothing of the JWT is repeated. */
async function refusal(server: Server, jwt: string): Promise<string> {
	const answer = await server.register(jwt);
	expect(answer.status).toBe(401);
	expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="registration", error="invalid_token"');
	const { detail, type } = (await answer.json()) as { detail: string; type: string };
	expect(type).toEndWith("registration-token-needed");
	for (const part of jwt.split(".").filter(Boolean)) expect(detail).not.toContain(part);
	for (const wanted of [AUDIENCE, ISSUER]) expect(detail).not.toContain(wanted);
	expect(await server.rows()).toEqual([]);
	expect(server.logged.join()).not.toContain(jwt);
	return detail;
}

describe("with the keys at a URL", () => {
	test.each([...["ES256", "ES384", "EdDSA", "RS256", "PS256"]])(
		"whoever has a JWT signed with %s registers",
		async (alg) => {
			const key = await newKey("one", alg);
			backend.keys = [key];
			const server = await serverWith();
			const answer = await server.register(await signed(key));
			expect(answer.status).toBe(201);
			expect(await server.rows()).toHaveLength(1);
		},
	);

	test("keys are asked for once, and again for one that is new", async () => {
		const [one, two] = [await newKey("one"), await newKey("two")];
		backend.keys = [one];
		const server = await serverWith();
		for (let i = 0; i < 3; i++) expect((await server.register(await signed(one))).status).toBe(201);
		expect(backend.asked).toBe(1);

		// The backend changes its key.
		setSystemTime(Date.now() + 31_000);
		backend.keys = [two];
		expect((await server.register(await signed(two))).status).toBe(201);
		expect(backend.asked).toBe(2);
		expect((await server.register(await signed(one))).status).toBe(401);
	});

	test("keys that nobody has are not asked for again and again", async () => {
		const one = await newKey("one");
		backend.keys = [one];
		const server = await serverWith();
		for (let i = 0; i < 5; i++) {
			const stranger = await newKey(`stranger ${i}`);
			expect(await refusal(server, await signed(stranger))).toContain("is its kid in the JWKS?");
		}
		expect(backend.asked).toBe(1);
		expect((await server.register(await signed(one))).status).toBe(201);
	});

	test("a key that was taken away is not believed for longer than ten minutes", async () => {
		const one = await newKey("one");
		backend.keys = [one];
		const server = await serverWith();
		expect((await server.register(await signed(one))).status).toBe(201);
		backend.keys = [await newKey("two")];
		setSystemTime(Date.now() + 601_000);
		expect((await server.register(await signed(one))).status).toBe(401);
	});

	test.each<[string, () => Response]>([
		["fails", () => new Response("no", { status: 500 })],
		["redirects", () => Response.redirect("http://127.0.0.1:1/elsewhere")],
		["sends no JSON", () => new Response("<html>")],
		["sends no JWKS", () => Response.json({ kids: [] })],
		["answers without end", endless],
		["sends more than a list of keys has", () => Response.json({ keys: [], more: " ".repeat(256 * 1024) })],
		["sends what is packed", packed],
	])("while that URL %s nobody is told that a JWT is bad", async (_, answer) => {
		backend.answer = answer;
		const key = await newKey("one");
		backend.keys = [key];
		const server = await serverWith();
		const away = await server.register(await signed(key));
		expect(away.status).toBe(503);
		expect(away.headers.get("Retry-After")).toMatch(/^\d+$/);
		expect(await away.text()).not.toContain("127.0.0.1");
		backend.answer = undefined;
		setSystemTime(Date.now() + 31_000);
		expect((await server.register(await signed(key))).status).toBe(201);
	});

	test("after a failure that URL is left alone for a while, however many come", async () => {
		backend.answer = () => new Response("no", { status: 500 });
		const key = await newKey("one");
		backend.keys = [key];
		const server = await serverWith();
		for (let i = 0; i < 5; i++) expect((await server.register(await signed(key))).status).toBe(503);
		expect(backend.asked).toBe(1);
		backend.answer = undefined;
		setSystemTime(Date.now() + 4_000);
		expect((await server.register(await signed(key))).status).toBe(503);
		expect(backend.asked).toBe(1);
		setSystemTime(Date.now() + 2_000);
		expect((await server.register(await signed(key))).status).toBe(201);
		expect(backend.asked).toBe(2);
	});

	test("meanwhile the keys that are known go on to count", async () => {
		const key = await newKey("one");
		backend.keys = [key];
		const server = await serverWith();
		expect((await server.register(await signed(key))).status).toBe(201);
		setSystemTime(Date.now() + 31_000);
		backend.answer = () => new Response("no", { status: 500 });
		for (let i = 0; i < 3; i++) {
			expect((await server.register(await signed(await newKey("stranger")))).status).toBe(503);
			expect((await server.register(await signed(key))).status).toBe(201);
		}
		expect(backend.asked).toBe(2);
	});

	test("of an answer without end no more is read than a list of keys may have", async () => {
		const ended = Promise.withResolvers<void>();
		let sent = 0;
		backend.answer = () => endless(ended.resolve, () => sent++);
		const server = await serverWith();
		expect((await server.register(await signed(await newKey("one")))).status).toBe(503);
		await ended.promise;
		// Pieces of 64 KiB; what is on its way counts too.
		expect(sent).toBeLessThan(512);
	});

	test("while nobody answers there neither", async () => {
		const server = await serverWith({ key: { jwksUrl: "http://127.0.0.1:1/jwks.json" } });
		expect((await server.register(await signed(await newKey("one")))).status).toBe(503);
	});

	test("what is no JWT never gets there", async () => {
		const server = await serverWith();
		for (const jwt of ["x", "a.b", "a.b.c", "..", "e30.e30.e30", "a".repeat(5000)])
			expect(await refusal(server, jwt)).toContain("no signed JWT");
		expect(backend.asked).toBe(0);
	});

	test("a JWT that names no key fits one of several only by its algorithm", async () => {
		const [one, two] = [await newKey("one"), await newKey("two", "RS256")];
		backend.keys = [one, two];
		const server = await serverWith();
		expect((await server.register(await signed(two, GOOD(), { kid: undefined }))).status).toBe(201);
		backend.keys = [one, await newKey("three")];
		const other = await serverWith();
		expect(await refusal(other, await signed(one, GOOD(), { kid: undefined }))).toContain("header kid");
	});

	test("a shared key in the JWKS is never used", async () => {
		const text = base64url.encode(SHARED);
		backend.answer = () => Response.json({ keys: [{ kty: "oct", k: text, kid: "one", alg: "HS256" }] });
		const server = await serverWith();
		expect(await refusal(server, await signedWith(SHARED))).toContain("algorithm");
	});
});

describe("what a JWT must say", () => {
	let server: Server;
	let key: SigningKey;
	beforeEach(async () => {
		key = await newKey("one");
		backend.keys = [key];
		server = await serverWith();
	});

	const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;

	test.each<[string, () => JWTPayload, string]>([
		["expired", () => ({ ...GOOD(), exp: seconds(-61) }), "It has expired"],
		["no expiry", () => ({ aud: AUDIENCE, iss: ISSUER }), "exp is missing"],
		["an expiry that is none", () => ({ ...GOOD(), exp: "tomorrow" as unknown as number }), "exp"],
		["not valid yet", () => ({ ...GOOD(), nbf: seconds(90) }), "clocks"],
		["another audience", () => ({ ...GOOD(), aud: "https://other.example" }), "REGISTRATION_JWT_AUDIENCE"],
		["no audience", () => ({ iss: ISSUER, exp: inAMinute() }), "REGISTRATION_JWT_AUDIENCE"],
		["another issuer", () => ({ ...GOOD(), iss: "https://other.example" }), "REGISTRATION_JWT_ISSUER"],
		["no issuer", () => ({ aud: AUDIENCE, exp: inAMinute() }), "REGISTRATION_JWT_ISSUER"],
		["an app that is no name", () => ({ ...GOOD(), app: 7 }), "name of an app"],
		["a list with one that is no name", () => ({ ...GOOD(), app: ["webpush", null] }), "name of an app"],
	])("%s: refused, and told why", async (_, claims, reason) => {
		expect(await refusal(server, await signed(key, claims()))).toContain(reason);
	});

	test("one of several audiences will do, and clocks may differ by a minute", async () => {
		const claims = {
			...GOOD(),
			aud: ["https://other.example", AUDIENCE],
			exp: seconds(-55),
			nbf: seconds(55),
		};
		expect((await server.register(await signed(key, claims))).status).toBe(201);
	});

	test("nothing of a claim is said before the signature was right", async () => {
		const stranger = { ...(await newKey("one")), kid: "one" };
		const detail = await refusal(server, await signed(stranger, { ...GOOD(), exp: 1, aud: "other" }));
		expect(detail).toContain("signature");
		expect(detail).not.toMatch(/expired|aud/);
	});

	test("no algorithm but the key's: none, a shared one over the public key, another curve", async () => {
		const [, payload = ""] = (await signed(key)).split(".");
		const none = `${base64url.encode(JSON.stringify({ alg: "none" }))}.${payload}.`;
		expect(await refusal(server, none)).toContain("algorithm");
		for (const text of [
			await exportSPKI(key.pair.publicKey),
			JSON.stringify(await exportJWK(key.pair.publicKey)),
		]) {
			const head = `${base64url.encode(JSON.stringify({ alg: "HS256", kid: "one" }))}.${payload}`;
			const mac = createHmac("sha256", text).update(head).digest("base64url");
			expect(await refusal(server, `${head}.${mac}`)).toContain("algorithm");
		}
		expect(await refusal(server, await signed({ ...(await newKey("one", "ES384")) }))).toContain("kid");
	});

	test("none at all: told where to get one", async () => {
		const answer = await server.register();
		expect(answer.status).toBe(401);
		expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="registration"');
		expect(await answer.text()).toContain("from its own backend");
	});

	test("the claim app limits for what", async () => {
		const apps = [
			{ name: "first", service: "webpush" as const },
			{ name: "second", service: "webpush" as const },
		];
		const two = await serverWith({}, { apps });
		const register = async (allowed: unknown, app: string) =>
			two.register(await signed(key, { ...GOOD(), app: allowed }), { app, subscription: subscription() });
		expect((await register("first", "first")).status).toBe(201);
		expect((await register(["first", "second"], "second")).status).toBe(201);
		const rows = await two.rows();
		for (const allowed of ["second", [], ["webpush"]]) {
			const answer = await register(allowed, "first");
			expect(answer.status).toBe(401);
			expect(await answer.text()).toContain("does not allow the app first");
		}
		expect(await two.rows()).toEqual(rows);
	});
});

describe("with one key", () => {
	const claims = { issuer: undefined as never };

	test("that is shared", async () => {
		const server = await serverWith({ key: { text: SHARED }, ...claims });
		expect((await server.register(await signedWith(SHARED))).status).toBe(201);
		await server.close();
		servers.length = 0;
		const fresh = await serverWith({ key: { text: SHARED } });
		expect(await refusal(fresh, await signedWith(`${SHARED}.`))).toContain("signature");
		expect(await refusal(fresh, await signedWith(`${SHARED}${SHARED}`, GOOD(), "HS512"))).toContain(
			"algorithm",
		);
		const { privateKey } = await generateKeyPair("ES256");
		const jwt = await new SignJWT(GOOD()).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
		expect(await refusal(fresh, jwt)).toContain("algorithm");
	});

	test.each(["ES256", "ES384", "ES512", "EdDSA", "RS256"])(
		"that is public, %s, as PEM and as JWK",
		async (alg) => {
			const key = await newKey("one", alg);
			const pem = await exportSPKI(key.pair.publicKey);
			for (const text of [pem, `\n${pem}\n`, JSON.stringify(await exportJWK(key.pair.publicKey))]) {
				const server = await serverWith({ key: { text } });
				// Theirs may name a kid, which says nothing here.
				expect((await server.register(await signed(key))).status).toBe(201);
				const jwt = await signedWith(text.trim());
				expect((await server.register(jwt)).status).toBe(401);
			}
		},
	);

	test("a JWK's own algorithm counts", async () => {
		const key = await newKey("one", "PS384");
		const text = JSON.stringify({ ...(await exportJWK(key.pair.publicKey)), alg: "PS384" });
		const server = await serverWith({ key: { text } });
		expect((await server.register(await signed(key))).status).toBe(201);
		expect(
			(await server.register(await signed({ ...key, alg: "PS384" }, GOOD(), { alg: "PS384" }))).status,
		).toBe(201);
	});

	test("that is none is refused at the start, with what it must be and without itself", async () => {
		const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
		const bad: [string, RegExp][] = [
			["too short a key", /at least 32 characters/],
			["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", /public key/],
			["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", /public key/],
			["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", /no key for/],
			["{ kty: EC }", /not JSON/],
			[JSON.stringify(await exportJWK(privateKey)), /public key/],
			[JSON.stringify({ kty: "oct", k: base64url.encode(SHARED) }), /public key/],
			[JSON.stringify({ ...(await exportJWK(publicKey)), alg: "HS256" }), /no key for/],
			[JSON.stringify({ ...(await exportJWK(publicKey)), alg: "none" }), /no key for/],
			[JSON.stringify({ kty: "EC", crv: "P-256" }), /no key for/],
			// What everybody may know must not be taken for a shared key.
			...(await Promise.all(
				["ES256", "EdDSA", "RS256"].map(async (alg): Promise<[string, RegExp]> => {
					const pem = await exportSPKI((await newKey("one", alg)).pair.publicKey);
					return [pem.replace(/-----.*-----/g, "").trim(), /with its lines -----BEGIN/];
				}),
			)),
			[`MIIC${"A".repeat(60)}`, /with its lines -----BEGIN/],
			["https://chat.example.net/.well-known/jwks.json", /REGISTRATION_JWKS_URL/],
			[JSON.stringify([await exportJWK(publicKey)]), /public key as PEM or JWK/],
			[`ssh-ed25519 ${"A".repeat(68)} backend`, /public key as PEM or JWK/],
		];
		for (const [text, reason] of bad) {
			const error = await createJwtCheck({ key: { text }, audience: [AUDIENCE] }, { fetch }).catch(
				(thrown: Error) => thrown,
			);
			if (!(error instanceof Error)) throw new Error(`taken: ${reason}`);
			expect(error.message).toMatch(reason);
			expect(error.message).not.toContain(text);
		}
	});
});

describe("the form API", () => {
	const fields = { type: "webpush", node: "device", token: "https://push.example/token-1" };

	test("takes it as bearer token and as the field access_token, and tells why not in lines", async () => {
		const server = await serverWith({ key: { text: SHARED } });
		const jwt = await signedWith(SHARED);
		const withHeader = await server.form("register", fields, { Authorization: `Bearer ${jwt}` });
		expect(await withHeader.text()).toMatch(/^OK\n/);
		expect(await (await server.form("register", { ...fields, access_token: jwt })).text()).toMatch(/^OK\n/);
		for (const [given, reason] of [
			[fields, /backend/],
			[{ ...fields, access_token: await signedWith(SHARED, { ...GOOD(), exp: 1 }) }, /expired/],
			[{ ...fields, access_token: await signedWith(SHARED, { ...GOOD(), app: "second" }) }, /app webpush/],
		] as const) {
			const answer = await server.form("register", given);
			expect(answer.status).toBe(403);
			expect(await answer.text()).toMatch(reason);
		}
	});
});

test("GET /services says that a JWT is needed", async () => {
	const server = await serverWith({ key: { text: SHARED } });
	expect(await (await server.json("GET", "/services")).json()).toMatchObject({ registration: "jwt" });
});

test("a registration's device secret, and no JWT, looks after it", async () => {
	const server = await serverWith({ key: { text: SHARED } });
	const jwt = await signedWith(SHARED);
	const made = (await (await server.register(jwt)).json()) as { node: string; deviceSecret: string };
	const { node, deviceSecret } = made;
	expect((await server.json("GET", `/registrations/${node}`, undefined, jwt)).status).toBe(404);
	expect((await server.json("GET", `/registrations/${node}`, undefined, deviceSecret)).status).toBe(200);
});

describe("of a valid JWT", () => {
	const ALPHABET = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "];

	test.each(["ES256", "HS256"])("signed with %s no random change is accepted", async (alg) => {
		const key = alg === "ES256" ? await newKey("one", alg) : undefined;
		const text = key ? await exportSPKI(key.pair.publicKey) : SHARED;
		const check = await createJwtCheck({ key: { text }, audience: [AUDIENCE], issuer: ISSUER }, { fetch });
		const claims = { ...GOOD(), exp: inAMinute() + 3600 };
		const jwt = key ? await signed(key, claims) : await signedWith(SHARED, claims);
		expect(await check(jwt)).toEqual({});
		const isRefused = async (changed: string) => {
			if (changed === jwt) return;
			const error: unknown = await check(changed).catch((thrown: unknown) => thrown);
			expect(error).toMatchObject({ kind: "registration-token-needed" });
		};
		const at = fc.nat(jwt.length - 1);
		const letter = fc.constantFrom(...ALPHABET);
		await fc.assert(
			fc.asyncProperty(at, letter, (i, to) => isRefused(jwt.slice(0, i) + to + jwt.slice(i + 1))),
			{ numRuns: 500 },
		);
		await fc.assert(fc.asyncProperty(at, letter, (i, to) => isRefused(jwt.slice(0, i) + to + jwt.slice(i))));
		await fc.assert(
			fc.asyncProperty(at, fc.nat(8), (i, n) => isRefused(jwt.slice(0, i) + jwt.slice(i + n + 1))),
		);
		// Whole claims, under the old signature.
		const [head = "", , signature = ""] = jwt.split(".");
		const claim = fc.record(
			{ aud: fc.constant(AUDIENCE), iss: fc.constant(ISSUER), exp: fc.integer(), app: fc.string() },
			{ requiredKeys: [] },
		);
		await fc.assert(
			fc.asyncProperty(claim, (other) =>
				isRefused(`${head}.${base64url.encode(JSON.stringify(other))}.${signature}`),
			),
		);
		// Every spelling of the last character.
		for (const last of ALPHABET) await isRefused(jwt.slice(0, -1) + last);
	});
});
