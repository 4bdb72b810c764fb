/**
 * Web Push: the table of answers row by row over a real socket, what a device reads, and what may register.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { importJWK, jwtVerify } from "jose";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import type { Fetch } from "../../../src/services/exchange.ts";
import { ForbiddenAddress } from "../../../src/services/public-address.ts";
import {
	createVapid,
	generateVapidKey,
	importVapidKey,
	type VapidKey,
} from "../../../src/services/webpush/vapid-signature.ts";
import { createWebPush } from "../../../src/services/webpush/webpush.ts";
import type { DeviceInput, Notification, Push, PushService } from "../../../src/types.ts";
import { InvalidDevice } from "../../../src/types.ts";
import { createDevice } from "../../peers/web-push-device.ts";
import { startWebPushServer } from "../../peers/web-push-server.ts";
import { describeAnswers } from "../answers-contract.ts";
import { type PushDouble, startPushDouble } from "../push-double.ts";
import { describeService } from "../service-contract.ts";
import { ROWS } from "./answer-rows.ts";
import { pushTo } from "./pushes.ts";

const NOW = Date.UTC(2026, 0, 1);
const SUBJECT = "mailto:operator@example.net";
const key: VapidKey = await importVapidKey(await generateVapidKey());

function serviceWith(
	options: { fetch?: Fetch; allowPrivate?: boolean; key?: VapidKey | undefined } = {},
	now = () => NOW,
): PushService {
	const { fetch = globalThis.fetch, allowPrivate = true } = options;
	const policy = endpointPolicy({ allowHosts: [], allowPrivate });
	const its = "key" in options ? options.key : key;
	const vapid = its && createVapid({ key: its, subject: SUBJECT, now });
	return createWebPush({ fetch, vapid, policy, now });
}

const message: Notification = { class: "high", count: 1, sender: "romeo@example.net", body: "What light…" };

describeService("Web Push", {
	async create(origin, now) {
		const device = createDevice(`${origin}/wpush/v2/secret-token`);
		return { service: serviceWith({}, now), push: pushTo(device, message) };
	},
	answers: {
		delivered: { status: 201 },
		deadToken: { status: 410, body: '{"code":410,"errno":106}' },
		tooMany: (retryAfter) => ({ status: 429, headers: { "retry-after": retryAfter } }),
		unwell: { status: 503 },
		wrongCredentials: { status: 401, body: '{"code":401,"errno":109}' },
	},
	wrongCredentials: "rejected",
	nonsenseToken: "rejected",
});

describeAnswers(ROWS, NOW, (origin) =>
	serviceWith().send(pushTo(createDevice(`${origin}/e/1`), message), AbortSignal.timeout(5000)),
);

describe("over a socket", () => {
	let double: PushDouble;
	beforeAll(async () => {
		double = await startPushDouble();
	});
	beforeEach(() => double.answer({ status: 201 }));
	afterAll(() => double[Symbol.asyncDispose]());

	const device = () => createDevice(`${double.origin}/e/1`);
	const send = (push: Push, service = serviceWith()) => service.send(push, AbortSignal.timeout(5000));
	/** Sends, and gives what the push service received meanwhile. */
	async function sent(push: Push) {
		const before = double.received.length;
		const outcome = await send(push);
		return { outcome, received: double.received.slice(before) };
	}

	test("the device reads what was published, and only that", async () => {
		const to = device();
		const { outcome, received } = await sent(pushTo(to, message));
		expect(outcome).toEqual({ kind: "delivered" });
		const content = JSON.parse(to.decryptText(received[0]?.body ?? Buffer.alloc(0)));
		expect(content).toEqual({ node: pushTo(to, message).registration.node, ...message });
		expect(received[0]).toMatchObject({ method: "POST", path: "/e/1" });
		expect(received[0]?.headers).toMatchObject({
			ttl: "3600",
			urgency: "high",
			"content-encoding": "aes128gcm",
			"content-type": "application/octet-stream",
		});
	});

	test("the push service can verify who sends, with the key the request names", async () => {
		const { received } = await sent(pushTo(device(), message));
		const [, t = "", k = ""] = /^vapid t=(.+), k=(.+)$/.exec(received[0]?.headers.authorization ?? "") ?? [];
		const point = Buffer.from(k, "base64url");
		const [x, y] = [point.subarray(1, 33).toString("base64url"), point.subarray(33).toString("base64url")];
		const verifier = await importJWK({ kty: "EC", crv: "P-256", x, y }, "ES256");
		const { payload } = await jwtVerify(t, verifier, { currentDate: new Date(NOW), audience: double.origin });
		expect(payload.sub).toBe(SUBJECT);
	});

	test("a device without keys is woken without content", async () => {
		const { outcome, received } = await sent(pushTo(`${double.origin}/e/2`, message));
		expect(outcome).toEqual({ kind: "delivered" });
		expect(received[0]?.headers).toMatchObject({ ttl: "3600", "content-length": "0" });
		expect(received[0]?.headers).not.toHaveProperty("content-encoding");
	});

	test("what is too large for the push service goes once more, without content", async () => {
		double.answer({ status: 413 }, { status: 201 });
		const { outcome, received } = await sent(pushTo(device(), message));
		expect(outcome).toEqual({ kind: "delivered" });
		expect(received.map(({ body }) => body.length > 0)).toEqual([true, false]);
	});

	test("what is too large even without content is rejected, after two requests at most", async () => {
		double.answer({ status: 413 });
		expect(await sent(pushTo(device(), message))).toMatchObject({
			outcome: { kind: "rejected" },
			received: { length: 2 },
		});
		expect(await sent(pushTo(`${double.origin}/e/2`, message))).toMatchObject({ received: { length: 1 } });
	});

	test("the second request has the deadline of the first", async () => {
		double.answer({ status: 413 }, "hang");
		const before = performance.now();
		const outcome = await serviceWith().send(pushTo(device(), message), AbortSignal.timeout(150));
		expect(outcome).toEqual({ kind: "retry", reason: "no answer in time" });
		expect(performance.now() - before).toBeLessThan(10_000);
	});

	test("an endpoint that the policy does not allow any more is not fetched", async () => {
		const before = double.received.length;
		const outcome = await send(pushTo(device(), message), serviceWith({ allowPrivate: false }));
		expect(outcome.kind).toBe("rejected");
		expect(double.received.length).toBe(before);
	});

	test("an endpoint whose name never resolves is gone, and not fetched", async () => {
		const fetch: Fetch = async () => {
			throw new Error("asked");
		};
		const push = pushTo("https://permanently-removed.invalid/fcm/send/x", message);
		expect(await send(push, serviceWith({ fetch }))).toEqual({
			kind: "gone",
			reason: expect.stringContaining("never resolves"),
		});
	});

	test("an address that turns out to be private is rejected, not retried", async () => {
		const fetch: Fetch = async () => {
			throw new ForbiddenAddress("10.0.0.1");
		};
		expect((await send(pushTo(device(), message), serviceWith({ fetch }))).kind).toBe("rejected");
	});

	test("damaged keys are rejected, not thrown", async () => {
		const push = pushTo(device(), message);
		const damaged = { ...push, registration: { ...push.registration, p256dh: "AAAA" } };
		expect((await send(damaged)).kind).toBe("rejected");
	});

	test("a key that is no point of the curve is rejected, and nothing is sent", async () => {
		const noPoint = new Uint8Array(65).fill(7);
		noPoint[0] = 4;
		const push = pushTo(device(), message);
		const damaged = { ...push, registration: { ...push.registration, p256dh: noPoint.toBase64() } };
		const reason = "p256dh is not a point of the curve P-256.";
		expect(await sent(damaged)).toEqual({
			outcome: { kind: "rejected", reason, about: "push" },
			received: [],
		});
	});

	test("without our key nothing is sent, and it is our fault", async () => {
		const before = double.received.length;
		expect((await send(pushTo(device(), message), serviceWith({ key: undefined }))).kind).toBe(
			"misconfigured",
		);
		expect(double.received.length).toBe(before);
	});
});

