import { expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import { createResults } from "../../../src/delivery/outcomes/push-results.ts";
import type { Result } from "../../../src/store/registrations/push-results.ts";
import type { Registration } from "../../../src/types.ts";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const registration = (node: string, fields: Partial<Registration> = {}): Registration => ({
	node,
	app: "fcm",
	device: node,
	token: node,
	owner: "",
	registeredAt: 0,
	renewedAt: 0,
	...fields,
});

function fixture() {
	const written: Result[][] = [];
	const record = async (results: readonly Result[]) => void written.push([...results]);
	return { written, results: createResults({ record }, getLogger("results"), () => NOW) };
}

test("a good push is written down with its time", async () => {
	const { results, written } = fixture();
	results.add(registration("a", { lastSuccessAt: NOW - 1 }), "delivered");
	await results.flush();
	expect(written).toEqual([[{ node: "a", token: "a", at: NOW }]]);
});

test("before the first success a token's result does not take the place of another token's, however late it comes", async () => {
	const { results, written } = fixture();
	results.add(registration("a", { token: "new" }), "delivered");
	results.add(registration("a", { token: "old" }), "delivered");
	results.add(registration("a", { token: "old" }), "retry", "503");
	await results.flush();
	expect(written[0]?.map(({ token, error }) => [token, error])).toEqual([
		["new", undefined],
		["old", undefined],
		["old", "503"],
	]);
});

test("first successes are not left out where there are many results: those are written before their time", async () => {
	const { results, written } = fixture();
	for (let n = 0; n < 12_000; n++) results.add(registration(`bad ${n}`), "retry", "503");
	for (let n = 0; n < 30_000; n++) {
		results.add(registration(`first ${n}`), "delivered");
		if (n % 100 === 0) await Promise.resolve();
	}
	await results.flush();
	const good = written.flat().filter(({ error }) => error === undefined);
	expect(good).toHaveLength(30_000);
	expect(written.flat()).toHaveLength(40_000);
});

test("while the database is away it is not asked before its time, and first successes are kept for longest", async () => {
	const written: Result[][] = [];
	let asked = 0;
	let isAway = true;
	const record = async (results: readonly Result[]) => {
		asked++;
		if (isAway) throw new Error("no connection");
		written.push([...results]);
	};
	const results = createResults({ record }, getLogger("results"), () => NOW);
	for (let n = 0; n < 50_000; n++) {
		results.add(registration(`first ${n}`), "delivered");
		if (n % 100 === 0) await Promise.resolve();
	}
	expect(asked).toBe(1);
	isAway = false;
	await results.flush();
	expect(written.flat()).toHaveLength(20_000);
});

test("where there are many, those that were reached within the hour are not written again", async () => {
	const { results, written } = fixture();
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
