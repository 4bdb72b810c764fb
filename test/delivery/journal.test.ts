/** The journal: what the console is told, and that strangers fill nothing. */
import { beforeEach, describe, expect, test } from "bun:test";
import { createJournal, type Journal, type Noted } from "../../src/delivery/journal.ts";
import { consoleBounds } from "../../src/limits/bounds/console.ts";
import type { Happened } from "../../src/store/console/events.ts";
import type { Outcome } from "../../src/types.ts";

let now: number;
let journal: Journal;
let live: Happened[];
beforeEach(() => {
	now = 1_000_000;
	journal = createJournal({ now: () => now });
	live = [];
	journal.listen((happened) => live.push(happened));
});

const ended: Noted = {
	kind: "ended",
	node: "n",
	reason: "HTTP 410",
	decider: "provider",
	decidedBy: "Mozilla",
};
const wrong = (by: string): Noted => ({
	kind: "wrong-secret",
	reason: "wrong secret",
	decider: "server",
	decidedBy: by,
	isStrangers: true,
	by,
});

test("what happened is told at once to who listens, and once to the batch of the minute", () => {
	journal.note(ended);
	expect(live).toEqual([{ ...ended, at: now }]);
	expect(journal.take()).toEqual(live);
	expect(journal.take()).toEqual([]);
});

test("who stopped listening hears no more", () => {
	const heard: Happened[] = [];
	const stop = journal.listen((happened) => heard.push(happened));
	stop();
	journal.note(ended);
	expect(heard).toEqual([]);
});

describe("what strangers bring about", () => {
	test("is kept 20 times of one a minute, then counted", () => {
		for (let at = 0; at < 1_000; at++) journal.note(wrong("evil.example"));
		journal.note(wrong("other.example"));
		const taken = journal.take();
		expect(taken.filter(({ decidedBy }) => decidedBy === "evil.example")).toHaveLength(20);
		expect(taken.filter(({ decidedBy }) => decidedBy === "other.example")).toHaveLength(1);
		expect(taken.at(-1)).toMatchObject({ kind: "wrong-secret", count: 980, isStrangers: true });
		expect(live).toHaveLength(21);
	});

	test("is kept 200 times of all a minute, and takes no place of the rest", () => {
		for (let at = 0; at < 100_000; at++) journal.note(wrong(`${at}.example`));
		journal.note(ended);
		const taken = journal.take();
		expect(taken).toHaveLength(consoleBounds.strangersEventsPerMinute.is + 2);
		expect(taken).toContainEqual({ ...ended, at: now });
		expect(taken.at(-1)?.count).toBe(100_000 - consoleBounds.strangersEventsPerMinute.is);
		journal.note(wrong("1.example"));
		expect(journal.take()).toHaveLength(1);
	});

	test("costs about nothing once there is much of it", () => {
		for (let at = 0; at < 1_000; at++) journal.note(wrong(`${at}.example`));
		const noted = wrong("x.example");
		const startedAt = performance.now();
		for (let at = 0; at < 100_000; at++) journal.note(noted);
		expect((performance.now() - startedAt) / 100_000).toBeLessThan(0.01);
	});
});

test("of the rest 500 are kept a minute, and the others counted by kind", () => {
	for (let at = 0; at < 700; at++) journal.note(ended);
	const taken = journal.take();
	expect(taken).toHaveLength(501);
	expect(taken.at(-1)).toMatchObject({ kind: "ended", count: 200, isStrangers: false });
});

test("of the rest one domain's devices fill nothing: 200 are kept a minute, and there is room for all others", () => {
	for (let at = 0; at < 10_000; at++)
		journal.note({ ...ended, node: `n${at}`, by: "evil.example", isStrangers: false });
	for (const by of ["montague.example", undefined]) journal.note({ ...ended, reason: "other", by });
	const taken = journal.take();
	expect(taken).toHaveLength(203);
	expect(taken.filter(({ reason }) => reason === "other")).toHaveLength(2);
	expect(taken.at(-1)).toMatchObject({ kind: "ended", count: 9_800, isStrangers: false });
});

describe("pushes that fail for now", () => {
	const failure = { app: "fcm", reason: "HTTP 503", node: "n", owner: "romeo@x.example", decidedBy: "fcm" };

	test("are told once for a reason, then their number after a minute, two, four", () => {
		const counts: number[] = [];
		for (let minute = 0; minute < 10; minute++) {
			for (let at = 0; at < 100; at++) journal.failed(failure);
			const taken = journal.take();
			if (taken.length > 0) counts.push(taken.reduce((sum, { count = 1 }) => sum + count, 0));
			now += 60_000;
		}
		expect(counts).toEqual([1, 199, 200, 400]);
		expect(live[0]).toEqual({ ...failure, kind: "failed", decider: "provider", at: 1_000_000 });
		expect(live[1]?.node).toBeUndefined();
		expect(live[1]?.owner).toBeUndefined();
	});

	test("of a new reason after an hour of silence are told at once again", () => {
		journal.failed(failure);
		journal.take();
		now += 3_600_000;
		journal.take();
		journal.failed(failure);
		expect(journal.take()).toHaveLength(1);
	});

	test("have no more than 200 reasons that are told by their names", () => {
		for (let at = 0; at < 5_000; at++) journal.failed({ ...failure, reason: `r${at}`, by: `d${at}` });
		const taken = journal.take();
		expect(taken).toHaveLength(201);
		expect(taken.at(-1)?.reason).toBe("other reasons");
		now += 60_000;
		expect(journal.take()).toMatchObject([{ reason: "other reasons", count: 4_799 }]);
	});
});

