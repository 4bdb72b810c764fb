/** Deadlines with one timer: each fires at its time, and one that was ended never does. */
import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { createDeadlines } from "../../src/delivery/deadlines.ts";

let clock = 0;
beforeEach(() => {
	clock = 0;
	jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

function pass(ms: number) {
	clock += ms;
	jest.advanceTimersByTime(ms);
}
const deadlines = () => createDeadlines(100, () => clock);

test("each fires at its own time", () => {
	const { begin } = deadlines();
	const first = begin();
	pass(60);
	const second = begin();
	pass(39);
	expect([first.signal.aborted, second.signal.aborted]).toEqual([false, false]);
	pass(1);
	expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
	pass(59);
	expect(second.signal.aborted).toBe(false);
	pass(1);
	expect(second.signal.aborted).toBe(true);
});

test("one that was ended never fires, and those after it do", () => {
	const { begin } = deadlines();
	const ended = begin();
	pass(50);
	const other = begin();
	ended.end();
	pass(100);
	expect([ended.signal.aborted, other.signal.aborted]).toEqual([false, true]);
});

test("no timer is left where none is pending", () => {
	const { begin } = deadlines();
	const [one, two] = [begin(), begin()];
	one.end();
	expect(jest.getTimerCount()).toBe(1);
	two.end();
	expect(jest.getTimerCount()).toBe(0);
	const third = begin();
	pass(100);
	expect([third.signal.aborted, jest.getTimerCount()]).toEqual([true, 0]);
});

test("a timer that comes early waits for the rest", () => {
	const { begin } = deadlines();
	const { signal } = begin();
	jest.advanceTimersByTime(100);
	expect(signal.aborted).toBe(false);
	pass(100);
	expect(signal.aborted).toBe(true);
});

test("an answer's text has less time, and none of it is left for the next answer", () => {
	const far = createDeadlines(10_000, () => clock);
	const [slow, quick, none] = [far.begin(), far.begin(), far.begin()];
	for (const { signal } of [slow, quick]) signal.bodyBegins?.();
	pass(1_999);
	quick.signal.bodyEnds?.();
	none.signal.bodyEnds?.();
	pass(1);
	expect([slow, quick, none].map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
	// Another answer to the same push.
	quick.signal.bodyBegins?.();
	pass(2_000);
	expect([quick, none].map(({ signal }) => signal.aborted)).toEqual([true, false]);
	pass(6_000);
	expect(none.signal.aborted).toBe(true);
});

test("no timer is left where a text was being read when its push was through", () => {
	const { signal, end } = createDeadlines(10_000, () => clock).begin();
	signal.bodyBegins?.();
	end();
	expect(jest.getTimerCount()).toBe(0);
});
