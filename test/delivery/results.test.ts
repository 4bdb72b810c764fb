import { expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import { createResults } from "../../src/delivery/results.ts";
import type { Result } from "../../src/store/results.ts";
import type { Registration } from "../../src/types.ts";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const registration = (node: string, fields: Partial<Registration> = {}): Registration => ({
	...{ node, app: "fcm", device: node, token: node, owner: "", registeredAt: 0, renewedAt: 0 },
	...fields,
});

function house() {
	const written: Result[][] = [];
	const record = async (results: readonly Result[]) => void written.push([...results]);
	return { written, results: createResults({ record }, getLogger("results"), () => NOW) };
}

test("a good push is written down with its time", async () => {
	const { results, written } = house();
	results.add(registration("a", { lastSuccessAt: NOW - 1 }), "delivered");
	await results.flush();
	expect(written).toEqual([[{ node: "a", token: "a", at: NOW }]]);
});

test("where there are many, those that were reached within the hour are not written again", async () => {
	const { results, written } = house();
	for (let n = 0; n < 250; n++) results.add(registration(`${n}`, { lastSuccessAt: NOW - 1 }), "delivered");
	results.add(registration("lately", { lastSuccessAt: NOW - 59 * MINUTE_MS }), "delivered");
	results.add(registration("long ago", { lastSuccessAt: NOW - 61 * MINUTE_MS }), "delivered");
	results.add(registration("never"), "delivered");
	const failing = { lastSuccessAt: NOW - 2 * MINUTE_MS, lastErrorAt: NOW - MINUTE_MS };
	results.add(registration("well again", failing), "delivered");
	const reached = registration("failed and well", { lastSuccessAt: NOW - MINUTE_MS });
	results.add(reached, "retry", "503");
	results.add(reached, "delivered");
	await results.flush();
	expect(written[0]?.slice(250).map(({ node }) => node)).toEqual([
		...["long ago", "never", "well again", "failed and well", "failed and well"],
	]);
});
