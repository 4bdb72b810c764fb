import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import fc from "fast-check";
import { NS_SM } from "../../../src/connector/stream/managed-session.ts";
import {
	createStreamManagement,
	type StreamManagement,
} from "../../../src/connector/stream/stream-management.ts";
import { stanzaBounds } from "../../../src/limits/bounds/stanzas.ts";
import type { StreamState } from "../../../src/store/local/streams.ts";

const JID = "push@example.net/push";
const START: StreamState = { id: "sm-1", inbound: 0, jid: JID };

/** Longer than the pauses between tries; the clock is ours. */
const AFTER_A_FAULT_MS = 5_000;
const ACK_AFTER_MS = 500;

beforeEach(() => {
	jest.useFakeTimers();
});
afterEach(() => {
	jest.useRealTimers();
});

const publish = (id: string | number) => xml("iq", { from: "example.org", id: String(id), type: "set" });
const reply = (id: string | number) => xml("iq", { to: "example.org", id: String(id), type: "result" });
const idsOf = (stanzas: readonly Element[]) => stanzas.map(({ attrs }) => attrs.id);

/** Stream management with a disk that the test may slow down or break, and a server that notes what it is told. */
function harness(saved?: StreamState, begin: StreamState | undefined = START, pauseMs = 0) {
	const events: string[] = [];
	let faults = 0;
	let onDisk: StreamState | undefined = saved;
	let disk: () => Promise<void> = async () => {};
	const management = createStreamManagement(saved, {
		async save(state) {
			await disk();
			onDisk = state;
			events.push(state ? `saved ${state.inbound}` : "forgotten");
		},
		send: (element) =>
			void events.push(element.attrs.h === undefined ? element.name : `a ${element.attrs.h}`),
		onFault: () => void faults++,
		pauseMs,
	});
	if (!saved) management.begin(begin);
	return {
		management,
		events,
		faults: () => faults,
		onDisk: () => onDisk,
		setDisk(next: () => Promise<void>) {
			disk = next;
		},
		told: () => events.filter((event) => event.startsWith("a ")).map((event) => Number(event.slice(2))),
	};
}

/** Everything that is ready has run: saving takes a few turns. */
async function settled() {
	for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function receive(management: StreamManagement, ...ids: (string | number)[]) {
	return ids.map((id) => {
		const handled = management.receive(publish(id));
		if (!handled) throw new Error(`${id} was taken for a repetition`);
		return handled;
	});
}

describe("counting", () => {
	test("a stanza counts when it was handled, not when it arrived", async () => {
		const { management, told } = harness();
		const [first, second] = receive(management, 1, 2);
		await settled();
		expect(told()).toEqual([]);
		expect(management.inHand()).toBe(2);
		first?.();
		second?.();
		await settled();
		expect(told().at(-1)).toBe(2);
		expect(management.inHand()).toBe(0);
	});

	test("a stanza that is handled before an earlier one waits for it: the count is of all before", async () => {
		const { management, told } = harness();
		const [first, second, third] = receive(management, 1, 2, 3);
		third?.();
		second?.();
		jest.advanceTimersByTime(ACK_AFTER_MS);
		await settled();
		expect(told()).toEqual([]);
		first?.();
		await settled();
		expect(told()).toEqual([3]);
	});

	test("the server is told after the disk, never before", async () => {
		const { management, events, setDisk } = harness();
		await settled();
		const written = Promise.withResolvers<void>();
		setDisk(() => written.promise);
		for (const handled of receive(management, 1, 2)) handled();
		await settled();
		expect(events).toEqual(["saved 0"]);
		written.resolve();
		await settled();
		expect(events.slice(0, 3)).toEqual(["saved 0", "saved 2", "a 2"]);
	});

	test("goes on where a resumed session was", async () => {
		const { management, told, onDisk } = harness({ ...START, inbound: 41 });
		management.resume(0);
		receive(management, 1)[0]?.();
		await settled();
		expect(told()).toEqual([42]);
		expect(onDisk()).toEqual({ ...START, inbound: 42 });
	});

	test("is whole and in order, in whatever order stanzas arrive and are handled", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 120 }), async (steps) => {
				const { management, events, told } = harness();
				const open: (() => void)[] = [];
				let arrived = 0;
				for (const step of steps) {
					if (step < 5) open.push(...receive(management, ++arrived));
					else if (step < 9) open.splice(step % Math.max(open.length, 1), 1)[0]?.();
					else await settled();
				}
				for (const handled of open) handled();
				await management.acknowledgeAll();
				await settled();
				expect(told()).toEqual([...told()].sort((a, b) => a - b));
				expect(told().at(-1) ?? 0).toBe(arrived);
				for (const [at, event] of events.entries())
					if (event.startsWith("a ")) expect(events.slice(0, at)).toContain(`saved ${event.slice(2)}`);
			}),
			{ numRuns: 60 },
		);
	});
});

