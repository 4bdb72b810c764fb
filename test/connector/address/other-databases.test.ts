/** What a component makes of what it hears, and does not hear, of others beside it. */
import { expect, test } from "bun:test";
import { createOthers, type Others } from "../../../src/connector/address/other-databases.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";

const TIMING = { often: 1, about: 1, alone: 1 };

function scene() {
	const { log, lines } = readableLog();
	const others = createOthers({ address: "push.example.org", value: "ours", log, timing: TIMING });
	return { others, lines };
}

/** Sends so many. */
async function pings(others: Others, count: number): Promise<void> {
	const all = Promise.withResolvers<void>();
	let sent = 0;
	const end = others.ask(() => {
		if (++sent === count) all.resolve();
	});
	await all.promise;
	end();
}

test("while a start has not asked often enough, unknown registrations are not called unknown", async () => {
	const { others } = scene();
	expect(others.doubt()).toBeDefined();
	// Without a connection that is what is said.
	expect(others.fault()).toBeUndefined();
	await pings(others, 1);
	expect(others.fault()).toContain("whether another Reveille");
	await pings(others, 14);
	expect(others.doubt()).toBeUndefined();
	expect(others.fault()).toBeUndefined();
});

test("one that has another database is told of once, and until it was not heard for a minute", async () => {
	const { others, lines } = scene();
	others.heard("ours");
	expect(lines).toEqual([]);
	await pings(others, 14);
	others.heard("theirs");
	others.heard("theirs");
	expect(lines).toHaveLength(1);
	expect(lines[0]).toMatch(/^error .*another Reveille, which has another database/);
	expect(others.doubt()).toContain("another Reveille");
	expect(others.fault()).toContain("push.example.org");
	// It asks often first, so that the other hears of us.
	await pings(others, 12 + 29);
	expect(others.doubt()).toBeDefined();
	others.heard("theirs");
	await pings(others, 12 + 31);
	expect(others.doubt()).toBeUndefined();
	expect(others.fault()).toBeUndefined();
	expect(lines).toHaveLength(2);
	expect(lines[1]).toContain("has not been heard for a minute");
});

test("while this process stands still, the other one is not held for gone", async () => {
	const { others } = scene();
	others.heard("theirs");
	await pings(others, 20);
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
	expect(others.doubt()).toBeDefined();
});

test("who was refused its place knows of another one, and is ready all the same", async () => {
	const { others } = scene();
	others.refused();
	await pings(others, 14);
	expect(others.doubt()).toBeDefined();
	expect(others.fault()).toBeUndefined();
});
