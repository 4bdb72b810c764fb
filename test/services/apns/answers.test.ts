/**
 * APNs: the table of answers, row by row over HTTP/2 and TLS, and what is no answer.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { ANSWERS } from "../../../src/services/apns/answers.ts";
import type { Notification } from "../../../src/types.ts";
import type { ApnsReply, ApnsServer } from "../../peers/apns-server.ts";
import { MINUTE, type Row, saidAt } from "../answer-rows.ts";
import { ROWS } from "./answer-rows.ts";
import { pushTo, TOKEN, VOIP_TOKEN } from "./pushes.ts";
import { answerInTurn, type Scene, START, startScene } from "./scene.ts";

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

describe("an answer", () => {
	/** Since when a device is gone, where the row does not say it. */
	const AT = START - 90 * MINUTE;
	const device = { token: TOKEN, voipToken: VOIP_TOKEN };
	const call: Notification = { class: "voip" };

	async function check(row: Row<ApnsReply>, retryAfter: Record<string, string> = {}) {
		const { means, reason, about, afterMs, laterMs = 0, requests = 1, isCall } = row;
		const service = await scene.service();
		// The row may look at how old our token is.
		await service.send(pushTo(TOKEN, message), soon());
		scene.clock.now += laterMs;
		const answers = saidAt(row.answers, scene.clock.now).map((one) => ({
			timestamp: AT,
			...one,
			headers: { ...one.headers, ...retryAfter },
		}));
		answerInTurn(server, answers);
		const outcome = await service.send(isCall ? pushTo(device, call) : pushTo(TOKEN, message), soon());
		const [said] = answers;
		const { outcome: kind } = means;
		const words = new RegExp(`^${said?.status} .+ \\(${said?.reason}\\)$`);
		expect(outcome).toEqual({
			kind,
			...(kind === "delivered"
				? { id: expect.any(String) }
				: { reason: reason ?? expect.stringMatching(words) }),
			...(kind === "gone" && { at: said?.timestamp }),
			...(kind === "gone" && isCall && { token: "voip" }),
			...(kind === "retry" && { afterMs: retryAfter["retry-after"] ? 7000 : afterMs }),
			about,
		} as never);
		expect(server.pushes.length - 1).toBe(requests);
	}
	const named = ROWS.map((row) => [row.says, row] as const);
	test.each(named)("of %s", (_, row) => check(row));
	test.each(named)("of %s, with Retry-After", (_, row) => check(row, { "retry-after": "7" }));

	test("of every row of the table was given above", () => {
		const words = ROWS.flatMap(({ answers, means }) =>
			saidAt(answers, START).map(({ status, reason }) => ({ status, reason, kind: means.outcome })),
		);
		const given = (row: (typeof ANSWERS)[number]) =>
			words.some(
				({ status, reason, kind }) =>
					row.status === status && (row.word ?? reason) === reason && row.kind === kind,
			);
		expect(ANSWERS.filter((row) => !given(row))).toEqual([]);
	});

	test.each([["2016-02-08"], [null], [1.5]])("a time that is none (%p) is left out", async (timestamp) => {
		server.respondWith({ status: 410, body: JSON.stringify({ reason: "Unregistered", timestamp }) });
		const outcome = await (await scene.service()).send(pushTo(TOKEN, message), soon());
		expect(Object.keys(outcome)).toEqual(["kind", "reason"]);
	});

	test.each(["Unregistered", "BadDeviceToken"])(
		"%s of a PushKit token is of that token alone",
		async (reason) => {
			const service = await scene.service();
			server.respondWith({ status: reason === "Unregistered" ? 410 : 400, reason });
			expect(await service.send(pushTo(device, call), soon())).toMatchObject({ kind: "gone", token: "voip" });
			expect(server.pushes.at(-1)?.token).toBe(VOIP_TOKEN);
			expect(await service.send(pushTo(TOKEN, call), soon())).not.toHaveProperty("token");
			expect(await service.send(pushTo(device, message), soon())).not.toHaveProperty("token");
		},
	);

	test.each(["TopicDisallowed", "BadTopic"])("%s of the topic of calls is of calls alone", async (reason) => {
		const service = await scene.service();
		server.respondWith({ status: 400, reason });
		const outcome = await service.send(pushTo(device, call), soon());
		expect(outcome).toMatchObject({ kind: "misconfigured", about: "token" });
		expect(await service.send(pushTo(TOKEN, call), soon())).not.toHaveProperty("about");
		expect(await service.send(pushTo(device, message), soon())).not.toHaveProperty("about");
	});

	test.each(["cut", "garbage"] as const)("a connection that is %s is retried", async (status) => {
		server.respondWith({ status });
		const outcome = await (await scene.service()).send(pushTo(TOKEN, message), soon());
		expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringMatching(/^network failure: /) });
	});

	test("no answer is retried when the deadline comes, and the next push goes on", async () => {
		const service = await scene.service();
		server.respondWith({ status: "hang", times: 1 });
		const deadline = new AbortController();
		const sending = service.send(pushTo(TOKEN, message), deadline.signal);
		await server.waitForPush();
		deadline.abort();
		expect(await sending).toEqual({ kind: "retry", reason: "no answer in time" });
		expect(await service.send(pushTo(TOKEN, message), soon())).toMatchObject({ kind: "delivered" });
	});
});
