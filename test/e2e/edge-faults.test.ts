/**
 * What goes wrong at an edge: settings, the database, the clients. Each request is answered in words, whoever can
 * mend it reads what to do, and nothing is left over when it is mended.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createClient } from "@libsql/client/web";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { bundleWorker, type Edge, type EdgeOptions, type WorkerBundle } from "../peers/edge.ts";
import { type Registered, startReveille } from "../peers/reveille.ts";
import { startSqld } from "../peers/sqld.ts";
import { startWorkerd } from "../peers/workerd.ts";
import {
	type Asking,
	asker,
	type EdgeScene,
	openEdgeScene,
	SECRET_KEY,
	TOKEN,
	vapidPair,
} from "./edge-scene.ts";

let bundle: WorkerBundle;
let scene: EdgeScene;
beforeAll(async () => {
	bundle = await bundleWorker();
	// Nobody connects to XMPP here: a process of its own makes the tables, and ends.
	scene = await openEdgeScene({ start: startWorkerd, bundle });
	await tables(scene.sqld.httpUrl);
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	bundle?.remove();
}, 60_000);

const extra: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const stop of extra.splice(0)) await stop();
}, 30_000);

/** The tables of this version, made as a connector makes them; keys stay unknown. */
async function tables(url: string, token?: string) {
	const maker = await startReveille({
		settings: {
			DATABASE_URL: url,
			DATABASE_AUTH_TOKEN: token,
			SECRET_KEY,
			VAPID_PRIVATE_KEY: (await vapidPair()).privateKey,
		},
	});
	await maker.stop();
	const database = createClient({ url, ...(token !== undefined && { authToken: token }) });
	await database.execute("DELETE FROM facts");
}

/** Another edge; what is `undefined` is not set. */
async function edgeWith(bindings: EdgeOptions["bindings"]) {
	const edge: Edge = await startWorkerd({ bundle, bindings: { ...scene.bindings, ...bindings } });
	extra.push(() => edge.stop());
	return { edge, ask: asker(() => edge.url) };
}

interface Told {
	type: string;
	detail: string;
}
const told = async (answer: Response) => (await answer.json()) as Told;
const subscription = (url: string) => ({
	endpoint: url,
	keys: {
		p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
		auth: "BTBZMqHH6r4Tts7J_aSIgg",
	},
});
const REGISTRATIONS = "/api/v1/registrations";
const registering = (url = "https://updates.push.services.mozilla.com/wpush/v2/abc", more: Asking = {}) => ({
	token: TOKEN,
	json: { subscription: subscription(url) },
	...more,
});

describe("settings that do not work", () => {
	test.each<[string, EdgeOptions["bindings"], string[]]>([
		[
			"nothing at all",
			Object.fromEntries(Object.keys({ ...bindingNames() }).map((name) => [name, undefined])),
			["XMPP_ADDRESS is missing", "SECRET_KEY is missing", "VAPID_PUBLIC_KEY is missing", "DATABASE_URL is"],
		],
		["a file for a database", { DATABASE_URL: "file:data/reveille.db" }, ["DATABASE_URL must be a URL"]],
		["a socket for a database", { DATABASE_URL: "wss://db.example" }, ["DATABASE_URL must be a URL"]],
		["a host that is none", { WEBPUSH_ALLOW_HOSTS: "a b/c" }, ["WEBPUSH_ALLOW_HOSTS: ", "is not a host"]],
		["a number out of range", { PUSH_TTL_S: 5 }, ["PUSH_TTL_S must be a whole number from 60"]],
		[
			"a key that is none",
			{ VAPID_PUBLIC_KEY: undefined, VAPID_PRIVATE_KEY: "not a key" },
			["VAPID_PRIVATE_KEY: ", "PKCS#8"],
		],
		["apps that are none", { APPS: "[{]" }, ["APPS"]],
	])("%s: each request says which, and so does the log", async (_, bindings, sentences) => {
		const { edge, ask } = await edgeWith(bindings);
		for (const path of ["/health", REGISTRATIONS]) {
			const answer = await ask("POST", path, registering());
			expect(answer.status).toBe(503);
			expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
			expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
			const { type, detail } = await told(answer);
			expect(type).toBe("/docs#problem-not-configured");
			for (const sentence of sentences) expect(detail).toContain(sentence);
			expect(edge.log()).toContain(detail.split("\n").at(-1)?.trim() ?? "nothing");
			expect(detail + edge.log()).not.toContain(SECRET_KEY);
		}
	});

	test("a name that is no setting is logged once, not at each request", async () => {
		const { edge, ask } = await edgeWith({ XMPP_ADRESS: "push@example.org/push" });
		for (let i = 0; i < 5; i++) expect((await ask("GET", "/health")).status).toBe(200);
		expect(edge.log().split("did you mean XMPP_ADDRESS?")).toHaveLength(3); // the message, and its properties
	});
});

