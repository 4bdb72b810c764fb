/** How checks are run, timed out, ordered and printed. */
import { expect, test } from "bun:test";
import { carryOut } from "../../../../src/bun/commands/doctor/carry-out.ts";
import {
	bad,
	type Check,
	exitCodeOf,
	ok,
	unknown,
	warn,
} from "../../../../src/bun/commands/doctor/finding.ts";
import { asJson, createProgress, groupText, summary } from "../../../../src/bun/commands/doctor/report.ts";
import { runChecks } from "../../../../src/bun/commands/doctor/run.ts";

const silent = { onGroup() {}, deadlineMs: 1_000 };
const found = (group: string, text = "fine"): Check => ({ group, look: async () => [ok("It", text)] });

test("groups are told in their order, each as soon as it and those before it are over", async () => {
	const slow = Promise.withResolvers<void>();
	const told: string[] = [];
	const running = runChecks(
		[
			{ group: "first", look: () => slow.promise.then(() => [ok("It", "fine")]) },
			found("second"),
			{ group: "last", isLast: true, look: async () => [ok("It", told.join())] },
		],
		{ deadlineMs: 1_000, onGroup: (group) => told.push(group) },
	);
	await Bun.sleep(5);
	expect(told).toEqual([]);
	slow.resolve();
	const all = await running;
	expect(told).toEqual(["first", "second", "last"]);
	expect(all.map(({ group }) => group)).toEqual(["first", "second", "last"]);
});

test("what comes last waits for all others", async () => {
	const order: string[] = [];
	const noting = (group: string, isLast = false): Check => ({
		group,
		...(isLast && { isLast: true as const }),
		async look() {
			await Bun.sleep(isLast ? 0 : 10);
			order.push(group);
			return [];
		},
	});
	await runChecks([noting("clock", true), noting("services")], silent);
	expect(order).toEqual(["services", "clock"]);
});

test("a check that hangs is given up, and one that throws is a finding", async () => {
	const [hangs, throws] = await runChecks(
		[
			{ group: "hangs", look: () => new Promise(() => {}) },
			{ group: "throws", look: () => Promise.reject(new Error("no such thing")) },
		],
		{ ...silent, deadlineMs: 20 },
	);
	expect(hangs).toMatchObject({ state: "unknown", text: expect.stringContaining("took too long") });
	expect(throws).toMatchObject({ state: "bad", text: expect.stringContaining("no such thing") });
});

test("the exit code is 1 where something is bad, and 0 where something is not tried or to look at", () => {
	expect(exitCodeOf([ok("It", "a"), warn("It", "b"), unknown("It", "c")])).toBe(0);
	expect(exitCodeOf([ok("It", "a"), bad("It", "b")])).toBe(1);
});

test("a finding is a line, with what to type below it", () => {
	const findings = [ok("DNS", "it is there.", 12.34), bad("Login", "it is refused.", "set XMPP_PASSWORD")];
	expect(groupText("XMPP", findings)).toBe(
		[
			"XMPP",
			"  ok   DNS: it is there. (12 ms)",
			"  BAD  Login: it is refused.",
			"       > set XMPP_PASSWORD",
			"",
		].join("\n"),
	);
	expect(summary(findings)).toContain("1 bad.");
	expect(summary([ok("It", "a")])).toBe("All is well.");
	expect(summary([ok("It", "a"), unknown("It", "b")])).toBe("Nothing is bad; 1 not tried.");
});

test("JSON has all findings, with their groups", async () => {
	const printed: string[] = [];
	const terminal = { isTTY: false, write() {} };
	const print = (text: string) => printed.push(text);
	expect(await carryOut([found("one")], { json: true, print, terminal })).toBe(0);
	expect(JSON.parse(printed.join())).toEqual({
		ok: true,
		findings: [{ group: "one", state: "ok", what: "It", text: "fine" }],
	});
	expect(await carryOut({ wrong: [bad("Settings", "no")] }, { json: true, print, terminal })).toBe(1);
	expect(asJson([])).toContain('"ok": true');
});

test("progress is shown on a terminal, and nowhere else", () => {
	const written: string[] = [];
	const write = (text: string) => written.push(text);
	createProgress({ isTTY: false, write }).show(["Disk"]);
	expect(written).toEqual([]);
	const progress = createProgress({ isTTY: true, write });
	progress.show(["Disk", "Clock"]);
	progress.clear();
	expect(written.join()).toContain("Looking at: Disk, Clock");
});
