/** What the operator is told of pushes that failed: anybody may have a device that always fails. */
import { beforeEach, expect, test } from "bun:test";
import { createResults } from "../../../src/delivery/outcomes/push-results.ts";
import type { Registration } from "../../../src/types.ts";
import { readableLog } from "../delivery-fixture.ts";

const HOUR_MS = 3_600_000;
const registration = (owner: string, fields: Partial<Registration> = {}): Registration => ({
	node: owner,
	app: "webpush",
	device: owner,
	token: owner,
	owner,
	registeredAt: 0,
	renewedAt: 0,
	...fields,
});

let at: number;
let lines: string[];
let results: ReturnType<typeof createResults>;
beforeEach(() => {
	at = HOUR_MS;
	const { log, lines: written } = readableLog();
	lines = written;
	results = createResults({ record: async () => {} }, log, () => at);
});

/** Housekeeping's next time. */
async function next() {
	await results.flush();
	at += 10_000;
	return lines.splice(0);
}

test("one dead device is no warning, and is told of once an hour with the number of pushes", async () => {
	for (let times = 0; times < 360; times++) {
		results.add(registration("romeo@example.net"), "retry", "502");
		const said = await next();
		expect(said).toHaveLength(times === 0 ? 1 : 0);
		if (times === 0) expect(said[0]).toMatch(/^info .*one owner.*"count":1/);
	}
	results.add(registration("romeo@example.net"), "retry", "502");
	const said = await next();
	expect(said).toEqual([expect.stringMatching(/^info .*"count":360/)]);
});

test("the devices of several owners are a warning, at once, also after one owner's was told of", async () => {
	results.add(registration("romeo@example.net"), "retry", "502");
	expect(await next()).toEqual([expect.stringMatching(/^info /)]);
	results.add(registration("romeo@example.net"), "retry", "502");
	results.add(registration("juliet@example.net"), "retry", "502");
	expect(await next()).toEqual([expect.stringMatching(/^warn .*"count":2.*502/)]);
	results.add(registration("romeo@example.net"), "retry", "502");
	results.add(registration("juliet@example.net"), "retry", "502");
	expect(await next()).toEqual([]);
	at += HOUR_MS;
	expect(await next()).toEqual([expect.stringMatching(/^warn .*"count":2/)]);
});

test("each reason and each app is told of for itself, and refused pushes as such", async () => {
	results.add(registration("romeo@example.net"), "retry", "502");
	results.add(registration("romeo@example.net"), "retry", "503");
	results.add(registration("romeo@example.net", { app: "fcm" }), "retry", "503");
	results.add(registration("romeo@example.net"), "rejected", "413");
	results.add(registration("romeo@example.net"), "delivered");
	results.add(registration("romeo@example.net"), "gone", "410");
	const said = await next();
	expect(said).toHaveLength(4);
	expect(said[3]).toContain("were refused");
});

test("devices that registered over HTTP are told apart by their networks", async () => {
	results.add(registration("", { node: "a", party: "one" }), "retry", "502");
	results.add(registration("", { node: "b", party: "one" }), "retry", "502");
	expect(await next()).toEqual([expect.stringMatching(/^info /)]);
	results.add(registration("", { node: "c", party: "two" }), "retry", "502");
	results.add(registration("", { node: "d", party: "three" }), "retry", "502");
	expect(await next()).toEqual([expect.stringMatching(/^warn /)]);
});

test("a host that gives ever new reasons does not fill the log", async () => {
	let count = 0;
	for (let times = 0; times < 100; times++) {
		for (let n = 0; n < 100; n++)
			results.add(registration(`o${n}@example.net`), "retry", `502 (${times} ${n})`);
		count += (await next()).length;
	}
	expect(count).toBeLessThanOrEqual(201);
});

test("a host that gives ever new reasons leaves those of other apps to be told by their names", async () => {
	for (let n = 0; n < 300; n++) results.add(registration(`o${n}@example.net`), "retry", `502 (errno ${n})`);
	results.add(registration("romeo@example.net", { app: "fcm" }), "retry", "503 FCM unavailable");
	results.add(registration("juliet@example.net", { app: "fcm" }), "retry", "503 FCM unavailable");
	expect(await next()).toContainEqual(expect.stringMatching(/^warn .*"fcm".*503 FCM unavailable/));
});
