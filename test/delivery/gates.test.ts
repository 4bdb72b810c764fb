import { beforeEach, describe, expect, test } from "bun:test";
import { createGates, type GateLimits, type Gates, type Turn } from "../../src/delivery/gates.ts";
import type { Report } from "../../src/delivery/report.ts";

const LIMITS: GateLimits = { inFlight: 3 };
const WELL: Report = { kind: "well" };
const UNWELL: Report = { kind: "unwell", reason: "503 push service unwell" };

let clock: number;
let said: string[];
let gates: Gates;
beforeEach(() => {
	clock = 1_000_000;
	said = [];
	gates = createGates({
		now: () => clock,
		random: () => 0.5,
		onShut: (name, { kind, reason }) => said.push(`${name} ${kind}: ${reason}`),
		onOpen: (name) => said.push(`${name} open`),
		onRoom: (name) => said.push(`${name} has room`),
	});
});

/** Lets a push through. @throws if the gate does not */
function go(name = "app", limits = LIMITS): Extract<Turn, { kind: "go" }> {
	const turn = gates.enter(name, limits);
	if (turn.kind !== "go") throw new Error(`later: ${turn.reason}`);
	return turn;
}

/** When to ask again. @throws if the gate lets the push through */
function later(name = "app", limits = LIMITS): Extract<Turn, { kind: "later" }> {
	const turn = gates.enter(name, limits);
	if (turn.kind !== "later") throw new Error("it went through");
	return turn;
}

const fail = (times: number, name = "app") => {
	for (let time = 0; time < times; time++) go(name).leave(UNWELL);
};

describe("a gate", () => {
	test("lets so many through at once, and the next when one is done", () => {
		const turns = [go(), go(), go()];
		expect(later().at).toBeGreaterThan(clock);
		turns[0]?.leave(WELL);
		go();
	});

	test("tells once that it has room again, a quarter of its places, if it turned somebody away for want of it", () => {
		const many = { inFlight: 8 };
		const fillIt = () => Array.from({ length: 8 }, () => go("app", many));
		for (const turn of fillIt()) turn.leave(WELL);
		expect(said).toEqual([]);
		const turns = fillIt();
		later("app", many);
		later("app", many);
		turns[0]?.leave(WELL);
		expect(said).toEqual([]);
		turns[1]?.leave(WELL);
		expect(said).toEqual(["app has room"]);
		for (const turn of turns.slice(2)) turn.leave(WELL);
		expect(said).toHaveLength(1);
	});

	test("tells nobody of room while the other side is unwell: what waits comes back when it was to", () => {
		const turns = [go(), go(), go()];
		later();
		for (const turn of turns) turn.leave(UNWELL);
		expect(said).toEqual([]);
	});

	test("shuts after five faults in a row, for two seconds", () => {
		fail(4);
		go().leave(WELL);
		fail(5);
		expect(later()).toEqual({ kind: "later", reason: "503 push service unwell", at: clock + 2000 });
		expect(said).toEqual(["app unwell: 503 push service unwell"]);
		expect(gates.shut()).toEqual([{ name: "app", reason: "503 push service unwell" }]);
	});

	test("is tried by one push when the time is over, and opens when that one is well", () => {
		fail(5);
		clock += 2000;
		const trial = go();
		later();
		trial.leave(WELL);
		expect(said.at(-1)).toBe("app open");
		expect([go(), go(), go()]).toHaveLength(3);
		expect(gates.shut()).toEqual([]);
	});

	test("stays shut twice as long after each trial that failed, two minutes at most", () => {
		fail(5);
		const waits: number[] = [];
		for (let trial = 0; trial < 9; trial++) {
			clock = later().at;
			go().leave(UNWELL);
			waits.push(later().at - clock);
		}
		expect(waits).toEqual([4, 8, 16, 32, 64, 120, 120, 120, 120].map((seconds) => seconds * 1000));
		expect(said).toHaveLength(1);
	});

	test("stays shut for as long as the other side asked for", () => {
		go().leave({ ...UNWELL, afterMs: 30_000 });
		expect(later().at).toBe(clock + 30_000);
	});

	test("lets nothing through before that, whatever the luck", () => {
		const unlucky = createGates({ now: () => clock, random: () => 0 });
		const turn = unlucky.enter("app", LIMITS);
		if (turn.kind === "go") turn.leave({ ...UNWELL, afterMs: 60_000 });
		clock += 59_999;
		expect(unlucky.enter("app", LIMITS)).toMatchObject({ kind: "later", at: clock + 1_000 });
		clock += 1;
		expect(unlucky.enter("app", LIMITS).kind).toBe("go");
	});

	test("is tried at once when the clock was set back: it is not shut for the time that comes again", () => {
		fail(5);
		clock -= 3_600_000;
		const trial = go();
		expect(later().at).toBe(clock + 1_000);
		trial.leave(UNWELL);
		expect(later().at).toBe(clock + 4_000);
	});

	test("is not shut longer by those that were on their way when it shut, unless they say so", () => {
		const turns = Array.from({ length: 32 }, () => go("app", { inFlight: 32 }));
		for (const turn of turns) turn.leave({ ...UNWELL, afterMs: 1_000 });
		expect(later().at).toBe(clock + 2_000);
		const [early] = [go("other"), go("other")];
		go("other").leave({ ...UNWELL, afterMs: 1_000 });
		early?.leave({ ...UNWELL, afterMs: 60_000 });
		expect(later("other").at).toBe(clock + 60_000);
	});

	test("lets few retries through at once, so that a slow provider leaves the outbox's places to others", () => {
		const many = { inFlight: 1000 };
		for (let retry = 0; retry < 16; retry++) gates.enter("slow", many, true);
		expect(gates.enter("slow", many, true)).toMatchObject({ kind: "later" });
		expect(gates.enter("slow", many).kind).toBe("go");
		expect(gates.enter("other", many, true).kind).toBe("go");
	});

	test("shuts at once when our credentials do not work, and opens by itself once they do", () => {
		go().leave({ kind: "misconfigured", reason: "403 InvalidProviderToken" });
		expect(said).toEqual(["app misconfigured: 403 InvalidProviderToken"]);
		clock = later().at;
		go().leave({ kind: "misconfigured", reason: "403 InvalidProviderToken" });
		expect(said).toHaveLength(1);
		clock = later().at;
		go().leave(WELL);
		expect(said.at(-1)).toBe("app open");
	});

	test("is nobody else's", () => {
		fail(5, "sick");
		go("well");
		later("sick");
	});

	test("counts pushes that were on their way when it shut", () => {
		const [early, second, third] = [go(), go(), go()];
		for (let time = 0; time < 4; time++) {
			early.leave(UNWELL);
			go();
		}
		second.leave(UNWELL);
		third.leave(UNWELL);
		later();
	});
});

