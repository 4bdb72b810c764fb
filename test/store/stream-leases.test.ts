import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createStreamLeases, type StreamLeases } from "../../src/store/stream-leases.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const ADDRESS = "push@example.org/push";
const state = (inbound: number, id = "stream") => ({ id, inbound, jid: ADDRESS });

let database: TestDatabase;
let leases: StreamLeases;
beforeEach(async () => {
	database = await openTestDatabase();
	leases = createStreamLeases(database.db);
});
afterEach(() => database.close());

describe("an address", () => {
	test("is given to one of several that ask at once, whether nobody had it or its holder is gone", async () => {
		const all = ["one", "two", "three"];
		const first = await Promise.all(all.map((holder) => leases.take(ADDRESS, holder, undefined)));
		expect(first.filter(Boolean)).toHaveLength(1);
		const seen = await leases.find(ADDRESS);
		expect(seen).toEqual({ holder: all[first.indexOf(true)] as string, beat: 1, state: undefined });
		const second = await Promise.all(all.map((holder) => leases.take(ADDRESS, holder, seen)));
		expect(second.filter(Boolean)).toHaveLength(1);
	});

	test("is not taken from a holder that beat since it was looked at", async () => {
		await leases.take(ADDRESS, "one", undefined);
		const seen = await leases.find(ADDRESS);
		expect(await leases.beat(ADDRESS, "one", state(3))).toBe(true);
		expect(await leases.take(ADDRESS, "two", seen)).toBe(false);
		expect(await leases.take(ADDRESS, "two", await leases.find(ADDRESS))).toBe(true);
		expect(await leases.beat(ADDRESS, "one", state(9))).toBe(false);
		// Whoever takes it has what the last one left.
		expect(await leases.find(ADDRESS)).toEqual({ holder: "two", beat: 3, state: state(3) });
	});

	test("that was left is known by its beat, and by nobody but its holder", async () => {
		await leases.take(ADDRESS, "one", undefined);
		await leases.leave(ADDRESS, "two");
		expect((await leases.find(ADDRESS))?.beat).toBe(1);
		await leases.leave(ADDRESS, "one");
		expect((await leases.find(ADDRESS))?.beat).toBe(0);
	});
});

test("a stream's count does not go back, and another stream begins anew", async () => {
	await leases.take(ADDRESS, "one", undefined);
	const after = async (next: ReturnType<typeof state> | undefined) => {
		await leases.beat(ADDRESS, "one", next);
		return (await leases.find(ADDRESS))?.state;
	};
	expect(await after(state(5))).toEqual(state(5));
	expect(await after(state(4))).toEqual(state(5));
	expect(await after(state(0, "next"))).toEqual(state(0, "next"));
	expect(await after(undefined)).toBeUndefined();
	expect(await after(state(2))).toEqual(state(2));
});
