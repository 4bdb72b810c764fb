import { beforeEach, expect, test } from "bun:test";
import { createVerdicts, type Verdicts } from "../../src/delivery/verdicts.ts";

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
	for (let device = 0; device < 30; device++) expect(bad(`dead ${device}`)).toBe(true);
});

test("devices that were never delivered to prove nothing, and are not deleted either while it lasts", () => {
	const stranger = (device: number) =>
		verdicts.note("app", { node: `garbage ${device}`, isBad: true, isProven: false });
	for (let device = 0; device < 100; device++) expect(stranger(device)).toBe(true);
	expect(alerts).toEqual([]);
	for (let device = 0; device < 10; device++) bad(String(device));
	expect(stranger(0)).toBe(false);
});

test("it is over once most live again, and when an hour has passed", () => {
	for (let device = 0; device < 10; device++) bad(String(device));
	for (let device = 0; device < 10; device++) good(`alive ${device}`);
	expect(bad("0")).toBe(false);
	good("more");
	good("and more");
	expect(bad("1")).toBe(true);
	for (let device = 0; device < 20; device++) bad(String(device));
	clock += 3_600_001;
	expect(bad("2")).toBe(true);
	// Once each time it came to that: twice it was over in between.
	expect(alerts).toEqual(["app", "app", "app"]);
});

test("one app's are nobody else's", () => {
	for (let device = 0; device < 10; device++) bad(String(device));
	expect(bad("0", "other")).toBe(true);
});
