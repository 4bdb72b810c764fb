/**
 * WNS: the table of answers row by row over a real socket, and the whole way against a double with its rules.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Fetch } from "../../../src/services/exchange.ts";
import { createWns, type WnsCredentials } from "../../../src/services/wns/wns.ts";
import type { Notification, Push } from "../../../src/types.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { startWnsServer } from "../../peers/wns-server.ts";
import { readToast } from "../../peers/wns-server-rules.ts";
import { describeAnswers } from "../answers-contract.ts";
import { type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { pushTo } from "../webpush/pushes.ts";
import { ROWS, WELL } from "./answer-rows.ts";

const NOW = Date.UTC(2026, 0, 1);
const TOKEN_URL = "https://token.example/";
const credentials: WnsCredentials = { kind: "sid", packageSid: "ms-app://s-1", clientSecret: "s" };
const message: Notification = { class: "high", count: 1, sender: "romeo@example.net", body: "What light…" };
const channelAt = (origin: string) => `${origin}/?token=SecretToken`;
const send = (service: ReturnType<typeof createWns>, push: Push) =>
	service.send(push, AbortSignal.timeout(5000));

/** A `fetch` that needs no token endpoint, so that all requests are pushes. */
const withToken: Fetch = async (url, init) =>
	url === TOKEN_URL ? Response.json({ access_token: "bearer", expires_in: "86399" }) : fetch(url, init);
const serviceWith = (options: Partial<Parameters<typeof createWns>[0]> = {}) =>
	createWns({
		credentials,
		type: "raw",
		policy: { allowPrivate: true },
		tokenUrl: TOKEN_URL,
		alert: { text: "New message" },
		fetch: withToken,
		now: () => NOW,
		...options,
	});
describeService("WNS", {
	async create(origin, now) {
		return { service: serviceWith({ now }), push: pushTo(channelAt(origin), message) };
	},
	answers: {
		delivered: WELL,
		deadToken: { status: 410 },
		tooMany: (retryAfter) => ({ status: 406, headers: { "retry-after": retryAfter } }),
		unwell: { status: 503 },
		wrongCredentials: { status: 401 },
	},
	wrongCredentials: "misconfigured",
	nonsenseToken: "rejected",
});

describeAnswers(ROWS, NOW, (origin) => send(serviceWith(), pushTo(channelAt(origin), message)));

describe("an answer over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	afterAll(() => double[Symbol.asyncDispose]());

	test("whose words behind the status say that our domain is blocked costs no channel", async () => {
		const blocking: Fetch = async (url, init) =>
			url === TOKEN_URL
				? withToken(url, init)
				: new Response(null, { status: 410, statusText: "Domain Blocked" });
		const outcome = await send(serviceWith({ fetch: blocking }), pushTo(channelAt(double.origin), message));
		expect(outcome.kind).toBe("misconfigured");
	});

	test("comes to a POST that says its length, and that it wants to know", async () => {
		double.answer(WELL);
		const before = double.received.length;
		await send(serviceWith(), pushTo(channelAt(double.origin), message));
		const [request] = double.received.slice(before);
		expect(request).toMatchObject({ method: "POST", path: "/?token=SecretToken" });
		expect(request?.headers).toMatchObject({
			authorization: "Bearer bearer",
			"content-length": String(request?.body.length),
			"content-type": "application/octet-stream",
			"x-wns-type": "wns/raw",
			"x-wns-requestforstatus": "true",
		});
	});

	test("is never asked of a channel that may not be any more: our access token stays here", async () => {
		const before = double.received.length;
		const policy = { allowPrivate: false };
		for (const channel of [channelAt(double.origin), "https://evil.example/?token=x"])
			expect((await send(serviceWith({ policy }), pushTo(channel, message))).kind).toBe("rejected");
		expect(double.received.length).toBe(before);
	});
});