test("counts are written and told with a pause between them, however often the server asks", async () => {
	const { management, told } = harness(undefined, START, 20);
	for (let id = 1; id <= 10; id++) {
		for (const handled of receive(management, id)) handled();
		management.requested();
		await settled();
	}
	expect(told()).toEqual([1]);
	jest.advanceTimersByTime(20);
	await settled();
	expect(told()).toEqual([1, 10]);
});

describe("when the server is told", () => {
	test("at once when nothing is in hand any more", async () => {
		const { management, told } = harness();
		receive(management, 1)[0]?.();
		await settled();
		expect(told()).toEqual([1]);
	});

	test("after half a second while others are still in hand", async () => {
		const { management, told } = harness();
		const [first] = receive(management, 1, 2);
		first?.();
		await settled();
		expect(told()).toEqual([]);
		jest.advanceTimersByTime(ACK_AFTER_MS);
		await settled();
		expect(told()).toEqual([1]);
	});

	test("after fifty at the latest, so that its queue stays far below its limit", async () => {
		const { management, told } = harness();
		const handled = receive(management, ...Array(60).keys());
		for (const each of handled.slice(0, 49)) each();
		await settled();
		expect(told()).toEqual([]);
		handled[49]?.();
		await settled();
		expect(told()).toEqual([50]);
	});

	test("when it asks, with the count as it is", async () => {
		const { management, told } = harness();
		management.requested();
		await settled();
		expect(told()).toEqual([0]);
		receive(management, 1);
		management.requested();
		jest.advanceTimersByTime(ACK_AFTER_MS);
		await settled();
		expect(told()).toEqual([0, 0]);
	});

	test("before the connection is dropped on purpose", async () => {
		const { management, told } = harness();
		const [first] = receive(management, 1, 2);
		first?.();
		await management.acknowledgeAll();
		expect(told()).toEqual([1]);
	});

	test("also when it asks a new session while the old one's count is being written", async () => {
		const { management, told, setDisk } = harness();
		await settled();
		const written = Promise.withResolvers<void>();
		setDisk(() => written.promise);
		receive(management, 1)[0]?.();
		setDisk(async () => {});
		management.begin({ ...START, id: "sm-2" });
		management.requested();
		written.resolve();
		await settled();
		expect(told()).toEqual([0]);
	});

	test("never by a server that manages no streams, even if it asks", async () => {
		const { management, events } = harness(undefined, undefined);
		management.begin("unmanaged");
		receive(management, 1)[0]?.();
		management.requested();
		await settled();
		expect(events.filter((event) => event.startsWith("a"))).toEqual([]);
		expect(management.inHand()).toBe(0);
	});
});

describe("a disk that does not take the count", () => {
	const full = () => Promise.reject(new Error("disk full"));

	test("leaves the server with the old count, which is true", async () => {
		const { management, told, faults, setDisk, onDisk } = harness();
		receive(management, 1)[0]?.();
		await settled();
		setDisk(full);
		receive(management, 2)[0]?.();
		await settled();
		management.requested();
		await settled();
		expect(told()).toEqual([1, 1]);
		expect(faults()).toBeGreaterThan(0);
		expect(onDisk()?.inbound).toBe(1);
	});

	test("is tried again later, not in a spin", async () => {
		const { management, told, faults, setDisk } = harness();
		await settled();
		setDisk(full);
		receive(management, 1)[0]?.();
		await settled();
		expect(faults()).toBe(1);
		jest.advanceTimersByTime(AFTER_A_FAULT_MS - 1);
		await settled();
		expect(faults()).toBe(1);
		setDisk(async () => {});
		jest.advanceTimersByTime(1);
		await settled();
		expect(faults()).toBe(1);
		expect(told()).toEqual([1]);
	});

	test("nor for the stanzas that go on coming", async () => {
		const { management, faults, setDisk } = harness(undefined, START, 20);
		await settled();
		const disk = Promise.withResolvers<void>();
		setDisk(() => disk.promise);
		receive(management, 1)[0]?.();
		await settled();
		receive(management, 2)[0]?.();
		disk.reject(new Error("disk full"));
		await settled();
		jest.advanceTimersByTime(20);
		await settled();
		expect(faults()).toBe(1);
	});
});

