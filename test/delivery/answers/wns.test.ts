/** WNS: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, expect, test } from "bun:test";
import { createWns } from "../../../src/services/wns/wns.ts";
import { startWnsServer } from "../../peers/wns-server.ts";
import type { Said } from "../../services/answer-rows.ts";
import { startPushDouble } from "../../services/push-double.ts";
import { OF_MOST, ROWS, WELL } from "../../services/wns/answer-rows.ts";
import { openRowScene, type Provider } from "./scene.ts";

/** Gives the access tokens; the channels lead to the other. */
const microsoft = startWnsServer();
const double = await startPushDouble();
let devices = 0;
const provider: Provider<Said> = {
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

describe("WNS says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", async (_, row) => {
		const before = microsoft.tokenRequests.length;
		await scene.check(row);
		// One at the start, another where ours was refused.
		expect(microsoft.tokenRequests.length - before).toBe(row.requests ?? 1);
	});
});

describe("WNS says of most devices", () => {
	test.each(OF_MOST)("%s", (_, answer, means) => scene.checkMass(answer, means));
});
