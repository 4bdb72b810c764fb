/** WNS: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, expect, test } from "bun:test";
import { createWns } from "../../../src/services/wns/wns.ts";
import { startWnsServer } from "../../peers/wns-server.ts";
import { DELIVERED, GONE, MISCONFIGURED, REJECTED, type Row, retried } from "../../services/answer-rows.ts";
import { type HttpAnswer, startPushDouble } from "../../services/push-double.ts";
import { openRowScene, type Provider } from "./scene.ts";

/** Gives the access tokens; the channels lead to the other. */
const microsoft = startWnsServer();
const double = await startPushDouble();
const status = (word: string): HttpAnswer => ({
	status: 200,
	headers: { "x-wns-status": word, "x-wns-msg-id": "1A2B" },
});
const WELL = status("received");
let devices = 0;
const provider: Provider<HttpAnswer> = {
	async service(now) {
		const { credentials, tokenUrl } = microsoft;
		const app = { credentials, tokenUrl, type: "raw", alert: { text: "New message" } } as const;
		return createWns({ ...app, policy: { allowPrivate: true }, fetch, now });
	},
	device: () => ({ token: `${double.origin}/?token=SecretToken${++devices}` }),
	answer: ([first = WELL, ...more]) => double.answer(first, ...more),
	well: WELL,
	requests: () => double.received.length,
	async stop() {
		await double[Symbol.asyncDispose]();
		await microsoft.stop();
	},
};
const scene = await openRowScene(async () => provider);
afterAll(() => scene.close());

const said = (code: number, headers: Record<string, string> = {}): HttpAnswer => ({ status: code, headers });
const after = (code: number, seconds: number) => said(code, { "retry-after": String(seconds) });
/** Whether it is our account shows when the channels of several owners say so. */
const OF_ONE = { ...MISCONFIGURED, gate: "open" } as const;
const blocked = said(410, { "x-wns-error-description": "Domain Blocked" });

const ROWS: readonly Row<HttpAnswer>[] = [
	{ says: "200 received", answers: [WELL], means: DELIVERED },
	{ says: "200 dropped", answers: [status("dropped")], means: retried() },
	{ says: "200 channelthrottled", answers: [status("channelthrottled")], means: retried() },
	{ says: "401, of a new access token too", answers: [said(401)], requests: 2, means: OF_ONE },
	{ says: "401, not of a new access token", answers: [said(401), WELL], requests: 2, means: DELIVERED },
	{ says: "403", answers: [said(403)], means: REJECTED },
	{ says: "404", answers: [said(404)], means: GONE },
	{ says: "410", answers: [said(410)], means: GONE },
	{ says: "410 Domain Blocked", answers: [blocked], means: OF_ONE },
	{ says: "409, which is unknown", answers: [said(409)], means: retried() },
	{ says: "406", answers: [said(406)], means: retried() },
	{ says: "406, Retry-After of 120 s", answers: [after(406, 120)], means: retried(120_000) },
	{ says: "500", answers: [said(500)], means: retried() },
	{ says: "503", answers: [said(503)], means: retried() },
	{ says: "503, Retry-After of 120 s", answers: [after(503, 120)], means: retried(120_000) },
	...[400, 405, 413].map((code) => ({ says: String(code), answers: [said(code)] as const, means: REJECTED })),
];

describe("WNS says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", async (_, row) => {
		const before = microsoft.tokenRequests.length;
		await scene.check(row);
		// One at the start, another where ours was refused.
		expect(microsoft.tokenRequests.length - before).toBe(row.requests ?? 1);
	});
});

describe("WNS says of most devices", () => {
	test.each<[string, HttpAnswer, typeof GONE]>([
		["403: it is our account", said(403), REJECTED],
		["410: nobody is forgotten", said(410), GONE],
	])("%s", (_, answer, means) => scene.checkMass(answer, means));
});
