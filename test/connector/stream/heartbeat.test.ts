/** What a heartbeat makes of silence, and of its own sleep. */
import { expect, test } from "bun:test";
import { createJudge } from "../../../src/connector/stream/heartbeat.ts";

const EVERY = 1_000;

/** A heartbeat of 30 s and 15 s, by a clock of its own. */
function scene() {
	let now = 0;
	let life = 0;
	const judge = createJudge({ every: EVERY, silence: 30_000, grace: 15_000, lastLife: () => life }, now);
	return {
		/** The next tick, so much late. */
		tick(lateMs = 0) {
			now += EVERY + lateMs;
			return judge(now);
		},
		/** Ticks on time. @returns what each said */
		ticks(seconds: number) {
			return new Set(Array.from({ length: seconds }, () => this.tick()));
		},
		/** Something arrives. */
		live() {
			life = now;
		},
	};
}

test("silence is asked about, and when nothing comes, the connection is dead", () => {
	const it = scene();
	expect(it.ticks(30)).toEqual(new Set(["alive"]));
	expect(it.ticks(15)).toEqual(new Set(["ask"]));
	expect(it.tick()).toBe("dead");
});

test("what arrives ends the silence", () => {
	const it = scene();
	it.ticks(40);
	it.live();
	expect(it.ticks(30)).toEqual(new Set(["alive"]));
	expect(it.tick()).toBe("ask");
});

test("a pause is no silence of the server's: it is asked, and has the whole grace to answer", () => {
	const it = scene();
	it.ticks(5);
	// Longer than silence and grace together.
	expect(it.tick(100_000)).toBe("ask");
	expect(it.ticks(15)).toEqual(new Set(["ask"]));
	expect(it.tick()).toBe("dead");
});

test("a pause at the end of the grace begins it anew", () => {
	const it = scene();
	expect(it.ticks(45)).toEqual(new Set(["alive", "ask"]));
	expect(it.tick(100_000)).toBe("ask");
	expect(it.ticks(14)).toEqual(new Set(["ask"]));
	it.live();
	expect(it.tick()).toBe("alive");
});

test("a pause while all is well asks nothing that the silence does not ask for", () => {
	const it = scene();
	it.ticks(5);
	it.live();
	expect(it.tick(10_000)).toBe("alive");
});

test("a process whose every tick is late finds out all the same", () => {
	const it = scene();
	const said = Array.from({ length: 60 }, () => it.tick(5_000));
	expect(said.indexOf("dead")).toBeGreaterThan(0);
	// And as often as there are signs of life it is well.
	it.live();
	expect(it.tick(5_000)).toBe("alive");
});
