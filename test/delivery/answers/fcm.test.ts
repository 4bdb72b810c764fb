/** FCM: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createFcm } from "../../../src/services/fcm/fcm.ts";
import { importServiceAccount } from "../../../src/services/fcm/service-account.ts";
import { startFcmServer } from "../../peers/fcm-server.ts";
import type { Said } from "../../services/answer-rows.ts";
import { OF_MOST, ROWS, WELL } from "../../services/fcm/answer-rows.ts";
import { startPushDouble } from "../../services/push-double.ts";
import { openRowScene, type Provider } from "./scene.ts";

/** Gives the access tokens; the pushes go to the other. */
const google = startFcmServer();
const double = await startPushDouble();
const serviceAccount = await importServiceAccount(google.serviceAccount);
let devices = 0;
const provider: Provider<Said> = {
	service: async (now) => createFcm({ serviceAccount, url: double.origin, fetch, now }),
	device: () => ({ token: `cAbCdEfGhIj${++devices}:APA91bSecretToken` }),
	answer: ([first = WELL, ...more]) => double.answer(first, ...more),
	well: WELL,
	requests: () => double.received.length,
	async stop() {
		await double[Symbol.asyncDispose]();
		await google.stop();
	},
};
const scene = await openRowScene(async () => provider);
afterAll(() => scene.close());

/** Access tokens asked for while a row was checked: one at the start, another where ours was refused. */
let askedBefore = 0;
beforeEach(() => {
	askedBefore = google.tokenRequests.length;
});

describe("FCM says", () => {
	test.each(ROWS.map((row) => [row.says, row] as const))("%s", async (_, row) => {
		await scene.check(row);
		const isAboutAccess = /access token( too)?$/.test(row.says) && row.requests === 2;
		expect(google.tokenRequests.slice(askedBefore)).toEqual(isAboutAccess ? [{}, {}] : [{}]);
	});
});

describe("FCM says of most devices", () => {
	test.each(OF_MOST)("%s", (_, answer, means) => scene.checkMass(answer, means));
});
