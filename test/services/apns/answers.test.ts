/**
 * APNs: the table of answers, row by row over HTTP/2 and TLS, and what is no answer.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { ANSWERS } from "../../../src/services/apns/answers.ts";
import type { Notification, Outcome } from "../../../src/types.ts";
import type { ApnsReply, ApnsServer } from "../../peers/apns-server.ts";
import { pushTo, TOKEN, VOIP_TOKEN } from "./pushes.ts";
import { type Scene, START, startScene } from "./scene.ts";

const MINUTE = 60_000;
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
	const AT = START - 90 * MINUTE;
	const rows: [number, string, Outcome["kind"]][] = [
		[410, "Unregistered", "gone"],
		[410, "ExpiredToken", "gone"],
		[400, "BadDeviceToken", "gone"],
		[400, "DeviceTokenNotForTopic", "gone"],
		[403, "ExpiredProviderToken", "misconfigured"],
		[403, "InvalidProviderToken", "misconfigured"],
		[403, "MissingProviderToken", "misconfigured"],
		[403, "BadCertificate", "misconfigured"],
		[403, "BadCertificateEnvironment", "misconfigured"],
		[403, "Forbidden", "misconfigured"],
		[403, "UnrelatedKeyIdInToken", "misconfigured"],
		[403, "BadEnvironmentKeyIdInToken", "misconfigured"],
		[400, "TopicDisallowed", "misconfigured"],
		[400, "MissingTopic", "misconfigured"],
		[400, "BadTopic", "misconfigured"],
		[429, "TooManyRequests", "retry"],
		[429, "TooManyProviderTokenUpdates", "retry"],
		[400, "IdleTimeout", "retry"],
		[500, "InternalServerError", "retry"],
		[503, "Shutdown", "retry"],
		[503, "ServiceUnavailable", "retry"],
		[400, "BadCollapseId", "rejected"],
		[400, "BadExpirationDate", "rejected"],
		[400, "BadMessageId", "rejected"],
		[400, "BadPriority", "rejected"],
		[400, "DuplicateHeaders", "rejected"],
		[400, "InvalidPushType", "rejected"],
		[400, "MissingDeviceToken", "rejected"],
		[400, "PayloadEmpty", "rejected"],
		[400, "SomethingNew", "rejected"],
		[404, "BadPath", "rejected"],
		[405, "MethodNotAllowed", "rejected"],
		[413, "PayloadTooLarge", "rejected"],
		// Nobody documented these.
		[401, "BadDeviceToken", "retry"],
		[403, "SomethingNew", "retry"],
		[404, "Unregistered", "retry"],
		[410, "SomethingNew", "retry"],
		[418, "Teapot", "retry"],
		[201, "Unregistered", "retry"],
		[302, "Unregistered", "retry"],
	];

	test.each(rows)("%d %s is %s", async (status, reason, kind) => {
		server.respondWith({ status, reason, timestamp: AT, headers: { "retry-after": "7" } });
		const service = await scene.service();
		const outcome = await service.send(pushTo(TOKEN, message), soon());
		const said = expect.stringMatching(new RegExp(`^${status} .+ \\(${reason}\\)$`));
		const rest = kind === "gone" ? { at: AT } : kind === "retry" ? { afterMs: 7000 } : {};
		expect(outcome).toMatchObject({ kind, reason: said, ...rest } as Outcome);
		// One request, whatever the answer.
		expect(server.pushes.length).toBe(1);
	});

	test("of every row of the table was given above", () => {
		const given = (row: (typeof ANSWERS)[number]) =>
			rows.some(
				([status, word, kind]) => row.status === status && (row.word ?? word) === word && row.kind === kind,
			);
		expect(ANSWERS.filter((row) => !given(row))).toEqual([]);
	});

	test.each<[string, ApnsReply]>([
		["a 410 without a word", { status: 410 }],
		["a 410 that is a page", { status: 410, body: "<html>Unregistered</html>" }],
		["a 410 that is null", { status: 410, body: "null" }],
		["a 400 without a word", { status: 400, body: "{}" }],
		["a 400 whose word is none", { status: 400, body: `{"reason":"${TOKEN} is unknown"}` }],
	])("%s is not Apple's, and retried", async (_, reply) => {
		server.respondWith(reply);
		const outcome = await (await scene.service()).send(pushTo(TOKEN, message), soon());
		expect(outcome).toEqual({ kind: "retry", reason: `${reply.status} unknown answer`, about: "token" });
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
			const call: Notification = { class: "voip" };
			server.respondWith({ status: reason === "Unregistered" ? 410 : 400, reason });
			const device = { token: TOKEN, voipToken: VOIP_TOKEN };
			expect(await service.send(pushTo(device, call), soon())).toMatchObject({ kind: "gone", token: "voip" });
			expect(server.pushes.at(-1)?.token).toBe(VOIP_TOKEN);
			expect(await service.send(pushTo(TOKEN, call), soon())).not.toHaveProperty("token");
			expect(await service.send(pushTo(device, message), soon())).not.toHaveProperty("token");
		},
	);

	test.each(["TopicDisallowed", "BadTopic"])("%s of the topic of calls is of calls alone", async (reason) => {
		const service = await scene.service();
		server.respondWith({ status: 400, reason });
		const device = { token: TOKEN, voipToken: VOIP_TOKEN };
		const call: Notification = { class: "voip" };
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
