/** ntfy topics: every answer of the table, and what comes of it for the registration, the outbox and the publisher. */
import { afterAll, describe, test } from "bun:test";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import { createNtfy } from "../../../src/services/ntfy/ntfy.ts";
import type { Said } from "../../services/answer-rows.ts";
import { AT_OTHERS, AT_OURS, OF_MOST, WELL } from "../../services/ntfy/answer-rows.ts";
import { startPushDouble } from "../../services/push-double.ts";
import { openRowScene, type Provider } from "./scene.ts";

const policy = endpointPolicy({ allowHosts: [], allowPrivate: true });
let devices = 0;

/** @param isOurs whether the operator named the server, or a client did */
async function startProvider(isOurs: boolean): Promise<Provider<Said>> {
	const double = await startPushDouble();
	const named = isOurs ? { server: double.origin, accessToken: "tk_1" } : {};
	return {
		service: async (now) =>
			createNtfy({ ...named, text: "New message", policy, fetch, guardedFetch: fetch, now }),
		device: () => ({ token: `${double.origin}/SecretTopic${++devices}` }),
		answer: ([first = WELL, ...more]) => double.answer(first, ...more),
		well: WELL,
		requests: () => double.received.length,
		stop: async () => double[Symbol.asyncDispose](),
	};
}

const ours = await openRowScene(() => startProvider(true));
const others = await openRowScene(() => startProvider(false));
afterAll(async () => {
	await ours.close();
	await others.close();
});

describe("the operator's ntfy says", () => {
	test.each(AT_OURS.map((row) => [row.says, row] as const))("%s", (_, row) => ours.check(row));
});

describe("another ntfy says", () => {
	test.each(AT_OTHERS.map((row) => [row.says, row] as const))("%s", (_, row) => others.check(row));
});

describe("the operator's ntfy says of most devices", () => {
	test.each(OF_MOST)("%s", (_, answer, means) => ours.checkMass(answer, means));
});