test("whose push service makes up reasons takes no names from those of others", () => {
	const failing = (reason: string, by: string) =>
		journal.failed({ app: "webpush", reason, node: "n", decidedBy: "up.example", by });
	for (let at = 0; at < 5_000; at++) failing(`r${at}`, "evil.example");
	failing("HTTP 503", "montague.example");
	expect(journal.take().map(({ reason }) => reason)).toEqual([
		...Array.from({ length: 40 }, (_, at) => `r${at}`),
		"other reasons",
		"HTTP 503",
	]);
	now += 3_600_000;
	journal.take();
	now += 3_600_000;
	journal.take();
	failing("of another hour", "evil.example");
	expect(journal.take().map(({ reason }) => reason)).toEqual(["of another hour"]);
});

describe("figures", () => {
	const sent = (outcome: Outcome) => journal.sent("n", "fcm", { at: now, ms: 5, outcome });

	test("count outcomes by app, with their reasons, and answers by how long they took", () => {
		sent({ kind: "delivered" });
		sent({ kind: "delivered" });
		sent({ kind: "retry", reason: "HTTP 503" });
		sent({ kind: "misconfigured", reason: "no key" });
		journal.answered(0.2);
		journal.answered(4);
		const figures = journal.takeFigures();
		expect(figures).toMatchObject({
			pushes: { fcm: { delivered: 2, later: 1, setup: 1 } },
			reasons: [
				["fcm", "later", "HTTP 503", 1],
				["fcm", "setup", "no key", 1],
			],
			publishes: 2,
		});
		expect(figures.answers.reduce((sum, count) => sum + count, 0)).toBe(2);
		expect(journal.takeFigures()).toMatchObject({ pushes: {}, publishes: 0 });
	});

	test("name no more than fifty reasons, however many there are", () => {
		for (let at = 0; at < 10_000; at++) sent({ kind: "retry", reason: `r${at}` });
		const { reasons = [] } = journal.takeFigures();
		expect(reasons).toHaveLength(50);
		expect(reasons.reduce((sum, [, , , count]) => sum + count, 0)).toBe(10_000);
	});
});

describe("the last publish", () => {
	const publish = (node: string) =>
		journal.published({ node, class: "high", at: now, ms: 12, answer: { kind: "done", how: "delivered" } });

	test("is known with its way", () => {
		publish("n");
		journal.sent("n", "fcm", { at: now + 2, ms: 9, outcome: { kind: "delivered" } });
		expect(journal.lastPublish("n")).toMatchObject({ at: now, class: "high", ms: 12 });
		expect(journal.lastPublish("n")?.legs.map(({ name, state, ms }) => [name, state, ms])).toEqual([
			["Publish", "ok", undefined],
			["Reveille", "ok", 2],
			["Push service", "ok", 9],
			["Answer", "ok", undefined],
		]);
		expect(journal.lastPublish("other")).toBeUndefined();
	});

	test("does not have what was sent for an earlier one", () => {
		journal.sent("n", "fcm", { at: now - 1, ms: 9, outcome: { kind: "delivered" } });
		publish("n");
		expect(journal.lastPublish("n")?.legs.map(({ name }) => name)).toEqual(["Publish", "Answer"]);
		expect(journal.lastSend("n")?.ms).toBe(9);
	});

	test("does not have what was sent after its answer, such as a test push; what waited is tried later", () => {
		publish("n");
		journal.sent("n", "fcm", { at: now + 900, ms: 9, outcome: { kind: "delivered" } });
		expect(journal.lastPublish("n")?.legs.map(({ name }) => name)).toEqual(["Publish", "Answer"]);
		journal.published({
			node: "n",
			class: "high",
			at: now,
			answer: { kind: "done", how: "queued" },
			ms: 3,
			isOverHttp: true,
		});
		expect(journal.lastPublish("n")?.legs.map(({ name, text }) => `${name}: ${text}`)).toEqual([
			"HTTP: It was asked for over HTTP",
			"Reveille: Kept it, and tried it again",
			"Push service: Took it",
			"Answer: Done: it waits here, and is tried again",
		]);
	});

	test("is known of the last 10,000 registrations", () => {
		for (let at = 0; at < 30_000; at++) publish(`n${at}`);
		expect(journal.lastPublish("n20000")).toBeDefined();
		expect(journal.lastPublish("n0")).toBeUndefined();
	});
});
