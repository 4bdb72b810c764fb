/** The table of lanes: which are kept, and in which order they are forgotten. */
import { expect, test } from "bun:test";
import { createLanes } from "../../../src/delivery/throttle/lanes.ts";

/** Lanes that are idle from a time on. */
function lanesAt(time: { now: number }) {
	return createLanes<{ idleFrom: number }>(({ idleFrom }) => idleFrom <= time.now);
}
const namesOf = (lanes: ReturnType<typeof lanesAt>) => [...lanes.all()].map(([name]) => name);

test("lanes come in the order in which they were used last", () => {
	const lanes = lanesAt({ now: 0 });
	for (const name of ["a", "b", "c", "a", "c", "d", "d"]) lanes.use(name, { idleFrom: 1 });
	expect(namesOf(lanes)).toEqual(["b", "a", "c", "d"]);
});

test("those that are idle are forgotten, up to one that is not", () => {
	const time = { now: 0 };
	const lanes = lanesAt(time);
	for (const [at, name] of ["a", "b", "c", "d"].entries()) lanes.use(name, { idleFrom: at + 1 });
	lanes.use("b", { idleFrom: 9 });
	time.now = 3;
	lanes.forgetIdle();
	expect(namesOf(lanes)).toEqual(["d", "b"]);
	time.now = 9;
	lanes.forgetIdle();
	expect(namesOf(lanes)).toEqual([]);
	lanes.use("e", { idleFrom: 10 });
	expect(namesOf(lanes)).toEqual(["e"]);
});

test("one that is forgotten leaves the others in their order, wherever it was", () => {
	for (const [forgotten, left] of [
		["a", ["b", "c"]],
		["b", ["a", "c"]],
		["c", ["a", "b"]],
		["none", ["a", "b", "c"]],
	] as const) {
		const lanes = lanesAt({ now: 0 });
		for (const name of ["a", "b", "c"]) lanes.use(name, { idleFrom: 1 });
		lanes.forget(forgotten);
		lanes.use("d", { idleFrom: 1 });
		expect(namesOf(lanes)).toEqual([...left, "d"]);
		expect(lanes.get(forgotten)).toBeUndefined();
	}
});

test("a lane is the one that was used last by its name", () => {
	const lanes = lanesAt({ now: 0 });
	const [one, other] = [{ idleFrom: 1 }, { idleFrom: 2 }];
	lanes.use("a", one);
	expect(lanes.get("a")).toBe(one);
	lanes.use("a", other);
	expect(lanes.get("a")).toBe(other);
	expect(namesOf(lanes)).toEqual(["a"]);
});
