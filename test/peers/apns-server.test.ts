/**
 * The double of APNs: it takes what Apple takes, and refuses what Apple refuses in Apple's words.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createPrivateKey, sign } from "node:crypto";
import type { TeamKey } from "./apns-provider-token.ts";
import { type ApnsServer, startApnsServer } from "./apns-server.ts";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const TOKEN = "ab".repeat(32);
const clock = { now: NOW };
let server: ApnsServer;
let team: TeamKey;
let teams = 0;

beforeAll(async () => {
	server = await startApnsServer({ topics: ["net.example.app"], now: () => clock.now });
});
afterEach(() => {
	server.respondNormally();
	server.clear();
	clock.now = NOW;
});
afterAll(() => server.stop());

const encode = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");

/** A bearer token made by hand, right but for what is changed. */
function bearer(key: TeamKey, change: { header?: object; claims?: object; signature?: string } = {}): string {
	const header = encode({ alg: "ES256", kid: key.keyId, ...change.header });
	const claims = encode({ iss: key.teamId, iat: Math.floor(clock.now / 1000), ...change.claims });
	const by = { key: createPrivateKey(key.key), dsaEncoding: "ieee-p1363" } as const;
	const signature = sign("sha256", Buffer.from(`${header}.${claims}`), by).toString("base64url");
	return `bearer ${header}.${claims}.${change.signature ?? signature}`;
}

/** Sends a right push, but for what is changed. @returns status and Apple's word, such as `400 BadPriority` */
async function answer(
	headers: Record<string, string | undefined> = {},
	aps: unknown = { alert: "x" },
	to: { path?: string; method?: string; tls?: object; body?: string } = {},
): Promise<string> {
	teams += 1;
	team = server.createKey(`TEAM${teams}`, `KEY${teams}`);
	const all = {
		authorization: bearer(team),
		"apns-topic": "net.example.app",
		"apns-push-type": "alert",
		...headers,
	};
	const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
	const response = await fetch(`${server.url}${to.path ?? `/3/device/${TOKEN}`}`, {
		method: to.method ?? "POST",
		headers: given,
		body: to.body ?? JSON.stringify({ aps }),
		protocol: "http2",
		tls: { ca: server.ca, ...to.tls },
	});
	const text = await response.text();
	return text === "" ? String(response.status) : `${response.status} ${JSON.parse(text).reason}`;
}

test("a right push is taken, with its id", async () => {
	expect(await answer()).toBe("200");
	expect(server.pushes[0]).toMatchObject({ token: TOKEN, status: 200 });
	expect(
		await answer({ "apns-push-type": "background", "apns-priority": "5" }, { "content-available": 1 }),
	).toBe("200");
	expect(await answer({ "apns-push-type": "voip", "apns-topic": "net.example.app.voip" }, {})).toBe("200");
});

const background = { "apns-push-type": "background", "apns-priority": "5" };
const REFUSED: readonly [string, ...Parameters<typeof answer>][] = [
	["405 MethodNotAllowed", {}, undefined, { method: "PUT" }],
	["404 BadPath", {}, undefined, { path: "/4/device/ab" }],
	["400 MissingDeviceToken", {}, undefined, { path: "/3/device/" }],
	["400 BadDeviceToken", {}, undefined, { path: "/3/device/xyz" }],
	["400 BadDeviceToken", {}, undefined, { path: "/3/device/ABCD" }],
	["400 InvalidPushType", { "apns-push-type": undefined }],
	["400 InvalidPushType", { "apns-push-type": "silent" }],
	["400 MissingTopic", { "apns-topic": undefined }],
	["400 TopicDisallowed", { "apns-topic": "net.example.unknown" }],
	["400 TopicDisallowed", { "apns-topic": "net.example.app.voip" }],
	["400 TopicDisallowed", { "apns-push-type": "voip" }],
	["400 BadPriority", { "apns-priority": "9" }],
	["400 BadPriority", { ...background, "apns-priority": "10" }, { "content-available": 1 }],
	["400 BadExpirationDate", { "apns-expiration": "soon" }],
	["400 BadExpirationDate", { "apns-expiration": String(NOW) }],
	["400 BadExpirationDate", { "apns-expiration": "3600" }],
	["400 BadCollapseId", { "apns-collapse-id": "x".repeat(65) }],
	["400 BadMessageId", { "apns-id": "123E4567-E89B-12D3-A456-4266554400A0" }],
	["400 PayloadEmpty", {}, undefined, { body: "" }],
	["400 PayloadEmpty", {}, undefined, { body: "{}" }],
	["400 PayloadEmpty", {}, { sound: "default" }],
	["400 PayloadEmpty", {}, { alert: "x", "mutable-content": "1" }],
	["400 PayloadEmpty", background, { "content-available": 1, alert: "x" }],
	["400 PayloadEmpty", background, { "content-available": 1, sound: "x" }],
	["400 PayloadEmpty", background, { "content-available": true }],
	["413 PayloadTooLarge", {}, { alert: "x".repeat(4096) }],
	[
		"413 PayloadTooLarge",
		{ "apns-push-type": "voip", "apns-topic": "net.example.app.voip" },
		{ x: "x".repeat(5120) },
	],
];

