import { beforeEach, describe, expect, test } from "bun:test";
import type { Asking, GateLimits, Passage } from "../../../src/delivery/gates/gate.ts";
import { createGates, type Gates } from "../../../src/delivery/gates/gates.ts";
import type { Report } from "../../../src/delivery/gates/report.ts";

const LIMITS: GateLimits = { inFlight: 3 };
const WELL: Report = { kind: "well" };
const UNWELL: Report = { kind: "unwell", reason: "503 push service unwell" };
/** For a device that was delivered to. */
const PROVEN: Asking = { device: { owner: "" }, isProven: true, isRetry: false };
const RETRY: Asking = { ...PROVEN, isRetry: true };

let clock: number;
let said: string[];
let gates: Gates;
beforeEach(() => {
	clock = 1_000_000;
	said = [];
	gates = createGates({
		now: () => clock,
		random: () => 0.5,
		onShut: (name, { kind, reason }, shutFor) =>
			said.push(`${name} ${kind}: ${reason}${shutFor === "all" ? "" : " (never delivered to)"}`),
		onOpen: (name) => said.push(`${name} open`),
		onRoom: (name) => said.push(`${name} has room`),
	});
});

/** Lets a push through. @throws if the gate does not */
function go(name = "app", limits = LIMITS, asking = PROVEN): Extract<Passage, { kind: "go" }> {
	const turn = gates.enter(name, limits, asking);
	if (turn.kind !== "go") throw new Error(`later: ${turn.reason}`);
	return turn;
}

