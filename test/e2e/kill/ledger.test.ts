/** What the accounts of a run make of a push that came twice. */
import { expect, test } from "bun:test";
import { audit, type Kill } from "./ledger.ts";
import type { ReceivedPush } from "./unsteady-fcm.ts";

const device = { node: "N", secret: "S", jid: "push.example.net", token: "T" };
const KILLED_AT = 100;
const waits = { node: "N", class: "high", count: 1, dueAt: 0 };
/** By the process that was killed, and by the next one. */
const [FIRST, NEXT] = [0, 300];

/** A push that was taken as soon as it came. */
const push = (at: number, authorizedAt: number): ReceivedPush => ({
	project: "project-0",
	token: "T",
	count: 1,
	at,
	authorizedAt,
	answered: { at, status: 200 },
});

function faultsOf(pushes: readonly ReceivedPush[], waiting: Kill["waiting"]) {
	const { faults } = audit({
		publishes: [{ count: 1, at: 50, device, class: "high" }],
		answers: new Map([[1, "result"]]),
		pushes,
		kills: [{ at: KILLED_AT, answered: new Set([1]), waiting }],
		devices: [device],
		registered: new Set(["N"]),
		isServers: () => false,
	});
	return faults;
}

test.each([
	["was taken right before the kill, and is on disk still", 99],
	["was sent before the kill, and is read after it", 103],
])("one that %s may come again", (_which, at) => {
	expect(faultsOf([push(at, FIRST), push(400, NEXT)], [waits])).toEqual([]);
});

test.each([
	["before its end", 90],
	["and the second is read after its end", 103],
])("none comes twice from one process, %s", (_when, at) => {
	expect(faultsOf([push(80, FIRST), push(at, FIRST)], [waits])).toEqual([
		"1 was delivered twice: no kill was between",
	]);
});

test("none comes twice from the process after the last kill", () => {
	expect(faultsOf([push(400, NEXT), push(500, NEXT)], [waits])).toEqual([
		"1 was delivered twice: no kill was between",
	]);
});

test("one that was not on disk any more does not come again", () => {
	expect(faultsOf([push(80, FIRST), push(400, NEXT)], [{ ...waits, count: 2 }])).toEqual([
		"1 was delivered twice: it was not on disk any more",
	]);
});