test.each(REFUSED.map(([said, ...wrong]) => ({ said, wrong })))("$said", async ({ said, wrong }) => {
	expect(await answer(...wrong)).toBe(said);
	expect(server.accepted.size).toBe(0);
});

describe("a provider token", () => {
	test("must be there, signed by the key it names, of its team, and of now", async () => {
		const key = server.createKey("TEAM-A", "KEY-A");
		const other = server.createKey("TEAM-B", "KEY-B");
		const said = (authorization: string | undefined) => answer({ authorization });
		const seconds = (minutes: number) => Math.floor((NOW + minutes * MINUTE) / 1000);
		expect(await said(undefined)).toBe("403 MissingProviderToken");
		expect(await said("bearer x")).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key).replace("bearer", "basic"))).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key, { header: { alg: "none" } }))).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key, { header: { kid: "KEY-B" } }))).toBe("403 InvalidProviderToken");
		expect(await said(bearer({ ...key, teamId: other.teamId }))).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key, { signature: "AAAA" }))).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key, { claims: { iat: undefined } }))).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key, { claims: { iat: seconds(10) } }))).toBe("403 InvalidProviderToken");
		expect(await said(bearer(key, { claims: { iat: seconds(-61) } }))).toBe("403 ExpiredProviderToken");
		expect(await said(bearer(key, { claims: { iat: seconds(-59) } }))).toBe("200");
	});

	test("may be another only after 20 minutes", async () => {
		const key = server.createKey("TEAM-C", "KEY-C");
		const first = bearer(key);
		expect(await answer({ authorization: first })).toBe("200");
		expect(await answer({ authorization: bearer(key) })).toBe("429 TooManyProviderTokenUpdates");
		expect(await answer({ authorization: first })).toBe("200");
		clock.now += 20 * MINUTE;
		expect(await answer({ authorization: bearer(key) })).toBe("200");
	});

	test("is not needed with a certificate, unless that is someone else's", async () => {
		const unsigned = { authorization: undefined };
		expect(await answer(unsigned, undefined, { tls: server.client })).toBe("200");
		const stranger = await startApnsServer({ topics: ["net.example.stranger"] });
		expect(await answer(unsigned, undefined, { tls: stranger.client })).toBe("403 MissingProviderToken");
		await stranger.stop();
	});
});

test("answers can be programmed: for all, for some, for one device", async () => {
	server.respondWith({ status: 503, reason: "Shutdown", times: 1 });
	expect([await answer(), await answer()]).toEqual(["503 Shutdown", "200"]);
	server.respondWith({ status: 503, reason: "Shutdown" });
	const undo = server.respondWith({ status: 410, reason: "Unregistered", token: TOKEN });
	expect(await answer()).toBe("410 Unregistered");
	undo();
	expect(await answer()).toBe("503 Shutdown");
});

test("HTTP/1.1 is not spoken", async () => {
	await expect(fetch(server.url, { tls: { ca: server.ca } })).rejects.toThrow();
});

test("waiting in vain says what came instead", async () => {
	await answer({ "apns-priority": "9" });
	await expect(server.waitForPush(undefined, 20)).rejects.toThrow(`${TOKEN}: BadPriority 9`);
});
