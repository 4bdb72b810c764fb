/** Web Push: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, expect, test } from "bun:test";
import { createPinnedFetch } from "../../../src/bun/fetch/pinned.ts";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import {
	createVapid,
	generateVapidKey,
	importVapidKey,
} from "../../../src/services/webpush/vapid-signature.ts";
import { createWebPush } from "../../../src/services/webpush/webpush.ts";
import { createDevice } from "../../peers/web-push-device.ts";
import { DELIVERED, GONE, REJECTED, type Row, retried } from "../../services/answer-rows.ts";
import { type HttpAnswer, startPushDouble } from "../../services/push-double.ts";
import { openRowScene, type Provider } from "./scene.ts";

const key = await importVapidKey(await generateVapidKey());
const policy = endpointPolicy({ allowHosts: [], allowPrivate: true });
const double = await startPushDouble();
let devices = 0;
let hasKeys = true;
const provider: Provider<HttpAnswer> = {
	async service(now) {
		const vapid = createVapid({ key, subject: "mailto:operator@example.net", now });
		return createWebPush({ fetch: createPinnedFetch({ policy }), vapid, policy, now });
	},
	device() {
		const token = `${double.origin}/wpush/v2/secret-token-${++devices}`;
		return hasKeys ? { token, ...createDevice(token).subscription.keys } : { token };
	},
	answer: ([first = provider.well, ...more]) => double.answer(first, ...more),
	well: { status: 201 },
	requests: () => double.received.length,
	stop: async () => double[Symbol.asyncDispose](),
};
const scene = await openRowScene(async () => provider);
afterAll(() => scene.close());

const after = (status: number, retryAfter: string) => ({ status, headers: { "retry-after": retryAfter } });
const errno = (status: number, number: number) => ({
	status,
	body: JSON.stringify({ code: status, errno: number, message: "secret-token" }),
});
const apple = (status: number, reason: string) => ({ status, body: JSON.stringify({ reason }) });
const inTwoMinutes = (status: number) => (now: number) =>
	after(status, new Date(now + 120_000).toUTCString());

const ROWS: readonly Row<HttpAnswer>[] = [
	...[200, 201, 202, 204].map((status) => ({
		says: String(status),
		answers: [{ status }] as const,
		means: DELIVERED,
	})),
	{ says: "404", answers: [{ status: 404 }], means: GONE },
	{ says: "404, unknown to Mozilla", answers: [errno(404, 102)], means: GONE },
	{ says: "410", answers: [{ status: 410 }], means: GONE },
	{ says: "410, ended at Mozilla", answers: [errno(410, 106)], means: GONE },
	{ says: "400", answers: [{ status: 400 }], means: REJECTED },
	{ says: "413", answers: [{ status: 413 }], requests: 2, means: REJECTED },
	{ says: "413, then 201", answers: [{ status: 413 }, { status: 201 }], requests: 2, means: DELIVERED },
	{ says: "413, then 410", answers: [{ status: 413 }, { status: 410 }], requests: 2, means: GONE },
	{ says: "401", answers: [{ status: 401 }], means: REJECTED },
	{ says: "401, Mozilla's errno 109", answers: [errno(401, 109)], means: REJECTED },
	{ says: "403", answers: [{ status: 403 }], means: REJECTED },
	{ says: "403, Apple's BadJwtToken", answers: [apple(403, "BadJwtToken")], means: REJECTED },
	{ says: "429", answers: [{ status: 429 }], means: retried() },
	{ says: "429, Retry-After of 120 s", answers: [after(429, "120")], means: retried(120_000) },
	{ says: "429, Retry-After of a date", answers: [inTwoMinutes(429)], means: retried(120_000) },
	{ says: "429, Retry-After of 1 s", answers: [after(429, "1")], means: retried() },
	...[500, 502, 503, 504].map((status) => ({
		says: String(status),
		answers: [{ status }] as const,
		means: retried(),
	})),
	{ says: "503, Retry-After of 120 s", answers: [after(503, "120")], means: retried(120_000) },
	{ says: "503, Retry-After of a date", answers: [inTwoMinutes(503)], means: retried(120_000) },
	...[402, 405, 418].map((status) => ({
		says: `${status}, which is unknown`,
		answers: [{ status }] as const,
		means: retried(),
	})),
	{ says: "507", answers: [{ status: 507 }], means: retried() },
	{ says: "507, Retry-After of 120 s", answers: [after(507, "120")], means: retried(120_000) },
	...[300, 301, 302, 303, 307, 308].map((status) => ({
		says: `${status}, which is not followed`,
		answers: [{ status, headers: { location: `${double.origin}/elsewhere` } }] as const,
		means: REJECTED,
	})),
];

describe("Web Push says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", (_, row) => scene.check(row));

	test("413 of a push without content, which cannot be less", async () => {
		hasKeys = false;
		try {
			await scene.check({ says: "413", answers: [{ status: 413 }], means: REJECTED });
		} finally {
			hasKeys = true;
		}
	});

	test("413 of content, and is sent the same push without it", async () => {
		await scene.check({
			says: "413, then 201",
			answers: [{ status: 413 }, { status: 201 }],
			requests: 2,
			means: DELIVERED,
		});
		const [first, second] = double.received.slice(-2);
		expect(first?.body.length).toBeGreaterThan(0);
		expect(second?.body.length).toBe(0);
		expect(second?.headers.topic).toEqual(first?.headers.topic);
	});
});

describe("Web Push says of most devices", () => {
	test.each<[string, HttpAnswer, typeof GONE]>([
		["401: it is our VAPID key", errno(401, 109), REJECTED],
		["403: it is our VAPID key", apple(403, "BadJwtToken"), REJECTED],
		["410: nobody is forgotten", { status: 410 }, GONE],
	])("%s", (_, answer, means) => scene.checkMass(answer, means));
});