describe("resuming within the process", () => {
	test("stanzas that are in hand are not begun again, and their handlers finish for the same count", async () => {
		const { management, told } = harness();
		const [first, second] = receive(management, 1, 2);
		management.resumption();
		management.resume(0);
		expect(management.receive(publish(1))).toBeUndefined();
		expect(management.receive(publish(2))).toBeUndefined();
		const [third] = receive(management, 3);
		for (const handled of [first, second, third]) handled?.();
		await settled();
		expect(told().at(-1)).toBe(3);
	});

	test("what was handled while the connection was away is not begun again either", async () => {
		const { management, told } = harness();
		const [first, second] = receive(management, 1, 2);
		second?.();
		management.resume(0);
		for (const id of [1, 2]) expect(management.receive(publish(id))).toBeUndefined();
		first?.();
		await settled();
		expect(told()).toEqual([2]);
	});

	test("the count that was sent with <resume/> stands still until the answer: the server repeats from there", async () => {
		const { management, told, onDisk } = harness();
		const [first, second] = receive(management, 1, 2);
		expect(management.resumption()?.inbound).toBe(0);
		first?.();
		second?.();
		await settled();
		expect(told()).toEqual([]);
		// The next process may use it at once.
		expect(onDisk()?.inbound).toBe(2);
		management.resume(0);
		expect(management.receive(publish(1))).toBeUndefined();
		expect(management.receive(publish(2))).toBeUndefined();
		receive(management, 3)[0]?.();
		await settled();
		expect(told().at(-1)).toBe(3);
	});

	test("nor does a count that was being written when <resume/> went out", async () => {
		const { management, told, setDisk } = harness();
		await settled();
		const written = Promise.withResolvers<void>();
		setDisk(() => written.promise);
		receive(management, 1)[0]?.();
		expect(management.resumption()?.inbound).toBe(0);
		written.resolve();
		await settled();
		management.resume(0);
		expect(management.receive(publish(1))).toBeUndefined();
		await settled();
		expect(told()).toEqual([1]);
	});

	test("is possible a second time when the first attempt was cut off", async () => {
		const { management, told } = harness();
		const [first] = receive(management, 1);
		management.resumption();
		first?.();
		await settled();
		const again = management.resumption();
		management.resume(0);
		for (let n = again?.inbound ?? 0; n < 1; n++) expect(management.receive(publish(1))).toBeUndefined();
		await settled();
		expect(told()).toEqual([1]);
	});

	test("our stanzas that the server has not got are sent again, the others are not", () => {
		const { management } = harness();
		for (const id of [1, 2, 3, 4]) management.sent(reply(id));
		management.acknowledged(1);
		expect(idsOf(management.resume(3))).toEqual(["4"]);
		management.acknowledged(4);
		expect(idsOf(management.resume(4))).toEqual([]);
	});
});

describe("resuming after a crash", () => {
	test("what the server repeats is new to this process, and is handled", async () => {
		const { management, told } = harness({ ...START, inbound: 7 });
		expect(management.resumption()).toEqual({ ...START, inbound: 7 });
		expect(management.resume(12)).toEqual([]);
		for (const handled of receive(management, 8, 9)) handled();
		await settled();
		expect(told().at(-1)).toBe(9);
	});

	test("the server's count of ours, which an earlier process knew, is taken over", () => {
		const { management } = harness({ ...START, inbound: 7 });
		management.resume(12);
		management.sent(reply(8));
		management.sent(reply(9));
		management.acknowledged(13);
		expect(idsOf(management.resume(13))).toEqual(["9"]);
	});
});

describe("a session that the server says nothing of when it is to be resumed", () => {
	/** One attempt that runs into its deadline. @returns whether a resumption was asked for */
	function inVain(management: StreamManagement): boolean {
		const isAsked = management.resumption() !== undefined;
		management.unanswered();
		return isAsked;
	}

	test("is asked for three times, and then given up", () => {
		const { management } = harness();
		const asked = [inVain(management), inVain(management), inVain(management)];
		expect(asked).toEqual([true, true, true]);
		expect(management.resumption()).toBeUndefined();
	});

	test("in a row: one that was resumed meanwhile has all three before it again, and so has a new one", () => {
		const { management } = harness();
		for (const again of [
			() => management.resume(0),
			() => management.begin({ ...START, id: "sm-2" }),
			() => management.begin({ ...START, id: "sm-3" }),
		]) {
			expect(inVain(management)).toBe(true);
			expect(inVain(management)).toBe(true);
			again();
		}
		expect(management.resumption()?.id).toBe("sm-3");
	});

	test("is told nothing on the stream that takes its place, until that has a session of its own", async () => {
		const { management, told } = harness();
		const [first] = receive(management, 1);
		for (let times = 0; times < 3; times++) inVain(management);
		management.resumption();
		first?.();
		await settled();
		expect(told()).toEqual([]);
		management.begin({ ...START, id: "sm-2" });
		const [next] = receive(management, 2);
		next?.();
		await settled();
		expect(told()).toEqual([1]);
	});
});

