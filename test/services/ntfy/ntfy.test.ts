/** ntfy topics: the table of answers row by row over a socket, where topics may be, and what an app is set to. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppsError, parseApps } from "../../../src/config/apps.ts";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import { ANSWERS } from "../../../src/services/ntfy/answers.ts";
import { ntfyMessage } from "../../../src/services/ntfy/message.ts";
import { createNtfy } from "../../../src/services/ntfy/ntfy.ts";
import { ForbiddenAddress } from "../../../src/services/public-address.ts";
import { createServices } from "../../../src/services/services-of-apps.ts";
import { type Device, InvalidDevice } from "../../../src/types.ts";
import { describeAnswers } from "../answers-contract.ts";
import { type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { pushTo } from "../webpush/pushes.ts";
import { AT_OTHERS, AT_OURS, WELL } from "./answer-rows.ts";
import { startNtfyServer } from "./double.ts";
import { describeNtfy, message } from "./rules.ts";

const NOW = Date.UTC(2026, 0, 1);
const anywhere = endpointPolicy({ allowHosts: [], allowPrivate: true });
const soon = () => AbortSignal.timeout(5000);
type Options = Parameters<typeof createNtfy>[0];
const serviceWith = (options: Partial<Options> = {}) =>
	createNtfy({
		text: "New message",
		policy: anywhere,
		fetch,
		guardedFetch: () => Promise.reject(new Error("asked of a server that nobody named")),
		now: () => NOW,
		...options,
	});

describeNtfy("the double of ntfy", async () => startNtfyServer());

describeService("ntfy", {
	async create(origin, now) {
		const service = serviceWith({ server: origin, accessToken: "tk_1", now });
		return { service, push: pushTo(`${origin}/SecretTopic`, { ...message, body: "What light…" }) };
	},
	answers: {
		delivered: WELL,
		// ntfy's topics never end, but for names that can be none.
		deadToken: { status: 400, body: '{"code":40010,"http":400}' },
		tooMany: (retryAfter) => ({ status: 429, headers: { "retry-after": retryAfter } }),
		unwell: { status: 503 },
		wrongCredentials: { status: 401, body: '{"code":40101,"http":401}' },
	},
	wrongCredentials: "misconfigured",
	nonsenseToken: "rejected",
});

describe("at the operator's server", () =>
	describeAnswers(AT_OURS, NOW, (origin) =>
		serviceWith({ server: origin }).send(pushTo(`${origin}/SecretTopic`, message), soon()),
	));

describe("at any other", () =>
	describeAnswers(AT_OTHERS, NOW, (origin) =>
		serviceWith({ guardedFetch: fetch }).send(pushTo(`${origin}/SecretTopic`, message), soon()),
	));

test("every row of the table of answers was given above", () => {
	const reasons = [...AT_OURS, ...AT_OTHERS].map(({ reason = "" }) => reason);
	const missing = ANSWERS.filter(({ reason }) => !reasons.some((one) => one.includes(reason)));
	expect(missing).toEqual([]);
});

describe("an answer over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	afterAll(() => double[Symbol.asyncDispose]());

	test("that the day is used up is believed for an hour, where nothing else is said", async () => {
		double.answer({ status: 429, body: '{"code":42908}' });
		const push = pushTo(`${double.origin}/SecretTopic`, message);
		expect(await serviceWith({ server: double.origin }).send(push, soon())).toMatchObject({
			kind: "retry",
			afterMs: 3_600_000,
		});
	});

	test("comes to one JSON at the server's root; the token is shown to the operator's server alone", async () => {
		double.answer(WELL);
		const push = pushTo(`${double.origin}/SecretTopic`, message);
		for (const server of [double.origin, "https://ntfy.example"]) {
			const before = double.received.length;
			await serviceWith({ server, accessToken: "tk_1", guardedFetch: fetch }).send(push, soon());
			const [request, ...more] = double.received.slice(before);
			expect(more).toEqual([]);
			expect(request).toMatchObject({ method: "POST", path: "/" });
			expect(request?.headers.authorization).toBe(server === double.origin ? "Bearer tk_1" : undefined);
			expect(JSON.parse(String(request?.body))).toMatchObject({ topic: "SecretTopic" });
		}
	});

	test("is never asked of a topic that may not be any more", async () => {
		const before = double.received.length;
		const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
		for (const token of [`${double.origin}/x`, "http://127.0.0.1/x", "https://10.0.0.1/x", "https://[::1]/x"])
			expect(await serviceWith({ policy }).send(pushTo(token, message), soon())).toMatchObject({
				kind: "rejected",
				about: "push",
			});
		expect(double.received.length).toBe(before);
	});
});

test("of a host that a client chose nobody learns what its name resolves to", async () => {
	const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
	const push = pushTo("https://inside.example.net/wake", message);
	for (const error of [new ForbiddenAddress("private"), new Error("getaddrinfo ENOTFOUND")]) {
		const service = serviceWith({ policy, guardedFetch: () => Promise.reject(error) });
		expect(await service.send(push, soon())).toMatchObject({
			kind: "retry",
			reason: "the ntfy server cannot be reached",
		});
	}
});

test("no notification is larger than ntfy shows it whole", () => {
	const text = fc.string({ unit: "binary", maxLength: 3000 }).map((one) => `${one}\ud800`);
	fc.assert(
		fc.property(
			fc.record({ sender: text, nickname: text, body: text }, { requiredKeys: [] }),
			fc.constantFrom("voip", "event", "high", "low"),
			(published, pushClass) => {
				const push = pushTo("https://ntfy.example/t", { class: pushClass, ...published });
				const look = { text: "\u0001".repeat(200), click: `x:${"y".repeat(500)}` };
				const written = ntfyMessage("t".repeat(64), push, look);
				expect(Buffer.byteLength(JSON.stringify(written))).toBeLessThanOrEqual(4000);
				expect(written.message).not.toBe("");
			},
		),
	);
});

describe("a device that registers", () => {
	const policy = endpointPolicy({ allowHosts: ["ntfy.sh", "*.home.example"], allowPrivate: false });
	const { parseDevice, hostOf, originOf, isNamed, skips } = serviceWith({
		server: "http://ntfy.lan:2586",
		policy,
	});

	test.each([
		["http://ntfy.lan:2586/wake-1", "http://ntfy.lan:2586/wake-1"],
		["HTTP://NTFY.lan:2586/Wake-1", "http://ntfy.lan:2586/Wake-1"],
		["wake-1", "http://ntfy.lan:2586/wake-1"],
		["https://ntfy.sh/wake_2", "https://ntfy.sh/wake_2"],
		["https://ntfy.sh:443/wake_2", "https://ntfy.sh/wake_2"],
		["https://a.home.example/x", "https://a.home.example/x"],
	])("with %s is %s", (token, stored) => {
		expect(parseDevice({ token })).toEqual({ token: stored });
	});

	test.each<[string, string | undefined, RegExp]>([
		["nothing", undefined, /token is missing/],
		["an empty token", "", /token is missing/],
		["a server alone", "https://ntfy.sh/", /URL of an ntfy topic/],
		["two names", "https://ntfy.sh/a/b", /URL of an ntfy topic/],
		["an endpoint of UnifiedPush", "https://ntfy.sh/upabc?up=1", /URL of an ntfy topic/],
		["an odd name", "http://ntfy.lan:2586/a%20b", /URL of an ntfy topic/],
		["a name that is too long", `https://ntfy.sh/${"a".repeat(65)}`, /URL of an ntfy topic/],
		["a user", "http://me:pw@ntfy.lan:2586/wake", /URL of an ntfy topic/],
		["a fragment", "http://ntfy.lan:2586/wake#x", /URL of an ntfy topic/],
		["a server that nobody allowed", "https://evil.example.net/wake", /not one that this server pushes to/],
		["the operator's host at another port", "http://ntfy.lan/wake", /must be an https URL/],
		["a host that begins like the operator's", "http://ntfy.lan:2586.evil.example/wake", /not a URL/],
		["this machine", "https://localhost/wake", /not on the public internet/],
		["an address inside", "https://192.168.1.1/wake", /not on the public internet/],
		["a browser's push service", "https://updates.push.services.mozilla.com/wake", /browser's/],
		["what is endless", `https://ntfy.sh/${"a".repeat(2000)}`, /longer than 1000/],
	])("is refused with a sentence for %s", (_, token, sentence) => {
		expect(() => parseDevice({ token })).toThrow(InvalidDevice);
		expect(() => parseDevice({ token })).toThrow(sentence);
	});

	test("counts by its host where only clients know that, and is kept apart from other servers' devices", () => {
		const at = (token: string): Device => ({ token });
		expect(hostOf?.(at("http://ntfy.lan:2586/wake"))).toBeUndefined();
		expect(hostOf?.(at("https://ntfy.sh/wake"))).toBeUndefined();
		expect(originOf?.(at("https://ntfy.sh/wake"))).toEqual({ origin: "https://ntfy.sh", isProvider: true });
		expect(isNamed?.(at("http://ntfy.lan:2586/wake"))).toBe(true);
		expect(isNamed?.(at("https://a.home.example/wake"))).toBe(false);
		const open = serviceWith({ policy: endpointPolicy({ allowHosts: ["*"], allowPrivate: false }) });
		expect(open.hostOf?.(at("https://any.example.net/wake"))).toBe("any.example.net");
		expect(open.originOf?.(at("https://any.example.net/wake"))?.isProvider).toBe(false);
		expect(open.hostOf?.(at("nonsense"))).toBeUndefined();
	});

	test("is not told of what shows nothing, unless it asks", () => {
		const token = { token: "https://ntfy.sh/wake" };
		const classes = ["voip", "event", "high", "low"] as const;
		expect(classes.filter((pushClass) => skips?.(token, pushClass))).toEqual(["low"]);
	});
});

describe("an app", () => {
	const TABLE = { name: "ntfy", service: "ntfy" };
	const problemsOf = (fields: object) => {
		try {
			parseApps([{ ...TABLE, ...fields }], "APPS", true);
			return "";
		} catch (error) {
			if (!(error instanceof AppsError)) throw error;
			return error.message;
		}
	};

	test("is made of its table", async () => {
		const apps = parseApps(
			[{ ...TABLE, server: "https://ntfy.example/", access_token: "tk_1", alert: "Neue Nachricht" }],
			"APPS",
			true,
		);
		const services = await createServices(apps, {
			fetch,
			guardedFetch: fetch,
			http2Fetch: () => fetch,
			now: Date.now,
			policy: endpointPolicy({ allowHosts: [], allowPrivate: false }),
			vapid: {},
		});
		const its = services.get("ntfy");
		expect(its?.parseDevice({ token: "wake" })).toEqual({ token: "https://ntfy.example/wake" });
		expect(its?.check).toBeDefined();
	});

	test.each<[object, string]>([
		[{ server: "ntfy.example" }, "server must be a URL that begins https:// or http://"],
		[{ server: "https://example.net/ntfy" }, "server must be an address alone"],
		[{ server: "https://me@ntfy.example" }, "server must be an address alone"],
		[{ access_token: "tk_1" }, "access_token goes with server"],
		[{ server: "https://ntfy.example", access_token: "a b" }, "access_token must be up to 200 characters"],
		[{ click: "chat" }, "click must be a URI"],
		[{ tags: ["a", "b", "c", "d", "e", "f"] }, "tags must be a list of up to 5"],
		[{ tags: ["a,b"] }, "must be a list of up to 5"],
		[{ alert_key: "NEW" }, "alert_key has no effect"],
		[{ url: "https://ntfy.example" }, "url is not known"],
	])("of %j is refused: %s", (fields, sentence) => {
		expect(problemsOf(fields)).toContain(sentence);
	});
});
