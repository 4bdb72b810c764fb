import { describe, expect, test } from "bun:test";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import { reportOf } from "../../../src/delivery/gates/report.ts";
import type { Outcome } from "../../../src/types.ts";

describe("of the other side an outcome says", () => {
	test.each<[string, Outcome, ReturnType<typeof reportOf>]>([
		["well: it took the push", { kind: "delivered" }, { kind: "well", isDelivered: true }],
		["well: it knows its tokens", { kind: "gone", reason: "410" }, { kind: "well" }],
		["well: it refused this push", { kind: "rejected", reason: "400" }, { kind: "well" }],
		[
			"well: it has enough of this device",
			{ kind: "retry", reason: "429", afterMs: 1, about: "token" },
			{ kind: "well" },
		],
		[
			"well: something is not set up for tokens of this sort",
			{ kind: "misconfigured", reason: "401", about: "token" },
			{ kind: "well" },
		],
		["nothing: we refused it", { kind: "rejected", reason: "no URL", about: "push" }, { kind: "nothing" }],
		["nothing: it could not be made", { kind: "retry", reason: "Error", about: "push" }, { kind: "nothing" }],
		[
			"nothing: its application is missing",
			{ kind: "misconfigured", reason: "no id", about: "push" },
			{ kind: "nothing" },
		],
		["unwell", { kind: "retry", reason: "503" }, { kind: "unwell", reason: "503" }],
		[
			"unwell, for so long",
			{ kind: "retry", reason: "503", afterMs: 7000 },
			{ kind: "unwell", reason: "503", afterMs: 7000 },
		],
		["misconfigured", { kind: "misconfigured", reason: "403" }, { kind: "misconfigured", reason: "403" }],
		[
			"misconfigured, whichever device it was",
			{ kind: "misconfigured", reason: "401", about: "account" },
			{ kind: "misconfigured", reason: "401", isOfAccount: true },
		],
	])("%s", (_, outcome, report) => expect(reportOf(outcome)).toEqual(report));
});

describe("a push that never went out", () => {
	const LIMITS = { inFlight: 1 };
	const UNWELL = { kind: "unwell", reason: "503" } as const;
	let clock = 1_000_000;
	const open = () => createGates({ now: () => clock, random: () => 0.5 });
	const enter = (gates: ReturnType<typeof open>) => {
		const turn = gates.enter("app", LIMITS, { device: { owner: "" }, isProven: true, isRetry: false });
		if (turn.kind !== "go") throw new Error(turn.reason);
		return turn;
	};

	test("opens no gate, and leaves the trial to the next", () => {
		const gates = open();
		for (let fault = 0; fault < 5; fault++) enter(gates).leave(UNWELL);
		const shut = gates.enter("app", LIMITS, { device: { owner: "" }, isProven: true, isRetry: false });
		expect(shut).toMatchObject({ kind: "later", reason: "503" });
		clock += 2000;
		enter(gates).leave({ kind: "nothing" });
		expect(gates.shut()).toEqual([{ name: "app", reason: "503" }]);
		enter(gates).leave(UNWELL);
		expect(
			gates.enter("app", LIMITS, { device: { owner: "" }, isProven: true, isRetry: false }),
		).toMatchObject({ kind: "later", reason: "503" });
	});

	test("does not make up for faults before it", () => {
		const gates = open();
		for (let fault = 0; fault < 4; fault++) enter(gates).leave(UNWELL);
		enter(gates).leave({ kind: "nothing" });
		enter(gates).leave(UNWELL);
		expect(gates.shut()).toEqual([{ name: "app", reason: "503" }]);
	});
});