describe("a session that could not be resumed", () => {
	test("leaves our unacknowledged stanzas to be sent again in the next", () => {
		const { management } = harness();
		for (const id of [1, 2, 3]) management.sent(reply(id));
		management.acknowledged(1);
		expect(idsOf(management.begin({ ...START, id: "sm-2" }))).toEqual(["2", "3"]);
		management.acknowledged(1);
		expect(idsOf(management.begin({ ...START, id: "sm-3" }))).toEqual(["3"]);
	});

	test("also where the next server session keeps nothing: they are sent once", () => {
		const { management } = harness();
		management.sent(reply(1));
		expect(idsOf(management.begin("unmanaged"))).toEqual(["1"]);
		expect(idsOf(management.begin("unmanaged"))).toEqual([]);
	});

	test("gets no count of its stanzas from handlers that finish late: the new session's starts at zero", async () => {
		const { management, told, onDisk } = harness();
		const late = receive(management, 1, 2);
		management.begin({ ...START, id: "sm-2" });
		for (const handled of late) handled();
		receive(management, 3)[0]?.();
		await settled();
		expect(told()).toEqual([1]);
		expect(onDisk()).toEqual({ ...START, id: "sm-2", inbound: 1 });
	});

	test("whose count is being written meanwhile does not write over the new one", async () => {
		const { management, told, onDisk, setDisk } = harness({ ...START, inbound: 90 });
		management.resume(0);
		const written = Promise.withResolvers<void>();
		setDisk(() => written.promise);
		receive(management, 1)[0]?.();
		await settled();
		management.begin({ ...START, id: "sm-2" });
		written.resolve();
		await settled();
		expect(onDisk()).toEqual({ ...START, id: "sm-2" });
		expect(told()).toEqual([]);
	});

	test("is forgotten on disk when the new one cannot be resumed", async () => {
		const { management, onDisk } = harness({ ...START, inbound: 7 });
		management.begin("unmanaged");
		await settled();
		expect(onDisk()).toBeUndefined();
		expect(management.state()).toBeUndefined();
		expect(management.resumption()).toBeUndefined();
	});
});

describe("our own stanzas", () => {
	test("are asked about every fifty, to let go of them", () => {
		const { management, events } = harness();
		for (let id = 0; id < 120; id++) management.sent(reply(id));
		expect(events.filter((event) => event === "r")).toHaveLength(2);
	});

	test("have all reached the server when it answers a last question", async () => {
		const { management, events } = harness();
		management.sent(reply(1));
		let reached = false;
		const flushed = management.flushed().then(() => {
			reached = true;
		});
		await settled();
		expect(events).toContain("r");
		expect(reached).toBe(false);
		management.acknowledged(1);
		await flushed;
	});

	test("have reached it for all who ask, when it answers", async () => {
		const { management } = harness();
		management.sent(reply(1));
		const waiting = [management.flushed(), management.flushed()];
		management.acknowledged(1);
		await Promise.all(waiting);
	});

	test("an old or repeated acknowledgement lets go of nothing more", () => {
		const { management } = harness();
		for (const id of [1, 2, 3]) management.sent(reply(id));
		management.acknowledged(2);
		management.acknowledged(2);
		management.acknowledged(1);
		expect(idsOf(management.resume(2))).toEqual(["3"]);
	});
});

describe("a stream that the server ended with a stream error", () => {
	const next = (management: StreamManagement) => idsOf(management.begin({ ...START, id: "sm-n" }));

	test("may have ended at what it did not acknowledge: that is sent once more, and not again", () => {
		const { management } = harness();
		for (const id of [1, 2]) management.sent(reply(id));
		management.streamFailed();
		management.sent(reply(3));
		expect(next(management)).toEqual(["1", "2", "3"]);
		management.streamFailed();
		expect(next(management)).toEqual(["3"]);
		management.streamFailed();
		expect(next(management)).toEqual([]);
	});

	test("takes nothing from what is acknowledged or sent since", () => {
		const { management } = harness();
		for (const id of [1, 2]) management.sent(reply(id));
		management.streamFailed();
		expect(next(management)).toEqual(["1", "2"]);
		management.acknowledged(2);
		for (const id of [3, 4]) management.sent(reply(id));
		management.streamFailed();
		expect(next(management)).toEqual(["3", "4"]);
	});

	test("may be resumed all the same: the server's count goes on where what it was sent again begins", () => {
		const { management } = harness();
		for (const id of [1, 2, 3]) management.sent(reply(id));
		management.streamFailed();
		expect(idsOf(management.resume(1))).toEqual(["2", "3"]);
		management.streamFailed();
		management.sent(reply(4));
		expect(idsOf(management.resume(1))).toEqual(["4"]);
		management.acknowledged(2);
		expect(idsOf(management.resume(2))).toEqual([]);
	});

	test("is another matter than a connection that was lost, however often", () => {
		const { management } = harness();
		management.sent(reply(1));
		for (let loss = 0; loss < 20; loss++) expect(idsOf(management.resume(0))).toEqual(["1"]);
	});
});

