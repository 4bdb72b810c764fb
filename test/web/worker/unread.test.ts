/** What was shown and not looked at since. */
import { expect, test } from "bun:test";
import {
	countedFor,
	lookedAt,
	NOBODY,
	oneMore,
	unreadInAll,
	unreadOf,
} from "../../../src/web/worker/unread.ts";
import { ownDevice } from "../own-device.ts";

test("messages are counted by their senders, until they are looked at", () => {
	let device = ownDevice();
	for (const sender of ["a@x", "b@x", "a@x", undefined]) device = oneMore(device, sender);
	expect(device.unread).toEqual({ "a@x": 2, "b@x": 1, [NOBODY]: 1 });
	expect(unreadInAll([device, ownDevice({ unread: { "c@x": 4 } }), ownDevice()])).toBe(8);
	device = lookedAt(device, "a@x");
	expect(device.unread).toEqual({ "b@x": 1, [NOBODY]: 1 });
	expect(unreadOf(device, "a@x")).toBe(0);
	expect(lookedAt(ownDevice(), "a@x").unread).toEqual({});
});

test("what the user's server counted holds for those of no known sender", () => {
	expect(oneMore(ownDevice(), undefined, 7).unread).toEqual({ [NOBODY]: 7 });
	expect(oneMore(ownDevice({ unread: { [NOBODY]: 9 } }), undefined, 7).unread).toEqual({ [NOBODY]: 10 });
	expect(oneMore(ownDevice(), "a@x", 7).unread).toEqual({ "a@x": 1 });
	expect(oneMore(ownDevice(), undefined, 1e15).unread).toEqual({ [NOBODY]: 9_999 });
});

test("the names of senders fill nothing", () => {
	let device = ownDevice();
	for (let index = 0; index < 200; index++) device = oneMore(device, `${index}@x`);
	expect(Object.keys(device.unread ?? {})).toHaveLength(51);
	expect(unreadOf(device, NOBODY)).toBe(150);
	expect(countedFor(device, "new@x")).toBe(NOBODY);
	expect(countedFor(device, "49@x")).toBe("49@x");
	device = oneMore(device, "49@x");
	expect(unreadOf(device, "49@x")).toBe(2);
});

test.each(["__proto__", "constructor", "hasOwnProperty"])("%s is a name as any other", (name) => {
	const device = oneMore(oneMore(ownDevice(), name), name);
	expect(unreadOf(device, name)).toBe(2);
	expect(unreadInAll([device])).toBe(2);
	expect(unreadOf(ownDevice(), name)).toBe(0);
	expect(unreadOf(lookedAt(device, name), name)).toBe(0);
});
