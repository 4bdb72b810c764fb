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