/** What openEdgeScene sets: known before it has. */
function bindingNames() {
	const DATABASE_URL = 1;
	const [SECRET_KEY, VAPID_PUBLIC_KEY, XMPP_ADDRESS, REGISTRATION_TOKEN] = [1, 1, 1, 1];
	return { DATABASE_URL, SECRET_KEY, VAPID_PUBLIC_KEY, XMPP_ADDRESS, REGISTRATION_TOKEN };
}

describe("a database that is not the right one", () => {
	const refusedBy = async (bindings: EdgeOptions["bindings"]) => {
		const { edge, ask } = await edgeWith(bindings);
		const answer = await ask("POST", REGISTRATIONS, registering());
		expect(answer.status).toBe(503);
		const { type, detail } = await told(answer);
		expect(type).toBe("/docs#problem-not-configured");
		expect(await (await ask("GET", "/ready")).json()).toEqual({ ready: false, database: detail });
		expect((await ask("GET", "/health")).status).toBe(200);
		expect(edge.log()).toContain("The database failed");
		return { detail, ask };
	};

	test("has another key: no secret is given out that the connector would not know", async () => {
		await scene.ask("POST", REGISTRATIONS, registering());
		const { detail } = await refusedBy({
			SECRET_KEY: "another key, of thirty-two characters at least".replaceAll(/[ ,]/g, "-"),
		});
		expect(detail).toStartWith("SECRET_KEY is not the key");
	});

	test("has another VAPID key: no browser subscribes for pushes that could not be sent", async () => {
		await scene.ask("POST", REGISTRATIONS, registering());
		const { detail } = await refusedBy({ VAPID_PUBLIC_KEY: (await vapidPair()).publicKey });
		expect(detail).toStartWith("The VAPID key is not the one");
	});

	test("has no tables yet: they are there once a connector has started, and so is the edge", async () => {
		const sqld = await startSqld();
		extra.push(() => sqld.stop());
		const { detail, ask } = await refusedBy({ DATABASE_URL: sqld.httpUrl });
		expect(detail).toContain("Start a connector of this version first");
		await tables(sqld.httpUrl);
		expect((await ask("POST", REGISTRATIONS, registering())).status).toBe(201);
	}, 30_000);

	test("wants a token that it is not given", async () => {
		const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
		const sqld = await startSqld({ jwtKey: (await exportJWK(publicKey)).x ?? "" });
		extra.push(() => sqld.stop());
		const given = await new SignJWT({}).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey);
		await tables(sqld.httpUrl, given);
		const { detail } = await refusedBy({ DATABASE_URL: sqld.httpUrl, DATABASE_AUTH_TOKEN: "e.y.J" });
		expect(detail).toBe("The database refuses DATABASE_AUTH_TOKEN.");
		const { ask } = await edgeWith({ DATABASE_URL: sqld.httpUrl, DATABASE_AUTH_TOKEN: given });
		expect((await ask("POST", REGISTRATIONS, registering())).status).toBe(201);
	}, 30_000);

	test("is newer: what was added is left alone, in a fresh edge and in one that was there before", async () => {
		await scene.database.execute("ALTER TABLE registrations ADD COLUMN mood TEXT NOT NULL DEFAULT 'fine'");
		await scene.database.execute("CREATE TABLE moods (name TEXT)");
		const { ask } = await edgeWith({});
		for (const asked of [scene.ask, ask]) {
			const made = await asked("POST", REGISTRATIONS, registering());
			expect(made.status).toBe(201);
			const { node, deviceSecret: token } = (await made.json()) as Registered;
			expect((await asked("GET", `${REGISTRATIONS}/${node}`, { token })).status).toBe(200);
			const row = await scene.database.execute({
				sql: "SELECT mood FROM registrations WHERE node = ?",
				args: [node],
			});
			expect(row.rows[0]?.mood).toBe("fine");
		}
	}, 30_000);
});

