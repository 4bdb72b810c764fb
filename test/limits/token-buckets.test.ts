import { expect, test } from "bun:test";
import type { Rate } from "../../src/limits/bounds/bound.ts";
import { createBuckets, KEPT_BUCKETS } from "../../src/limits/token-buckets.ts";

const RATE: Rate = { burst: 60, perSecond: 1 };

test("a bucket gives its burst, then one a second, and never saves up more than the burst", () => {
	let now = 1000;
	const { take } = createBuckets(RATE, () => now);
	for (let i = 0; i < RATE.burst; i++) expect(take("a")).toBe(0);
	expect(take("a")).toBe(1000);
	now += 999;
	expect(take("a")).toBeGreaterThan(0);
	now += 1;
	expect(take("a")).toBe(0);
	expect(take("a")).toBe(1000);
	now += 3_600_000;
	for (let i = 0; i < RATE.burst; i++) expect(take("a")).toBe(0);
	expect(take("a")).toBe(1000);
});

test("being refused costs nothing: whoever waits the time that was said gets through", () => {
	let now = 0;
	const { take } = createBuckets(RATE, () => now);
	for (let i = 0; i < RATE.burst + 500; i++) take("a");
	now += take("a");
	expect(take("a")).toBe(0);
});

test("one network's bucket is not another's", () => {
	const { take } = createBuckets(RATE, () => 0);
	for (let i = 0; i <= RATE.burst; i++) take("a");
	expect(take("a")).toBe(1000);
	expect(take("b")).toBe(0);
});

test("a clock that goes back locks nobody out", () => {
	let now = 1_000_000;
	const { take } = createBuckets(RATE, () => now);
	for (let i = 0; i < RATE.burst - 1; i++) take("a");
	now = 0;
	expect(take("a")).toBe(0);
	now += 1000;
	expect(take("a")).toBe(0);
});

test("of too many networks the one that was quiet longest is forgotten, not the busy one", () => {
	const { take } = createBuckets(RATE, () => 0);
	for (let i = 0; i <= RATE.burst; i++) take("busy");
	for (let i = 0; i <= RATE.burst; i++) take("quiet");
	for (let i = 0; i < KEPT_BUCKETS; i++) {
		if (i % 1000 === 0) expect(take("busy")).toBe(1000);
		take(`network ${i}`);
	}
	expect(take("busy")).toBe(1000);
	expect(take("quiet")).toBe(0);
});

test("to look how long to wait takes nothing", () => {
	const { take, wait } = createBuckets({ burst: 1, perSecond: 2 }, () => 0);
	expect([wait("a"), wait("a"), take("a"), wait("a")]).toEqual([0, 0, 0, 500]);
});

test("a name with half a character has one bucket, as any other", () => {
	const { take, putBack, wait } = createBuckets({ burst: 1, perSecond: 1 }, () => 0);
	const name = "half a \ud83d";
	expect(take(name)).toBe(0);
	expect(take(name)).toBe(1000);
	putBack(name);
	expect(wait(name)).toBe(0);
	expect(take(name)).toBe(0);
	expect(wait(name)).toBe(1000);
});
