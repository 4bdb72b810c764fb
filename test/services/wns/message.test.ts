/**
 * WNS: the requests, byte for byte, without a socket; what they never exceed, and that no text breaks a toast.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { AlertText } from "../../../src/services/alert.ts";
import { wnsMessage } from "../../../src/services/wns/message.ts";
import { buildRequest, createWns, tokenRequest } from "../../../src/services/wns/wns.ts";
import type { Notification, PushClass } from "../../../src/types.ts";
import { readToast } from "../../peers/wns-server-rules.ts";
import { pushTo } from "../webpush/pushes.ts";

const CHANNEL = "https://a.notify.windows.com/?token=x";
const NODE = "k1-node-that-nobody-may-learn";
const alert = { text: "New message" };
const toastOf = (notification: Notification, words: AlertText = alert) =>
	wnsMessage(pushTo(CHANNEL, notification), { type: "toast", alert: words }).body;
const rawOf = (notification: Notification) =>
	wnsMessage(pushTo(CHANNEL, notification), { type: "raw", alert }).body;

describe("the request", () => {
	const build = (type: "raw" | "toast", ttlSeconds = 3600) => {
		const push = pushTo(CHANNEL, { class: "high", body: "“Hi”" }, ttlSeconds);
		const message = wnsMessage(push, { type, alert });
		return buildRequest(new URL(CHANNEL), push, { bearer: "secret", message });
	};

	test("of a raw notification is a POST of JSON to the channel", () => {
		expect(build("raw")).toEqual({
			url: CHANNEL,
			init: {
				method: "POST",
				headers: {
					Authorization: "Bearer secret",
					"Content-Type": "application/octet-stream",
					"X-WNS-Type": "wns/raw",
					"X-WNS-RequestForStatus": "true",
					"X-WNS-Cache-Policy": "cache",
					"X-WNS-TTL": "3600",
				},
				body: `{"node":"${NODE}","class":"high","body":"“Hi”"}`,
			},
		});
	});

	test("of a toast is a POST of XML", () => {
		const { init } = build("toast");
		expect(init.headers).toMatchObject({ "Content-Type": "text/xml", "X-WNS-Type": "wns/toast" });
		expect(init.body).toBe(
			`<toast launch="${NODE}"><visual><binding template="ToastGeneric">` +
				"<text>New message</text><text>“Hi”</text></binding></visual></toast>",
		);
	});

	test.each([
		[0, "no-cache", undefined],
		[-5, "no-cache", undefined],
		[59.9, "cache", "59"],
		[1e9, "cache", "2419200"],
	])("with a TTL of %d seconds says %s, %s", (ttlSeconds, policy, ttl) => {
		const { headers } = build("raw", ttlSeconds).init;
		expect([headers["X-WNS-Cache-Policy"], headers["X-WNS-TTL"]]).toEqual([policy, ttl]);
	});
});

describe("the request for an access token", () => {
	const form = (request: { init: RequestInit }) =>
		Object.fromEntries(new URLSearchParams(String(request.init.body)));

	test("of an app of the Store's goes to its login", () => {
		const packageSid = "ms-app://s-1-15-2";
		const request = tokenRequest({ kind: "sid", packageSid, clientSecret: "a+b&c=" });
		expect(request.url).toBe("https://login.live.com/accesstoken.srf");
		expect(form(request)).toEqual({
			grant_type: "client_credentials",
			client_id: packageSid,
			client_secret: "a+b&c=",
			scope: "notify.windows.com",
		});
	});

	test("of an app of Entra's goes to its tenant", () => {
		const request = tokenRequest({ kind: "entra", tenantId: "t/1", clientId: "c", clientSecret: "s" });
		expect(request.url).toBe("https://login.microsoftonline.com/t%2F1/oauth2/v2.0/token");
		expect(form(request)).toEqual({
			grant_type: "client_credentials",
			client_id: "c",
			client_secret: "s",
			scope: "https://wns.windows.com/.default",
		});
		expect(request.init).toMatchObject({
			method: "POST",
			headers: { "Content-Type": "application/x-www-form-urlencoded" },
		});
	});
});

describe("a toast", () => {
	test.each<[Omit<Notification, "class">, string[]]>([
		[{}, ["New message"]],
		[{ body: "Hi" }, ["New message", "Hi"]],
		[{ sender: "romeo@example.net" }, ["romeo@example.net", "New message"]],
		[{ sender: "romeo@example.net", body: "Hi" }, ["romeo@example.net", "Hi"]],
	])("of %j says %j", (published, lines) => {
		expect(readToast(toastOf({ class: "high", ...published }))).toEqual({ launch: NODE, lines });
	});

	test("may name a string of the app's own", () => {
		const xml = toastOf({ class: "high" }, { locKey: "NewMessage" });
		expect(readToast(xml)?.lines).toEqual(["ms-resource:NewMessage"]);
	});

	test("shows markup as it was written, and nothing that XML has no way to write", () => {
		const body = `</text><text>"it's" & <b>&amp;\0\x1f\ud800\ufffe</b>`;
		expect(readToast(toastOf({ class: "high", body }))?.lines).toEqual([
			"New message",
			`</text><text>"it's" & <b>&amp;\ufffd\ufffd\ufffd\ufffd</b>`,
		]);
	});

	test("has no room for an endless text of the operator's", () => {
		const create = (length: number) =>
			createWns({
				type: "toast",
				policy: { allowPrivate: false },
				alert: { text: "a".repeat(length) },
				fetch,
				now: Date.now,
			});
		expect(create(200).name).toBe("wns");
		expect(() => create(201)).toThrow(/room for 200 characters/);
	});
});

test("whatever was published, it is at most 5000 bytes, and a toast is XML that says it", () => {
	const utf16 = fc.array(fc.nat(0xffff), { maxLength: 3000 }).map((units) => String.fromCharCode(...units));
	const markup = fc.string({
		unit: fc.constantFrom("<", ">", "&", '"', "'", "]]>", "é", "\0"),
		maxLength: 3000,
	});
	const text = fc.oneof(utf16, markup, fc.string({ unit: "grapheme" }));
	const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
	const published = fc.record({
		class: fc.constantFrom<PushClass>("voip", "event", "high", "low"),
		count: optional(fc.nat()),
		sender: optional(text),
		body: optional(text),
		nickname: optional(text),
		encrypted: optional(fc.record({ data: text, iv: text })),
	});
	const words = fc.oneof(utf16, markup).map((one) => one.slice(0, 200));
	fc.assert(
		fc.property(published, words, (given, alertText) => {
			const notification = given as Notification;
			const raw = rawOf(notification);
			expect(Buffer.byteLength(raw)).toBeLessThanOrEqual(5000);
			expect(JSON.parse(raw)).toMatchObject({ node: NODE, class: notification.class });
			const toast = toastOf(notification, { text: alertText });
			expect(Buffer.byteLength(toast)).toBeLessThanOrEqual(5000);
			if (["voip", "high"].includes(notification.class)) expect(readToast(toast)?.launch).toBe(NODE);
		}),
		{ numRuns: 300 },
	);
});

test("a long body is cut as little as possible", () => {
	const [raw, toast] = [{ class: "high", body: "a".repeat(9000) } as const].flatMap((one) => [
		rawOf(one),
		toastOf(one),
	]);
	for (const body of [raw, toast]) expect(Buffer.byteLength(body ?? "")).toBe(5000);
});