describe("a database that is away", () => {
	const answers = async (ask: EdgeScene["ask"]) => {
		const answer = await ask("POST", REGISTRATIONS, registering());
		expect(answer.status).toBe(503);
		expect(answer.headers.get("Retry-After")).toBe("10");
		expect((await told(answer)).type).toBe("/docs#problem-unavailable");
		const form = {
			type: "webpush",
			node: "a",
			token: "https://fcm.googleapis.com/fcm/send/a",
			access_token: TOKEN,
		};
		const lines = await ask("POST", "/push_appserver/v1/register", { form });
		expect(lines.status).toBe(503);
		expect(lines.headers.get("Retry-After")).toBe("10");
		expect(await lines.text()).toStartWith("ERROR");
		expect((await ask("GET", "/health")).status).toBe(200);
		expect((await ask("GET", "/ready")).status).toBe(503);
	};

	test("503 with Retry-After from one that knew it and from a fresh one; both recover by themselves", async () => {
		expect((await scene.ask("POST", REGISTRATIONS, registering())).status).toBe(201);
		const fresh = await edgeWith({});
		await scene.sqld.kill9();
		await answers(scene.ask);
		await answers(fresh.ask);
		await scene.sqld.start();
		for (const ask of [scene.ask, fresh.ask]) {
			expect((await ask("POST", REGISTRATIONS, registering())).status).toBe(201);
			expect((await ask("GET", "/ready")).status).toBe(200);
		}
	}, 30_000);

	test("one that hangs is given up, and holds up nobody afterwards", async () => {
		const fresh = await edgeWith({});
		await scene.sqld.pause();
		try {
			// More than any pool of connections has places; their clients do not wait.
			const impatient = [scene.ask, fresh.ask].flatMap((ask) =>
				Array.from({ length: 40 }, () =>
					ask("POST", REGISTRATIONS, registering(undefined, { signal: AbortSignal.timeout(300) })),
				),
			);
			const left = await Promise.allSettled(impatient);
			expect(left.map(({ status }) => status)).not.toContain("fulfilled");
			const began = performance.now();
			const patient = await Promise.all(
				[scene.ask, fresh.ask].map((ask) => ask("POST", REGISTRATIONS, registering())),
			);
			expect(patient.map(({ status }) => status)).toEqual([503, 503]);
			expect(performance.now() - began).toBeLessThan(15_000);
		} finally {
			scene.sqld.resume();
		}
		for (const ask of [scene.ask, fresh.ask]) {
			expect((await ask("POST", REGISTRATIONS, registering())).status).toBe(201);
		}
	}, 60_000);
});

test("a database that answers without end is let go of, and is as one that is away", async () => {
	const pulled: number[] = [];
	const endless = Bun.serve({
		port: 0,
		hostname: "127.0.0.1",
		fetch: () => {
			const at = pulled.push(0) - 1;
			const stream = new ReadableStream({
				pull(controller) {
					pulled[at] = (pulled[at] ?? 0) + 1;
					controller.enqueue(new Uint8Array(65_536).fill(0x20));
				},
			});
			return new Response(stream, { headers: { "Content-Type": "application/json" } });
		},
	});
	extra.push(() => endless.stop(true));
	const { edge, ask } = await edgeWith({ DATABASE_URL: `http://127.0.0.1:${endless.port}` });
	for (let i = 0; i < 3; i++) expect((await ask("POST", REGISTRATIONS, registering())).status).toBe(503);
	expect((await ask("GET", "/ready")).status).toBe(503);
	expect(edge.log()).toContain("The answer is longer than");
	// In pieces of 64 KiB: 4 MiB are read, and some are on their way.
	for (const pieces of pulled) expect(pieces).toBeLessThan(1024);
}, 30_000);

test("who comes first, all at once, is answered, each of them", async () => {
	const { ask } = await edgeWith({});
	const answers = await Promise.all(
		Array.from({ length: 40 }, () => ask("POST", REGISTRATIONS, registering())),
	);
	expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
	const nodes = await Promise.all(
		answers.map(async (answer) => ((await answer.json()) as { node: string }).node),
	);
	expect(new Set(nodes).size).toBe(40);
}, 30_000);

describe("endpoints", () => {
	test("are registered only if they are on the list: nothing is resolved at an edge", async () => {
		const { ask } = await edgeWith({ WEBPUSH_ALLOW_PRIVATE: undefined, WEBPUSH_ALLOW_HOSTS: "ntfy.example" });
		const statusOf = async (url: string) => (await ask("POST", REGISTRATIONS, registering(url))).status;
		for (const url of [
			"https://web.push.apple.com/abc",
			"https://fcm.googleapis.com/fcm/send/abc",
			"https://ntfy.example/upAbc?up=1",
		])
			expect(await statusOf(url)).toBe(201);
		for (const url of [
			"https://elsewhere.example/abc",
			"https://ntfy.example:8443/upAbc",
			"http://ntfy.example/upAbc",
			"https://127.0.0.1/abc",
			"https://0x7f.1/abc",
			"https://[::1]/abc",
			"https://localhost/abc",
			"https://ntfy.example@evil.example/abc",
			"https://ntfy.example.evil.example/abc",
		])
			expect(await statusOf(url)).toBe(422);
	}, 30_000);

	test("count for the network that registers them, as the platform tells it", async () => {
		const { ask } = await edgeWith({ MAX_REGISTRATIONS_PER_ADDRESS: 1 });
		const statusFrom = async (from: string) =>
			(await ask("POST", REGISTRATIONS, registering(undefined, { from }))).status;
		expect(await statusFrom("2001:db8:ffff::1")).toBe(201);
		expect(await statusFrom("2001:db8:ffff::2")).toBe(429);
		expect(await statusFrom("2001:db8:fffe::1")).toBe(201);
	}, 30_000);
});