describe("a host that was not reached", () => {
	const failing =
		(error: Error): Fetch =>
		async () => {
			throw error;
		};
	const [insideFetch, nowhereFetch, deafFetch] = [
		failing(new ForbiddenAddress("10.0.0.1")),
		failing(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })),
		failing(Object.assign(new Error("connect"), { code: "ECONNREFUSED" })),
	] as const;
	const outcomeAt = (host: string, fetch: Fetch, allowHosts: string[]) => {
		const vapid = createVapid({ key, subject: SUBJECT, now: () => NOW });
		const policy = endpointPolicy({ allowHosts, allowPrivate: false });
		const service = createWebPush({ fetch, vapid, policy, now: () => NOW });
		return service.send(pushTo(`https://${host}/up?id=1`, message), AbortSignal.timeout(1_000));
	};

	test.each([
		["every host", ["*"]],
		["a whole domain", ["*.corp.example.net"]],
	])(
		"is the same to whoever chose it, whatever its name resolves to, where %s is allowed",
		async (_, allow) => {
			const outcomes = [];
			for (const fetch of [insideFetch, nowhereFetch, deafFetch]) {
				const outcome = await outcomeAt("intranet.corp.example.net", fetch, allow);
				if (outcome.kind !== "retry") throw new Error(outcome.kind);
				const { detail, ...told } = outcome;
				expect(detail).toBeString();
				outcomes.push(told);
			}
			const told = { kind: "retry" as const, reason: "the push service cannot be reached" };
			expect(outcomes).toEqual([told, told, told]);
		},
	);

	test("is spoken of plainly where the operator named it, or where it is a browser's own", async () => {
		const named = ["intranet.corp.example.net", "*"];
		expect((await outcomeAt("intranet.corp.example.net", insideFetch, named)).kind).toBe("rejected");
		for (const host of ["intranet.corp.example.net", "updates.push.services.mozilla.com"]) {
			expect(await outcomeAt(host, nowhereFetch, named)).toEqual({
				kind: "retry",
				reason: expect.stringMatching(/^network failure: ENOTFOUND, DNS does not know/),
			});
		}
	});
});

