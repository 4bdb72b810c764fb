/** What a device does over HTTP, and what each answer means for its person. */
import { describe, expect, test } from "bun:test";
import { webKitBounds } from "../../../src/limits/bounds/web-kit.ts";
import { createKit } from "../../../src/web/kit/create-kit.ts";
import type { FaultReason } from "../../../src/web/kit/fault.ts";
import { faultOf } from "./faults.ts";

const KEY = { node: "a/b", deviceSecret: "d" };
const SUBSCRIPTION = { endpoint: "https://push.example/1", keys: { p256dh: "BKEY", auth: "AUTH" } };
const TIME = "2026-01-31T12:00:00.000Z";
const AT = Date.UTC(2026, 0, 31, 12);

const SHOWN = { registeredAt: TIME, renewedAt: TIME };

type Asked = { url: string } & RequestInit;

function apiThat(answer: () => Response | Promise<Response>, isLate = false) {
	const asked: Asked[] = [];
	const { deviceApi } = createKit({
		timeout: () => (isLate ? AbortSignal.abort() : new AbortController().signal),
		async fetch(url, init) {
			asked.push({ url, ...init });
			init?.signal?.throwIfAborted();
			return answer();
		},
	});
	return { api: deviceApi("https://reveille.example"), asked };
}
const says = (body: unknown, status = 200) => apiThat(() => Response.json(body, { status }));
const KINDS: Record<number, string> = { 404: "no-such-registration", 410: "gone" };
const problem = (status: number, detail?: string) =>
	says({ type: `/docs#problem-${KINDS[status]}`, detail }, status);

test("a registration is shown as what is known of it", async () => {
	const { api, asked } = says({
		node: KEY.node,
		app: "webpush",
		deviceName: "Hall",
		classes: ["high"],
		registeredAt: TIME,
		renewedAt: TIME,
		lastSuccessAt: TIME,
		lastErrorAt: TIME,
		lastError: "429",
	});
	expect(await api.show(KEY)).toEqual({
		name: "Hall",
		classes: ["high"],
		registeredAt: AT,
		renewedAt: AT,
		lastSuccessAt: AT,
		lastErrorAt: AT,
		lastError: "429",
	});
	expect(asked).toMatchObject([
		{
			url: "https://reveille.example/api/v1/registrations/a%2Fb",
			method: "GET",
			credentials: "omit",
			headers: { Authorization: "Bearer d" },
		},
	]);
	expect(await says(SHOWN).api.show(KEY)).toEqual({
		registeredAt: AT,
		renewedAt: AT,
	});
});

test("a renewal says what there is to say, and gives other keys where there are others", async () => {
	const { api, asked } = says({ node: KEY.node });
	expect(await api.renew(KEY, { subscription: SUBSCRIPTION })).toEqual(KEY);
	const to = {
		subscription: { ...SUBSCRIPTION, expirationTime: null },
		name: "Hall",
		classes: ["low"] as const,
	};
	await api.renew(KEY, to);
	expect(asked.map(({ body }) => JSON.parse(String(body)))).toEqual([
		{ subscription: SUBSCRIPTION },
		{ subscription: SUBSCRIPTION, deviceName: "Hall", classes: ["low"] },
	]);
	expect(asked[0]).toMatchObject({ method: "PUT", headers: { "Content-Type": "application/json" } });
	const others = { node: "n2", secret: "s2", deviceSecret: "d2" };
	expect(await says(others).api.renew(KEY, { subscription: SUBSCRIPTION })).toEqual({
		node: "n2",
		deviceSecret: "d2",
	});
});

test("an object of somebody between renews nothing", async () => {
	for (const body of [{}, { status: "ok" }, { node: 1 }]) {
		const renewed = says(body).api.renew(KEY, { subscription: SUBSCRIPTION });
		expect(await faultOf(renewed)).toEqual({ kind: "http-away" });
	}
});

test("a test is what became of it, also where that is nothing for now", async () => {
	const { api, asked } = says({ result: "queued", reason: "503" });
	expect(await api.test(KEY)).toEqual({ result: "queued", reason: "503" });
	expect(asked).toMatchObject([
		{ url: "https://reveille.example/api/v1/registrations/a%2Fb/test", method: "POST" },
	]);
	expect(await says({ result: "delivered" }).api.test(KEY)).toEqual({ result: "delivered" });
	expect(await problem(503, "Not now: away.").api.test(KEY)).toEqual({
		result: "not-now",
		reason: "Not now: away.",
	});
	expect(await faultOf(problem(410).api.test(KEY))).toEqual({ kind: "ended" });
	expect(await faultOf(says({ result: "eaten" }).api.test(KEY))).toEqual({ kind: "http-away" });
});

test("ending one that has ended is no fault", async () => {
	const { api, asked } = apiThat(() => new Response(null, { status: 204 }));
	await api.end(KEY);
	expect(asked).toMatchObject([{ method: "DELETE", redirect: "error" }]);
	expect(await faultOf(says({}).api.end(KEY))).toEqual({ kind: "http-away" });
	await problem(410).api.end(KEY);
	await problem(404).api.end(KEY);
	expect(await faultOf(problem(503, "Later.").api.end(KEY))).toEqual({ kind: "not-now", reason: "Later." });
});

describe("an answer", () => {
	test.each<[number, string | undefined, FaultReason]>([
		[404, "No such.", { kind: "ended" }],
		[410, "Ended.", { kind: "ended" }],
		[429, "Wait 3 s.", { kind: "not-now", reason: "Wait 3 s." }],
		[500, undefined, { kind: "not-now", reason: "500" }],
		[503, "Later.", { kind: "not-now", reason: "Later." }],
		[401, "A secret is needed.", { kind: "reveille-refused", reason: "A secret is needed." }],
		[422, "x".repeat(1000), { kind: "reveille-refused", reason: "x".repeat(webKitBounds.reason.is) }],
	])("of status %d", async (status, detail, reason) => {
		expect(await faultOf(problem(status, detail).api.show(KEY))).toEqual(reason);
	});

	test.each<[string, () => Response | Promise<Response>]>([
		["of nobody", () => Promise.reject(new TypeError("Failed to fetch"))],
		["of a gateway", () => new Response("<html>502</html>", { status: 502 })],
		["of a page in between", () => new Response("<html>Log in to the Wi-Fi</html>")],
		["of another program there", () => Response.json({ error: "not found" }, { status: 404 })],
		["that is no object", () => Response.json(null)],
		["that is none of Reveille's", () => Response.json({ node: KEY.node })],
		["that is too long", () => new Response(JSON.stringify(SHOWN).padEnd(webKitBounds.apiAnswer.is + 1))],
		["that breaks off", () => new Response(new ReadableStream({ pull: (it) => it.error(new Error("cut")) }))],
	])("%s is that nobody is there", async (_, answer) => {
		expect(await faultOf(apiThat(answer).api.show(KEY))).toEqual({ kind: "http-away" });
	});

	test("that does not come in time is likewise", async () => {
		const { api } = apiThat(() => Response.json({}), true);
		expect(await faultOf(api.show(KEY))).toEqual({ kind: "http-away" });
	});
});
