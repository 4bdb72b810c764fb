import { beforeEach, expect, test } from "bun:test";
import { createVerdicts, type Verdicts } from "../../../src/delivery/outcomes/dead-token-verdicts.ts";

let clock: number;
let alerts: string[];
let verdicts: Verdicts;
beforeEach(() => {
	clock = 1_000_000;
	alerts = [];
	verdicts = createVerdicts({ now: () => clock, onMass: (gate) => alerts.push(gate) });
});

const bad = (node: string, gate = "app") => verdicts.note(gate, { node, isBad: true, isProven: true });
const good = (node: string, gate = "app") => verdicts.note(gate, { node, isBad: false, isProven: true });

test("a lone dead device is believed, however often it is said", () => {
	for (let time = 0; time < 50; time++) expect(bad("one")).toBe(true);
	expect(alerts).toEqual([]);
});

test("the tenth device of ten is not, and a person is told once", () => {
	const believed = Array.from({ length: 30 }, (_, device) => bad(String(device)));
	expect(believed.filter(Boolean)).toHaveLength(9);
	expect(alerts).toEqual(["app"]);
});

test("ten among more that live are believed", () => {
	for (let device = 0; device < 40; device++) good(`alive ${device}`);
	for (let device = 0; device < 30; device++) {
		good("alive 0");
		expect(bad(`dead ${device}`)).toBe(true);
	}
});

test("the tenth in a row is not, whoever lived before; one that lives ends the row", () => {
	for (let device = 0; device < 100; device++) good(`alive ${device}`);
	const believed = Array.from({ length: 30 }, (_, device) => bad(`dead ${device}`));
	expect(believed.filter(Boolean)).toHaveLength(9);
	expect(good("alive 99")).toBe(true);
	expect(bad("dead 30")).toBe(true);
	expect(alerts).toEqual(["app"]);
});

test("devices that were never delivered to prove nothing, and are not deleted either while it lasts", () => {
	const stranger = (device: number) =>
		verdicts.note("app", { node: `garbage ${device}`, isBad: true, isProven: false });
	for (let device = 0; device < 100; device++) expect(stranger(device)).toBe(true);
	expect(alerts).toEqual([]);
	for (let device = 0; device < 10; device++) bad(String(device));
	expect(stranger(0)).toBe(false);
});

test("it is over once half of them live, and when an hour has passed", () => {
	for (let device = 0; device < 10; device++) bad(String(device));
	for (let device = 0; device < 9; device++) good(`alive ${device}`);
	expect(bad("0")).toBe(false);
	good("more");
	expect(bad("1")).toBe(true);
	for (let device = 0; device < 20; device++) bad(String(device));
	clock += 3_600_001;
	expect(bad("2")).toBe(true);
	// Once each time it came to that: in between it was over.
	expect(alerts).toEqual(["app", "app"]);
});

test("who was mended counts as alive, and who died as dead: each by the latest answer", () => {
	for (let device = 0; device < 12; device++) bad(String(device));
	for (let device = 0; device < 3; device++) expect(good(String(device))).toBe(device === 2);
	expect(bad("0")).toBe(false);
});

test("ten that are much written to do not outweigh a hundred that live", () => {
	for (let device = 0; device < 200; device++) good(`alive ${device}`);
	for (let time = 0; time < 50; time++)
		for (let device = 0; device < 10; device++) {
			good(`alive ${device}`);
			expect(bad(`dead ${device}`)).toBe(true);
		}
	expect(alerts).toEqual([]);
});

test("one that is much written to does not hide ten that are dead", () => {
	for (let device = 0; device < 9; device++) {
		for (let time = 0; time < 50; time++) good("chatty");
		expect(bad(`dead ${device}`)).toBe(true);
	}
	for (let time = 0; time < 50; time++) good("chatty");
	expect(bad("dead 9")).toBe(false);
	// Nor is it over for its sake.
	for (let time = 0; time < 200; time++) good("chatty");
	expect(bad("dead 10")).toBe(false);
	expect(alerts).toEqual(["app"]);
});

test("a hundred registrations are looked at, those that answered last", () => {
	for (let device = 0; device < 300; device++) good(`alive ${device}`);
	const believed = Array.from({ length: 60 }, (_, device) => {
		if (device % 5 === 0) good("alive 299");
		return bad(`dead ${device}`);
	});
	expect(believed.filter(Boolean)).toHaveLength(50);
	for (let device = 0; device < 50; device++) good(`alive ${device}`);
	expect(bad("dead 59")).toBe(true);
});

test("an hour counts from each one's own latest answer", () => {
	for (let device = 0; device < 10; device++) bad(String(device));
	clock += 3_000_000;
	for (let device = 0; device < 5; device++) bad(String(device));
	clock += 3_000_000;
	// Five of an hour ago are forgotten, five are not.
	for (let device = 10; device < 14; device++) expect(bad(String(device))).toBe(true);
	expect(bad("14")).toBe(false);
});

test("of devices that prove nothing it is over too when an hour has passed", () => {
	for (let device = 0; device < 10; device++) bad(String(device));
	const stranger = { node: "garbage", isBad: true, isProven: false };
	expect(verdicts.note("app", stranger)).toBe(false);
	clock += 3_600_001;
	expect(verdicts.note("app", stranger)).toBe(true);
});

test("one app's are nobody else's", () => {
	for (let device = 0; device < 10; device++) bad(String(device));
	expect(bad("0", "other")).toBe(true);
});