test("a push service with Mozilla's rules takes every class, bound to our key or not", async () => {
	const peer = startWebPushServer();
	const service = serviceWith({}, Date.now);
	const devices = [
		peer.createSubscription(),
		peer.createSubscription({ applicationServerKey: key.publicKey }),
	];
	for (const device of devices)
		for (const pushClass of ["voip", "event", "high", "low"] as const) {
			const notification = { ...message, class: pushClass };
			const push = pushTo(device, notification);
			const outcome = await service.send(push, AbortSignal.timeout(5000));
			expect(outcome).toEqual({ kind: "delivered" });
			const { body } = await peer.waitForPush();
			expect(JSON.parse(device.decryptText(body))).toEqual({ node: push.registration.node, ...notification });
		}
	const other = await importVapidKey(await generateVapidKey());
	const foreign = peer.createSubscription({ applicationServerKey: other.publicKey });
	expect((await service.send(pushTo(foreign, message), AbortSignal.timeout(5000))).kind).toBe("rejected");
	await peer.stop();
});

describe("a device that gave what a browser is to show by itself", () => {
	const given = { title: "New message", navigate: "https://chat.example/" };
	test.each([
		["https://web.push.apple.com/QGuQyavXutnMH", given, "declarative"],
		["https://web.push.apple.com/QGuQyavXutnMH", {}, "ours alone"],
		["https://updates.push.services.mozilla.com/wpush/v2/gAAAA", given, "ours alone"],
		["https://push.apple.com.evil.net/e", given, "ours alone"],
	])("at %s with %j reads %s", async (endpoint, declarative, form) => {
		const to = createDevice(endpoint);
		const bodies: Uint8Array[] = [];
		const fetch: Fetch = async (_, init) => {
			bodies.push(init?.body as Uint8Array);
			return new Response(null, { status: 201 });
		};
		const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: true });
		const vapid = createVapid({ key, subject: SUBJECT, now: () => NOW });
		const service = createWebPush({ fetch, vapid, policy, now: () => NOW });
		const push = pushTo(to, message);
		const registration = { ...push.registration, ...declarative };
		const outcome = await service.send({ ...push, registration }, AbortSignal.timeout(5_000));
		expect(outcome).toEqual({ kind: "delivered" });
		const content = JSON.parse(to.decryptText(bodies[0] ?? new Uint8Array()));
		const { node } = push.registration;
		expect(content).toMatchObject({ node, ...message });
		const notification = { title: "romeo@example.net", navigate: given.navigate, body: message.body };
		if (form === "declarative") expect(content).toMatchObject({ web_push: 8030, notification });
		else expect(content).toEqual({ node, ...message });
	});
});