describe("a pool of gates", () => {
	const pooled = (): GateLimits => ({ inFlight: 8, pool: { name: "strangers", inFlight: 10 } });

	test("bounds all of them together, so that many that hang take no more than one app does", () => {
		for (let push = 0; push < 8; push++) go("one", pooled());
		for (let push = 0; push < 2; push++) go("two", pooled());
		expect(later("two", pooled()).reason).toContain("on their way");
		expect(later("three", pooled()).reason).toContain("on their way");
		go("an app that is in no pool");
	});

	test("has places of their own for those that answered well, whoever hangs", () => {
		const first = go("works", pooled());
		first.leave(WELL);
		for (let push = 0; push < 8; push++) go("hangs", pooled());
		for (let push = 0; push < 2; push++) go("hangs too", pooled());
		go("works", pooled()).leave(WELL);
	});

	test("may bound only those that have not answered well", () => {
		const pool = { name: "providers", inFlight: 10, onlyUnwell: true } as const;
		const provider: GateLimits = { inFlight: 20, pool };
		go("works", provider).leave(WELL);
		for (let push = 0; push < 10; push++) go(`hangs ${push}`, provider);
		expect(later("hangs too", provider).reason).toContain("on their way");
		for (let push = 0; push < 20; push++) go("works", provider);
	});

	test("gets its places back", () => {
		const turns = [...Array(8).fill("one"), ...Array(2).fill("two")].map((name) => go(name, pooled()));
		for (const turn of turns) turn.leave(UNWELL);
		go("three", pooled());
	});
});

test("who asks at a gate that is full is sent away for as long as it has not answered", () => {
	go();
	go();
	go();
	const waits = [1_000, 5_000, 60_000].map((silence) => {
		clock = 1_000_000 + silence;
		return later().at - clock;
	});
	expect(waits).toEqual([1_000, 5_000, 30_000]);
});

test("a host that nobody answers for gets no flood", () => {
	const limits: GateLimits = { inFlight: 100, rate: { perSecond: 20, burst: 5 } };
	for (let push = 0; push < 5; push++) go("stranger", limits).leave(WELL);
	// When several may go again: those that wait need not all come back for one.
	for (let push = 0; push < 50; push++) {
		expect(later("stranger", limits)).toMatchObject({ reason: "too many pushes a second", at: clock + 250 });
	}
	clock += 50;
	go("stranger", limits).leave(WELL);
	later("stranger", limits);
});

describe("gates of origins, which clients choose", () => {
	const STRANGER: GateLimits = { inFlight: 8, rate: { perSecond: 20, burst: 5 } };
	const known = () => gates.inFlight().size;

	test("are no more than 5,000, those that fail included; who was used last is known", () => {
		fail(5, "sick");
		for (let origin = 0; origin < 12_000; origin++) {
			fail(5, `web https://${origin}.example`);
			if (origin % 1000 === 0) later("sick");
		}
		expect(known()).toBe(5_000);
		later("sick");
		go("web https://1.example");
	});

	test("are forgotten an hour after their last use, whatever they knew", () => {
		fail(5, "web https://dead.example");
		clock += 3_600_000;
		go("app").leave(WELL);
		expect(gates.shut()).toEqual([]);
		expect(known()).toBe(1);
	});

	test("are not forgotten with pushes on their way", () => {
		const turn = go("web https://slow.example");
		clock += 3_600_000;
		for (let origin = 0; origin < 6_000; origin++) go(`web https://${origin}.example`).leave(WELL);
		expect(gates.inFlight().get("web https://slow.example")).toBe(1);
		turn.leave(WELL);
	});

	test("cannot be made to forget how many pushes they had: who asks for too many gates waits", () => {
		for (let push = 0; push < 5; push++) go("victim", STRANGER).leave(WELL);
		for (let origin = 1; origin < 5_000; origin++) go(`web https://${origin}.example`, STRANGER).leave(WELL);
		expect(later("one more", STRANGER).reason).toContain("too many servers");
		expect(later("victim", STRANGER).reason).toContain("a second");
		clock += 250;
		go("one more", STRANGER).leave(WELL);
		expect(known()).toBeLessThanOrEqual(5_000);
	});
});
