/**
 * APNs: the contract of a push service, Apple's rules over HTTP/2 and TLS, what the provider token costs, and which
 * devices may register.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHttp2Fetch } from "../../../src/bun/fetch/http2.ts";
import { checkApns, createApns } from "../../../src/services/apns/apns.ts";
import { createProviderTokens, importApnsKey } from "../../../src/services/apns/provider-tokens.ts";
import type { Fetch } from "../../../src/services/exchange.ts";
import { type DeviceInput, InvalidDevice, type Notification, type PushService } from "../../../src/types.ts";
import type { ApnsServer } from "../../peers/apns-server.ts";
import { describeService } from "../service-contract.ts";
import { pushTo, TOKEN, VOIP_TOKEN } from "./pushes.ts";
import { type Scene, START, startScene, TOPIC } from "./scene.ts";

const MINUTE = 60_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const message: Notification = { class: "high", count: 1, sender: "romeo@example.net", body: "What light…" };
let scene: Scene;
let server: ApnsServer;

beforeAll(async () => {
	scene = await startScene();
	server = scene.server;
});
afterEach(() => scene.reset());
afterAll(() => server.stop());

const soon = () => AbortSignal.timeout(5000);

describeService("APNs", {
	async create(origin, at) {
		const { privateKey } = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
			"sign",
			"verify",
		])) as CryptoKeyPair;
		const tokens = createProviderTokens({ key: privateKey, keyId: "K", teamId: "T", now: at });
		const credentials = { kind: "token", tokens } as const;
		const service = createApns({ credentials, topic: TOPIC, url: origin, fetch: globalThis.fetch, now: at });
		return { service, push: pushTo(TOKEN, message) };
	},
	answers: {
		delivered: { status: 200, headers: { "apns-id": "123e4567-e89b-12d3-a456-4266554400a0" } },
		deadToken: { status: 410, body: '{"reason":"Unregistered","timestamp":1454948015990}' },
		tooMany: (retryAfter) => ({
			status: 429,
			headers: { "retry-after": retryAfter },
			body: '{"reason":"TooManyRequests"}',
		}),
		unwell: { status: 503, body: '{"reason":"ServiceUnavailable"}' },
		wrongCredentials: { status: 403, body: '{"reason":"InvalidProviderToken"}' },
	},
	wrongCredentials: "misconfigured",
	nonsenseToken: "rejected",
});

describe("Apple's rules", () => {
	test.each(["voip", "event", "high", "low"] as const)("take a push of class %s", async (pushClass) => {
		const service = await scene.service();
		const device = { token: TOKEN, voipToken: VOIP_TOKEN };
		const outcome = await service.send(pushTo(device, { ...message, class: pushClass }), soon());
		const { id } = await server.waitForPush();
		expect(id).toMatch(UUID);
		expect(outcome).toEqual({ kind: "delivered", id });
	});

	test("take what is far too long, cut", async () => {
		const service = await scene.service();
		for (const pushClass of ["voip", "high", "low"] as const) {
			const long: Notification = { class: pushClass, body: "ä".repeat(20_000), sender: "x".repeat(3000) };
			const push = pushTo({ token: TOKEN, voipToken: VOIP_TOKEN }, long);
			expect(await service.send(push, soon())).toMatchObject({ kind: "delivered" });
		}
	});

	test("take a client certificate in place of a token", async () => {
		const certified = createHttp2Fetch({ ca: server.ca, ...server.client });
		const service = await scene.service({ credentials: { kind: "certificate" }, fetch: certified });
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject({ kind: "delivered" });
		expect((await server.waitForPush()).headers).not.toHaveProperty("authorization");
		const unshown = await scene.service({ credentials: { kind: "certificate" } });
		expect(await unshown.send(pushTo(TOKEN, message), soon())).toMatchObject({
			kind: "misconfigured",
			reason: expect.stringContaining("MissingProviderToken"),
		});
	});

	test("do not take HTTP/1.1", async () => {
		const old: Fetch = (url, init) => globalThis.fetch(url, { ...init, tls: { ca: server.ca } });
		const outcome = await (await scene.service({ fetch: old })).send(pushTo(TOKEN, message), soon());
		expect(outcome.kind).toBe("retry");
		expect(server.pushes.length).toBe(0);
	});
});

describe("the provider token", () => {
	test("is one for all pushes of two apps, and another after 45 minutes", async () => {
		const credentials = { kind: "token", tokens: await scene.newTeam() } as const;
		const apps = [
			await scene.service({ credentials }),
			await scene.service({ credentials, topic: "net.example.other" }),
		];
		const headers = async () => {
			server.clear();
			const pushes = Array.from({ length: 200 }, (_, i) => apps[i % 2]?.send(pushTo(TOKEN, message), soon()));
			for (const outcome of await Promise.all(pushes)) expect(outcome).toMatchObject({ kind: "delivered" });
			return new Set(server.pushes.map((push) => push.headers.authorization));
		};
		const first = await headers();
		expect(first.size).toBe(1);
		scene.clock.now = START + 45 * MINUTE - 1;
		expect(await headers()).toEqual(first);
		scene.clock.now = START + 45 * MINUTE;
		const second = await headers();
		expect(second.size).toBe(1);
		expect(second).not.toEqual(first);
	});

	test("is made anew once when Apple calls it expired, for the same push", async () => {
		const service = await scene.service();
		await service.send(pushTo(TOKEN, message), soon());
		server.clear();
		scene.clock.now += 20 * MINUTE;
		server.respondWith({ status: 403, reason: "ExpiredProviderToken", times: 1 });
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject({ kind: "delivered" });
		const [one, other] = server.pushes;
		expect(one?.headers.authorization).not.toBe(other?.headers.authorization);
		expect(one?.id).toBe(other?.id ?? "");
	});

	test("that is called expired again, or too early, is our fault, after two requests at most", async () => {
		const service = await scene.service();
		server.respondWith({ status: 403, reason: "ExpiredProviderToken" });
		const tooOld = { kind: "misconfigured", reason: expect.stringContaining("ExpiredProviderToken") };
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject(tooOld);
		expect(server.pushes.length).toBe(1);
		scene.clock.now += 20 * MINUTE;
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject(tooOld);
		expect(server.pushes.length).toBe(3);
	});

	test("is kept when Apple has seen too many", async () => {
		const service = await scene.service();
		server.respondWith({ status: 429, reason: "TooManyProviderTokenUpdates", times: 1 });
		scene.clock.now += 30 * MINUTE;
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject({ kind: "retry" });
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject({ kind: "delivered" });
		expect(new Set(server.pushes.map((push) => push.headers.authorization)).size).toBe(1);
	});

	test("that cannot be had means nothing is sent, and it is our fault", async () => {
		const service = await scene.service({ credentials: undefined });
		expect(service.parseDevice({ token: TOKEN })).toEqual({ token: TOKEN });
		const outcome = await service.send(pushTo(TOKEN, message), soon());
		expect(outcome).toEqual({ kind: "misconfigured", reason: "no APNs key or certificate" });
		expect(server.pushes.length).toBe(0);
	});
});

describe("credentials are checked without a push", () => {
	test("those that Apple takes are good", async () => {
		server.respondWith({ status: 400, reason: "BadDeviceToken" });
		expect(await checkApns(await scene.options(), soon())).toEqual({ kind: "delivered" });
		expect(server.pushes.map(({ token }) => token)).toEqual(["00".repeat(32)]);
	});

	test("of others it is said what is wrong", async () => {
		const topic = await scene.options({ topic: "net.example.unknown" });
		expect(await checkApns(topic, soon())).toMatchObject({ kind: "misconfigured" });
		const { key } = server.createKey("TEAM-X", "KEY-X");
		const tokens = createProviderTokens({
			key: await importApnsKey(key),
			keyId: "KEY-Y",
			teamId: "TEAM-X",
			now: () => scene.clock.now,
		});
		expect(
			await checkApns(await scene.options({ credentials: { kind: "token", tokens } }), soon()),
		).toMatchObject({
			kind: "misconfigured",
			reason: expect.stringContaining("InvalidProviderToken"),
		});
		const away = await scene.options({ url: "https://localhost:1" });
		expect(await checkApns(away, soon())).toMatchObject({ kind: "retry" });
	});
});

test.each([
	[false, "https://api.push.apple.com"],
	[true, "https://api.sandbox.push.apple.com"],
])("with sandbox %p pushes go to %s", async (sandbox, origin) => {
	const asked: string[] = [];
	const recorded: Fetch = async (url) => {
		asked.push(url);
		return new Response(null);
	};
	const service = await scene.service({ url: undefined, sandbox, fetch: recorded });
	await service.send(pushTo(TOKEN, message), soon());
	expect(asked).toEqual([`${origin}/3/device/${TOKEN}`]);
});

test("an alert that cannot be shown is refused at start", async () => {
	for (const alert of [{ text: "" }, { locKey: "" }, { text: "ä".repeat(513) }])
		await expect(scene.service({ alert })).rejects.toThrow(/^The alert is/);
});

describe("a device that registers", () => {
	let service: PushService;
	beforeAll(async () => {
		service = await scene.service();
	});

	test("is a token, in lower case, of whatever length, perhaps with one of PushKit", () => {
		for (const token of ["ab12", TOKEN, "f".repeat(400)])
			expect(service.parseDevice({ token })).toEqual({ token });
		const shouted = { token: TOKEN.toUpperCase(), voipToken: VOIP_TOKEN.toUpperCase() };
		expect(service.parseDevice(shouted)).toEqual({ token: TOKEN, voipToken: VOIP_TOKEN });
		expect(service.parseDevice({ token: TOKEN, voipToken: "", auth: "", p256dh: undefined })).toEqual({
			token: TOKEN,
		});
		expect(service.hostOf?.({ token: TOKEN })).toBeUndefined();
	});

	test.each<[string, DeviceInput, RegExp]>([
		["nothing", {}, /token is missing/],
		["a PushKit token alone", { voipToken: VOIP_TOKEN }, /token is missing/],
		["one byte", { token: "ab" }, /token must be 2 to 200 bytes/],
		["half a byte", { token: "abc" }, /token must be/],
		["201 bytes", { token: "ab".repeat(201) }, /token must be/],
		["what is not hexadecimal", { token: "zz".repeat(32) }, /token must be/],
		["the description of an NSData", { token: "<ab12 cd34>" }, /without blanks or brackets/],
		["a path", { token: "../../ab" }, /token must be/],
		["a line's end", { token: "ab12\n" }, /token must be/],
		["other digits", { token: "１２３４" }, /token must be/],
		["a PushKit token that is none", { token: TOKEN, voipToken: "call me" }, /voipToken must be/],
		["a key of Web Push", { token: TOKEN, p256dh: "AAAA" }, /no use for p256dh and auth/],
		["a secret of Web Push", { token: TOKEN, auth: "AAAA" }, /no use for p256dh and auth/],
	])("is refused with a sentence for %s", (_, input, sentence) => {
		expect(() => service.parseDevice(input)).toThrow(InvalidDevice);
		expect(() => service.parseDevice(input)).toThrow(sentence);
	});
});
