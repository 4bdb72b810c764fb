/** Ubuntu Push: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, expect, test } from "bun:test";
import { createUbuntu } from "../../../src/services/ubuntu/ubuntu.ts";
import { DELIVERED, MISCONFIGURED, type Said } from "../../services/answer-rows.ts";
import { startPushDouble } from "../../services/push-double.ts";
import { FULL, OF_MOST, ROWS, WELL } from "../../services/ubuntu/answer-rows.ts";
import { openRowScene, type Provider } from "./scene.ts";

const double = await startPushDouble();
let devices = 0;
const provider: Provider<Said> = {
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
	test.each(OF_MOST)("%s", (_, answer, means) => scene.checkMass(answer, means));
});