describe("a device that registers", () => {
	const service = serviceWith({ allowPrivate: false });
	const endpoint = "https://updates.push.services.mozilla.com/wpush/v2/gAAAA";
	const { keys } = createDevice(endpoint).subscription;

	test("is an endpoint and its keys, in one spelling", () => {
		expect(service.parseDevice({ token: endpoint, ...keys })).toEqual({ token: endpoint, ...keys });
		const shouted = {
			token: endpoint.replace("https://updates", "HTTPS://Updates"),
			p256dh: Buffer.from(keys.p256dh, "base64url").toString("base64"),
			auth: Buffer.from(keys.auth, "base64url").toString("base64"),
		};
		expect(service.parseDevice(shouted)).toEqual({ token: endpoint, ...keys });
	});

	test("may say what a browser is to show by itself", () => {
		const given = { title: "Chat", navigate: "https://Chat.example" };
		expect(service.parseDevice({ token: endpoint, ...keys, ...given })).toEqual({
			token: endpoint,
			...keys,
			title: "Chat",
			navigate: "https://chat.example/",
		});
	});

	test("may have no keys, and is woken without content then", () => {
		expect(service.parseDevice({ token: endpoint })).toEqual({ token: endpoint });
		expect(service.parseDevice({ token: endpoint, p256dh: "", auth: undefined })).toEqual({
			token: endpoint,
		});
	});

	test.each<[string, DeviceInput, RegExp]>([
		["nothing", {}, /token is missing/],
		["an empty token", { token: "", ...keys }, /token is missing/],
		[
			"an endpoint elsewhere",
			{ token: "https://evil.net/x" },
			/not one that this server pushes to: evil\.net\. .* WEBPUSH_ALLOW_HOSTS/,
		],
		[
			"a name that never resolves",
			{ token: "https://permanently-removed.invalid/fcm/send/x" },
			/never resolves/,
		],
		["a title alone", { token: endpoint, title: "Chat" }, /title and navigate come together/],
		["a URL to open alone", { token: endpoint, navigate: "https://a.example/" }, /come together/],
		[
			"a URL to open that is not https",
			{ token: endpoint, title: "Chat", navigate: "javascript:alert(1)" },
			/must be an https URL/,
		],
		["no URL to open", { token: endpoint, title: "Chat", navigate: "/app/" }, /must be an https URL/],
		[
			"a URL to open with a password",
			{ token: endpoint, title: "Chat", navigate: "https://a:b@chat.example/" },
			/must not have a user name or password/,
		],
		[
			"a URL to open that is too long",
			{ token: endpoint, title: "Chat", navigate: `https://chat.example/${"ü".repeat(200)}` },
			/more than 1000 bytes/,
		],
		[
			"a title that is too long",
			{ token: endpoint, title: "ü".repeat(129), navigate: "https://chat.example/" },
			/more than 256 bytes/,
		],
		["p256dh alone", { token: endpoint, p256dh: keys.p256dh }, /come together/],
		["auth alone", { token: endpoint, auth: keys.auth }, /come together/],
		["a p256dh that is no point", { token: endpoint, ...keys, p256dh: "AAAA" }, /p256dh must be/],
		["an auth that is too short", { token: endpoint, ...keys, auth: "AAAA" }, /auth must be/],
	])("is refused with a sentence for %s", (_, input, sentence) => {
		expect(() => service.parseDevice(input)).toThrow(InvalidDevice);
		expect(() => service.parseDevice(input)).toThrow(sentence);
	});

	test("counts for the host of its endpoint, unless that is a browser's own push service or was named", () => {
		expect(service.hostOf?.({ token: "https://ntfy.example/up?id=1" })).toBe("ntfy.example");
		const policy = endpointPolicy({ allowHosts: ["ntfy.example", "*.up.example", "*"], allowPrivate: false });
		const { hostOf } = createWebPush({ fetch: globalThis.fetch, policy, now: Date.now });
		expect(hostOf?.({ token: "https://ntfy.example/up?id=1" })).toBeUndefined();
		expect(hostOf?.({ token: "https://a.up.example/1" })).toBeUndefined();
		expect(hostOf?.({ token: "https://ntfy.example:8443/up?id=1" })).toBe("ntfy.example:8443");
		expect(hostOf?.({ token: "https://other.example/1" })).toBe("other.example");
		expect(service.hostOf?.({ token: endpoint })).toBeUndefined();
		expect(service.hostOf?.({ token: "nonsense" })).toBeUndefined();
	});
});
