/** Ubuntu Push: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, expect, test } from "bun:test";
import { createUbuntu } from "../../../src/services/ubuntu/ubuntu.ts";
import {
	DELIVERED,
	GONE,
	leftAlone,
	MISCONFIGURED,
	REJECTED,
	type Row,
	retried,
} from "../../services/answer-rows.ts";
import { type HttpAnswer, startPushDouble } from "../../services/push-double.ts";
import { openRowScene, type Provider } from "./scene.ts";

const double = await startPushDouble();
const WELL: HttpAnswer = { status: 200, body: '{"ok":true}' };
let devices = 0;
const provider: Provider<HttpAnswer> = {
	async service(now) {
		const app = { appId: "com.example.chat_chat", alert: { text: "New message" } };
		return createUbuntu({ ...app, url: double.origin, fetch, now });
	},
	device: () => ({ token: `c2VjcmV0+dG9r/ZW4${++devices}=` }),
	answer: ([first = WELL, ...more]) => double.answer(first, ...more),
	well: WELL,
	requests: () => double.received.length,
	stop: async () => double[Symbol.asyncDispose](),
};
const scene = await openRowScene(async () => provider);
afterAll(() => scene.close());

/** What the app's settings have, rather than what the server says. */
const settings = await openRowScene<"an id" | "no id">(async () => {
	let now: "an id" | "no id";
	return {
		async service(clock) {
			const app = { alert: { text: "New message" }, url: double.origin, fetch, now: clock };
			const named = createUbuntu({ ...app, appId: "com.example.chat_chat" });
			const unnamed = createUbuntu(app);
			return { ...named, send: (...push) => (now === "an id" ? named : unnamed).send(...push) };
		},
		device: provider.device,
		answer: ([first = "an id"]) => {
			now = first;
			double.answer(WELL);
		},
		well: "an id",
		requests: provider.requests,
		stop: async () => {},
	};
});
afterAll(() => settings.close());

/** An error of the server's: `extra` may hold another message whole. */
const error = (status: number, name: string, after?: number): HttpAnswer => ({
	status,
	headers: after === undefined ? {} : { "retry-after": String(after) },
	body: JSON.stringify({ error: name, message: "c2VjcmV0", extra: { body: "What light…" } }),
});

const FULL = error(413, "too-many-pending");
const ROWS: readonly Row<HttpAnswer>[] = [
	{ says: "200", answers: [WELL], means: DELIVERED },
	{ says: "400 unknown-token", answers: [error(400, "unknown-token")], means: GONE },
	{ says: "401 unauthorized", answers: [error(401, "unauthorized")], means: GONE },
	{ says: "401 unauthorized-app-id", answers: [error(401, "unauthorized-app-id")], means: GONE },
	{ says: "413 too-many-pending, clearing them too", answers: [FULL], requests: 2, means: retried() },
	{ says: "413 too-many-pending, not clearing them", answers: [FULL, WELL], requests: 2, means: DELIVERED },
	...[400, 405, 411, 413, 415].map((status) => ({
		says: `${status} invalid-request`,
		answers: [error(status, "invalid-request")] as const,
		means: REJECTED,
	})),
	{ says: "503 unavailable", answers: [error(503, "unavailable")], means: retried() },
	{
		says: "503 unavailable, Retry-After of 120 s",
		answers: [error(503, "unavailable", 120)],
		means: leftAlone(120_000),
	},
	{ says: "500", answers: [error(500, "internal")], means: retried() },
	{ says: "429", answers: [error(429, "rate-limited")], means: retried() },
	{
		says: "429, Retry-After of 120 s: we are all one client to it",
		answers: [error(429, "rate-limited", 120)],
		means: leftAlone(120_000),
	},
];

describe("Ubuntu Push says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", (_, row) => scene.check(row));

	test("413 too-many-pending, and is sent the same push with clear_pending", async () => {
		await scene.check({ says: "413", answers: [FULL, WELL], requests: 2, means: DELIVERED });
		const [first, second] = double.received.slice(-2).map(({ body }) => JSON.parse(body.toString()));
		expect(first).not.toHaveProperty("clear_pending");
		expect(second).toEqual({ ...first, clear_pending: true });
	});
});

test("a device without an application id waits for the app's to be set, and those with one do not", () =>
	settings.check({
		says: "nothing: it is not asked",
		answers: ["no id"],
		requests: 0,
		means: { ...MISCONFIGURED, gate: "open" },
	}));

describe("Ubuntu Push says of most devices", () => {
	test.each<[string, HttpAnswer, typeof GONE]>([
		["401 unauthorized: it is our application id", error(401, "unauthorized"), GONE],
		["400 unknown-token: nobody is forgotten", error(400, "unknown-token"), GONE],
		["400 invalid-request: it is us who make them", error(400, "invalid-request"), REJECTED],
	])("%s", (_, answer, means) => scene.checkMass(answer, means));
});