describe("a server that never acknowledges", () => {
	test("has the latest of ours sent again, not all there ever were", () => {
		const { management } = harness();
		for (let id = 1; id <= 25_000; id++) management.sent(reply(id));
		const repeated = idsOf(management.resume(0));
		expect(repeated.length).toBeLessThanOrEqual(stanzaBounds.unacknowledged.is);
		expect(repeated.length).toBeGreaterThan(stanzaBounds.unacknowledged.is * 0.8);
		expect(repeated.at(-1)).toBe("25000");
		management.acknowledged(repeated.length - 1);
		expect(idsOf(management.resume(repeated.length - 1))).toEqual(["25000"]);
	});

	test("nor more of them than fit into a fixed memory", () => {
		const { management } = harness();
		const large = (id: number) => xml("iq", { id: String(id) }, "x".repeat(10_000));
		for (let id = 1; id <= 2_000; id++) management.sent(large(id));
		const repeated = management.resume(0);
		expect(String(repeated).length).toBeLessThan(stanzaBounds.unacknowledgedBytes.is);
		expect(repeated.at(-1)?.attrs.id).toBe("2000");
	});
});

test("what the next stream does not take is not sent again on it", () => {
	const { management } = harness();
	management.sent(reply(1));
	management.sent(xml("iq", { id: "2" }, "x".repeat(10_000)));
	management.sent(reply(3));
	expect(idsOf(management.begin({ ...START, id: "sm-2" }, 9_000))).toEqual(["1", "3"]);
	management.acknowledged(1);
	expect(idsOf(management.resume(1, 9_000))).toEqual(["3"]);
});

describe("a stanza that cannot be received", () => {
	test("is passed over: the server is told a count that has it too, and the next process as well", async () => {
		const { management, onDisk } = harness();
		for (const handled of receive(management, 1, 2)) handled();
		expect(await management.passOver()).toBeTrue();
		expect(onDisk()?.inbound).toBe(3);
		expect(management.resumption()?.inbound).toBe(3);
		management.resume(0);
		receive(management, 4)[0]?.();
		await settled();
		expect(onDisk()?.inbound).toBe(4);
	});

	test("is not while one before it is not answered: the count would have that too", async () => {
		const { management, onDisk } = harness();
		const [first, second] = receive(management, 1, 2);
		second?.();
		expect(await management.passOver()).toBeFalse();
		first?.();
		await settled();
		expect(onDisk()?.inbound).toBe(2);
		expect(management.resumption()?.inbound).toBe(2);
	});

	test("is not where nothing is resumed, nor where the count cannot be saved", async () => {
		const { management, faults, setDisk } = harness();
		await settled();
		setDisk(() => Promise.reject(new Error("disk full")));
		expect(await management.passOver()).toBeFalse();
		expect(faults()).toBe(1);
		expect(management.resumption()?.inbound).toBe(0);
		setDisk(async () => {});
		for (const kind of ["unmanaged", "counted"] as const) {
			management.begin(kind);
			expect(await management.passOver()).toBeFalse();
		}
	});
});

test("all who wait for the answers hear of them, and of a session that is over", async () => {
	const { management } = harness();
	const [first] = receive(management, 1);
	const waiting = [management.answered(), management.answered()];
	first?.();
	await Promise.all(waiting);
	receive(management, 2);
	const more = [management.answered(), management.answered()];
	management.begin({ ...START, id: "sm-2" });
	await Promise.all(more);
});

test("a stanza that is repeated is known, however long its id is", () => {
	const { management } = harness();
	const long = (end: string) => xml("message", { from: "a", id: "i".repeat(1_000_000) + end });
	management.receive(long("1"));
	management.resume(0);
	expect(management.receive(long("2"))).toBeUndefined();
});

test("the namespace is XEP-0198's", () => {
	expect(NS_SM).toBe("urn:xmpp:sm:3");
});