describe.each(["sid", "entra"] as const)("against the rules of WNS, as an app of kind %s", (kind) => {
	const peer = startWnsServer({ kind });
	beforeEach(() => peer.clear());
	afterEach(() => peer.respondNormally());
	afterAll(() => peer.stop());
	const at = { fetch, now: Date.now, tokenUrl: peer.tokenUrl, credentials: peer.credentials };

	test("every class arrives with all that was published", async () => {
		const channel = peer.createChannel();
		for (const pushClass of ["voip", "event", "high", "low"] as const)
			for (const ttl of [0, 3600, 1e12]) {
				const push = pushTo(channel, { ...message, class: pushClass }, ttl);
				expect(await send(serviceWith(at), push)).toMatchObject({
					kind: "delivered",
					id: expect.any(String),
				});
				const { node } = push.registration;
				expect(JSON.parse((await peer.waitForPush()).body)).toEqual({ ...push.notification, node });
			}
	});

	test("a toast shows what was written, and what it would be wrong for goes as raw", async () => {
		const channel = peer.createChannel();
		for (const [pushClass, type] of [
			["voip", "wns/toast"],
			["high", "wns/toast"],
			["event", "wns/raw"],
			["low", "wns/raw"],
		] as const) {
			const push = pushTo(channel, { ...message, class: pushClass });
			expect((await send(serviceWith({ ...at, type: "toast" }), push)).kind).toBe("delivered");
			const { headers, body } = await peer.waitForPush();
			expect(headers.get("x-wns-type")).toBe(type);
			if (type === "wns/toast")
				expect(readToast(body)).toEqual({
					launch: push.registration.node,
					lines: ["romeo@example.net", "What light…"],
				});
		}
	});

	test("many first pushes ask for one access token, and a 401 in the middle for one more", async () => {
		const wns = serviceWith(at);
		const channel = peer.createChannel();
		const all = async () => {
			const before = peer.tokenRequests.length;
			const pushes = Array.from({ length: 200 }, () => send(wns, pushTo(channel, message)));
			for (const { kind } of await Promise.all(pushes)) expect(kind).toBe("delivered");
			return peer.tokenRequests.slice(before);
		};
		expect(await all()).toEqual([{}]);
		peer.expireAccessTokens();
		expect(await all()).toEqual([{}]);
	});

	test("a channel that expired, that never was, and that is another app's", async () => {
		const channels = [peer.createChannel(), peer.createChannel(), peer.createChannel({ foreign: true })];
		const [expired = "", unknown = ""] = channels;
		peer.expire(expired);
		peer.expire(unknown, 404);
		const outcomes = channels.map((channel) => send(serviceWith(at), pushTo(channel, message)));
		expect((await Promise.all(outcomes)).map(({ kind }) => kind)).toEqual(["gone", "gone", "rejected"]);
	});

	test("credentials that are wrong, or of the other kind, cost no channel", async () => {
		const channel = peer.createChannel();
		for (const wrong of [
			{ ...peer.credentials, clientSecret: "wrong" },
			kind === "sid"
				? { kind: "entra" as const, tenantId: "t", clientId: "c", clientSecret: "s" }
				: credentials,
		])
			expect(await send(serviceWith({ ...at, credentials: wrong }), pushTo(channel, message))).toEqual({
				kind: "misconfigured",
				reason: "token endpoint: 400 refused our credentials (invalid_client)",
				about: "account",
			});
	});

	test("without credentials nothing is sent, and it is our fault", async () => {
		const wns = serviceWith({ ...at, credentials: undefined });
		expect((await send(wns, pushTo(peer.createChannel(), message))).kind).toBe("misconfigured");
		expect(peer.pushes).toEqual([]);
	});
});

describe("a device that registers", () => {
	const wns = serviceWith({ policy: { allowPrivate: false } });
	const channel = "https://wns2-par02p.notify.windows.com/w/?token=AwYAAAB%2bQAbtzgP%3d";

	test("is its channel, in one spelling", () => {
		expect(wns.parseDevice({ token: channel })).toEqual({ token: channel });
		const shouted = channel.replace("https://wns2-par02p", "HTTPS://WNS2-Par02p");
		expect(wns.parseDevice({ token: shouted })).toEqual({ token: channel });
		expect(wns.parseDevice({ token: channel.replace("/w/", ":443/w/") })).toEqual({ token: channel });
		expect(wns.hostOf?.({ token: channel })).toBeUndefined();
	});

	test.each([
		["nothing", undefined, /token is missing/],
		["an empty token", "", /token is missing/],
		["no URI", "AwYAAAB", /not a URI/],
		["another host", "https://evil.example/?token=x", /must be notify\.windows\.com or under it/],
		["a host that only ends like it", "https://evilnotify.windows.com/", /must be notify\.windows\.com/],
		["a host that only begins like it", "https://notify.windows.com.evil.example/", /must be notify/],
		["a host with nothing before its dot", "https://.notify.windows.com/", /must be notify/],
		["a host with a dot at its end", "https://a.notify.windows.com./", /must be notify/],
		["an address", "https://127.0.0.1/", /must be notify/],
		["this machine", "https://localhost/", /must be notify/],
		["plain http", "http://a.notify.windows.com/", /must be an https URI/],
		["another protocol", "ftp://a.notify.windows.com/", /must be an https URI/],
		["another port", "https://a.notify.windows.com:8443/", /port must be 443/],
		["a user", "https://me@a.notify.windows.com/", /user name or password/],
		["a host hidden as a user", "https://a.notify.windows.com@evil.example/", /user name or password/],
		["a backslash", "https://evil.example\\@a.notify.windows.com/", /backslash/],
		["a blank", "https://a.notify.windows.com/ x", /blank/],
		["a fragment", "https://a.notify.windows.com/#x", /fragment/],
		["endless", `https://a.notify.windows.com/${"a".repeat(1024)}`, /longer than 1024/],
		["endless once written out", `https://a.notify.windows.com/${"é".repeat(500)}`, /longer than 1024/],
	])("is refused with a sentence for %s", (_, token, sentence) => {
		expect(() => wns.parseDevice({ token })).toThrow(InvalidDevice);
		expect(() => wns.parseDevice({ token })).toThrow(sentence);
	});

	test("may be on this machine where the operator allows it, and nowhere else", () => {
		const { parseDevice } = serviceWith({ policy: { allowPrivate: true } });
		for (const token of ["http://127.0.0.1:8080/x", "https://localhost/x", "http://[::1]/x"])
			expect(parseDevice({ token })).toEqual({ token });
		for (const token of ["http://8.8.8.8/", "https://evil.example/", "ftp://127.0.0.1/"])
			expect(() => parseDevice({ token })).toThrow(InvalidDevice);
	});
});