/** When to ask again. @throws if the gate lets the push through */
function later(name = "app", limits = LIMITS, asking = PROVEN): Extract<Passage, { kind: "later" }> {
	const turn = gates.enter(name, limits, asking);
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
		expect(gates.shutSince()).toEqual([
			{ name: "app", reason: "503 push service unwell", since: clock, until: clock + 2000 },
		]);
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
		const turn = unlucky.enter("app", LIMITS, PROVEN);
		if (turn.kind === "go") turn.leave({ ...UNWELL, afterMs: 60_000 });
		clock += 59_999;
		expect(unlucky.enter("app", LIMITS, PROVEN)).toMatchObject({ kind: "later", at: clock + 1_000 });
		clock += 1;
		expect(unlucky.enter("app", LIMITS, PROVEN).kind).toBe("go");
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
		for (let retry = 0; retry < 16; retry++) gates.enter("slow", many, RETRY);
		expect(gates.enter("slow", many, RETRY)).toMatchObject({ kind: "later" });
		expect(gates.enter("slow", many, PROVEN).kind).toBe("go");
		expect(gates.enter("other", many, RETRY).kind).toBe("go");
	});

	test("shuts at once when our credentials do not work, and opens by itself once they do", () => {
		go().leave({ kind: "misconfigured", reason: "403 InvalidProviderToken" });
		expect(gates.shutSince()).toMatchObject([{ name: "app", since: clock, isOurs: true }]);
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

	test("has room for devices that were delivered to, whatever a stranger's pages at their host answer", () => {
		go("shared", pooled()).leave(WELL);
		const pages = Array.from({ length: 6 }, () => go("shared", pooled(), { ...PROVEN, isProven: false }));
		go("shared", pooled());
		go("shared", pooled());
		expect(later("shared", pooled())).toMatchObject({ isFull: true });
		for (const page of pages) page.leave(UNWELL);
		expect(said).toContain("shared has room");
	});

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

describe("devices that were never delivered to", () => {
	const NEW: Asking = { ...PROVEN, isProven: false };
	const STRANGERS: GateLimits = { inFlight: 8, pool: { name: "strangers", inFlight: 8 }, parties: 3 };

	test("never get the last quarter of a gate's places, however many of them hang", () => {
		const limits = { inFlight: 8 };
		for (let push = 0; push < 6; push++) go("app", limits, NEW);
		expect(later("app", limits, NEW)).toMatchObject({ isFull: true });
		go("app", limits);
		const last = go("app", limits);
		expect(later("app", limits)).toMatchObject({ isFull: true });
		last.leave(WELL);
		expect(later("app", limits, NEW)).toMatchObject({ isFull: true });
	});

	test("nor of a pool's, whether its gates are strangers' or those of a maker's hosts that do not answer", () => {
		for (const onlyUnwell of [undefined, true] as const) {
			const pool = { name: `pool ${onlyUnwell}`, inFlight: 8, ...(onlyUnwell && { onlyUnwell }) };
			const limits: GateLimits = { inFlight: 8, pool, parties: 3 };
			const another = `another of ${pool.name}`;
			for (let push = 0; push < 6; push++) go(`host ${push} of ${pool.name}`, limits, NEW);
			expect(later(another, limits, NEW)).toMatchObject({ isFull: true });
			go(another, limits);
			go(another, limits);
			expect(later(another, limits)).toMatchObject({ isFull: true });
		}
	});

	test("nor of the retries", () => {
		const [many, retry] = [{ inFlight: 100 }, { ...NEW, isRetry: true }];
		for (let push = 0; push < 12; push++) go("app", many, retry);
		expect(later("app", many, retry).reason).toContain("retries");
		go("app", many, RETRY);
	});

	test("nor of what a host may get in a second", () => {
		const limits: GateLimits = { inFlight: 100, rate: { perSecond: 20, burst: 8 }, parties: 3 };
		for (let push = 0; push < 6; push++) go("host", limits, NEW).leave(WELL);
		// When several may go again, but for those that are kept back.
		expect(later("host", limits, NEW)).toMatchObject({ reason: "too many pushes a second", at: clock + 300 });
		go("host", limits).leave(WELL);
		go("host", limits).leave(WELL);
		later("host", limits);
		clock += 100;
		later("host", limits, NEW);
		go("host", limits).leave(WELL);
	});

	test("shut an app's gate for their like alone, and a good answer to anybody opens it again", () => {
		for (let fault = 0; fault < 5; fault++) go("app", LIMITS, NEW).leave(UNWELL);
		expect(later("app", LIMITS, NEW)).toMatchObject({ reason: "503 push service unwell" });
		expect(gates.shut()).toEqual([{ name: "app", reason: "503 push service unwell" }]);
		expect(said).toEqual(["app unwell: 503 push service unwell (never delivered to)"]);
		go("app").leave(WELL);
		expect(said.at(-1)).toBe("app open");
		go("app", LIMITS, NEW);
	});

	test("take no turn from those that try whether an app that is shut works again, and never shut it for longer", () => {
		fail(5);
		clock += 2_000;
		const trial = go("app", LIMITS, NEW);
		later("app", LIMITS, NEW);
		const other = go();
		later();
		trial.leave(UNWELL);
		go("app", LIMITS, NEW);
		other.leave(WELL);
		expect(gates.shut()).toEqual([]);
	});

	test("say nothing of a maker's host, but that it took a push", () => {
		const limits: GateLimits = {
			inFlight: 8,
			pool: { name: "p", inFlight: 8, onlyUnwell: true },
			parties: 3,
		};
		go("host", limits).leave({ ...WELL, isDelivered: true });
		for (let fault = 0; fault < 20; fault++) go("host", limits, NEW).leave({ ...UNWELL, afterMs: 60_000 });
		expect(go("host", limits, NEW).leave({ kind: "misconfigured", reason: "401" })).toBe(false);
		expect(gates.shut()).toEqual([]);
		// It counts as one that works still: no place of the pool is needed.
		for (let push = 0; push < 8; push++) go(`hangs ${push}`, limits);
		go("host", limits);
	});

	test("of one party get a quarter of a pool's places; where nobody knows the party, all that there are", () => {
		const of = (owner: string): Asking => ({ ...NEW, device: { owner } });
		go("one", STRANGERS, of("a@evil.example"));
		const second = go("two", STRANGERS, of("b@chat.evil.example"));
		expect(later("three", STRANGERS, of("c@evil.example"))).toMatchObject({ isFull: true });
		go("three", STRANGERS, of("romeo@example.net"));
		second.leave(UNWELL);
		go("three", STRANGERS, of("c@evil.example"));
		for (let push = 0; push < 3; push++) go(`old ${push}`, STRANGERS, of(""));
	});
});

describe("where clients choose what is behind a gate", () => {
	const HOST: GateLimits = { inFlight: 100, parties: 3 };
	const of = (party: string): Asking => ({ ...PROVEN, device: { owner: "", party } });
	const faults = (...parties: string[]) => {
		for (const party of parties) go("host", HOST, of(party)).leave(UNWELL);
	};

	test("the faults of two parties never shut it, those of three do, five in a row", () => {
		faults(..."abababababab");
		go("host", HOST, of("a")).leave(WELL);
		faults(..."abc");
		go("host", HOST, of("a"));
		faults(..."a");
		expect(said).toEqual([]);
		faults(..."b");
		expect(said).toHaveLength(1);
	});

	test("what a device answers that was never delivered to does not make up for them, unless it was delivered to", () => {
		const other: Asking = { ...of("m"), isProven: false };
		faults(..."abca");
		go("host", HOST, other).leave(WELL);
		faults(..."b");
		expect(said).toHaveLength(1);
		clock = later("host", HOST, of("a")).at;
		go("host", HOST, other).leave(WELL);
		expect(gates.shut()).toHaveLength(1);
		go("host", HOST, other).leave({ ...WELL, isDelivered: true });
		expect(gates.shut()).toEqual([]);
	});

	test("all who registered before their party was noted are one", () => {
		for (let fault = 0; fault < 10; fault++) go("host", HOST).leave(UNWELL);
		faults("a");
		expect(said).toEqual([]);
		faults("b");
		expect(said).toHaveLength(1);
	});

	test("a party whose trial failed waits, and others try; when three failed it shuts for longer", () => {
		faults(..."abcab");
		clock = later("host", HOST, of("a")).at;
		for (const party of "aab".split("")) {
			const turn = gates.enter("host", HOST, of(party));
			if (turn.kind === "go") turn.leave(UNWELL);
		}
		expect(later("host", HOST, of("a")).at).toBe(clock + 4_000);
		go("host", HOST, of("c")).leave(UNWELL);
		expect(later("host", HOST, of("d")).at).toBe(clock + 4_000);
		clock += 4_000;
		faults(..."abc");
		expect(later("host", HOST, of("d")).at).toBe(clock + 8_000);
	});

	test("what our account is told by itself needs no witness", () => {
		const refused: Report = { kind: "misconfigured", reason: "token endpoint: 400", isOfAccount: true };
		expect(go("host", HOST, { ...PROVEN, isProven: false }).leave(refused)).toBe(true);
		expect(said).toEqual(["host misconfigured: token endpoint: 400"]);
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
