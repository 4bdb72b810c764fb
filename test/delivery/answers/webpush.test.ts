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
import { DELIVERED, REJECTED, type Said } from "../../services/answer-rows.ts";
import { startPushDouble } from "../../services/push-double.ts";
import { OF_MOST, ROWS } from "../../services/webpush/answer-rows.ts";
import { openRowScene, type Provider } from "./scene.ts";

const key = await importVapidKey(await generateVapidKey());
const policy = endpointPolicy({ allowHosts: [], allowPrivate: true });
const double = await startPushDouble();
let devices = 0;
let hasKeys = true;
const provider: Provider<Said> = {
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
	test.each(OF_MOST)("%s", (_, answer, means) => scene.checkMass(answer, means));
});
