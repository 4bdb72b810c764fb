/** Nothing that went wrong is counted as well: each way in which a run of `bun test` ends, as Bun 1.4.5 printed it. */
import { describe, expect, test } from "bun:test";
import { withoutPrograms } from "./files.ts";
import { closingLine, sumOf, tallyOf } from "./tally.ts";

/** What `bun test --parallel=2` wrote to standard error of a file of its own and a second one, which is well. */
const WELL = `
a.test.ts:
(pass) a1 [0.03ms]
(pass) a2 [0.05ms]
(skip) a3
(todo) a4
`;

interface Ending {
	how: string;
	printed: string;
	code: number;
	comesTo: { passed: number; failed: number; skipped: number };
}

const sideBySide: Ending[] = [
	{
		how: "all is well",
		printed: `
a.test.ts:
(pass) a1 [0.08ms]

b.test.ts:
(pass) b1

 1204 pass
 0 fail
 58997 expect() calls
Ran 1204 tests across 2 files. [344.35s]
`,
		code: 0,
		comesTo: { passed: 1204, failed: 0, skipped: 0 },
	},
	{
		how: "tests are skipped, or left to do",
		printed: `${WELL}
 4 pass
 2 skip
 2 todo
 0 fail
Ran 8 tests across 2 files. [45.00ms]
`,
		code: 0,
		comesTo: { passed: 4, failed: 0, skipped: 4 },
	},
	{
		how: "a test fails",
		printed: `${WELL}
b.test.ts:
(pass) b1
error: expect(received).toBe(expected)
(fail) b2 [1.21ms]

 3 pass
 1 skip
 1 todo
 1 fail
 1 expect() calls
Ran 6 tests across 2 files. [12.00ms]
`,
		code: 1,
		comesTo: { passed: 3, failed: 1, skipped: 2 },
	},
	{
		how: "a file does not load",
		printed: `${WELL}
c.test.ts:

# Unhandled error between tests
-------------------------------
error: Cannot find module './nothing' from 'c.test.ts'
-------------------------------


 2 pass
 1 skip
 1 todo
 1 fail
 1 error
Ran 5 tests across 2 files. [15.00ms]
`,
		code: 1,
		comesTo: { passed: 2, failed: 1, skipped: 2 },
	},
	{
		how: "a file's process is killed",
		printed: `${WELL}
d.test.ts:
(pass) d1
✗ d.test.ts (worker crashed: SIGKILL)

 2 pass
 1 skip
 1 todo
 1 fail
Ran 5 tests across 2 files. [11.00ms]
`,
		code: 1,
		comesTo: { passed: 2, failed: 1, skipped: 2 },
	},
	{
		how: "a file ends its process as if all was well",
		printed: `${WELL}
e.test.ts:
(pass) e1
✗ e.test.ts (worker crashed: exit code 0)

 2 pass
 1 skip
 1 todo
 1 fail
Ran 5 tests across 2 files. [9.00ms]
`,
		code: 1,
		comesTo: { passed: 2, failed: 1, skipped: 2 },
	},
	{
		how: "what comes after all tests of a file fails",
		printed: `${WELL}
g.test.ts:
(pass) g1
error: after all
(fail) (unnamed) [0.13ms]

 3 pass
 1 skip
 1 todo
 1 fail
Ran 6 tests across 2 files. [9.00ms]
`,
		code: 1,
		comesTo: { passed: 3, failed: 1, skipped: 2 },
	},
	{
		how: "a file that was asked for is not there",
		printed: `Test filter "./nothing.test.ts" had no matches

a.test.ts:
(pass) a1 [0.02ms]

 1 pass
 0 fail
Ran 1 test across 1 file. [3.00ms]
`,
		code: 0,
		comesTo: { passed: 1, failed: 1, skipped: 0 },
	},
	{
		how: "the exit code says that something else was wrong",
		printed: "\n 4 pass\n 0 fail\nRan 4 tests across 2 files. [9.00ms]\n",
		code: 1,
		comesTo: { passed: 4, failed: 1, skipped: 0 },
	},
	{
		how: "the runner ends before its closing lines",
		printed: WELL,
		code: 137,
		comesTo: { passed: 0, failed: 1, skipped: 0 },
	},
	{
		how: "the runner ends before them as if all was well",
		printed: WELL,
		code: 0,
		comesTo: { passed: 0, failed: 1, skipped: 0 },
	},
	{
		how: "a test prints what looks like the closing lines",
		printed: `
 7 pass
 0 fail
Ran 7 tests across 2 files. [1.00ms]
(fail) one that prints [0.03ms]

 1 pass
 1 fail
Ran 2 tests across 2 files. [9.00ms]
`,
		code: 1,
		comesTo: { passed: 1, failed: 1, skipped: 0 },
	},
];

describe("files side by side are counted right when", () => {
	test.each(sideBySide)("$how", ({ printed, code, comesTo }) => {
		expect(tallyOf(printed, code, 2)).toEqual(comesTo);
	});
});

test("a file that ends the one process there is, as if all was well, has failed", () => {
	expect(tallyOf("\ne.test.ts:\n(pass) e1 [0.03ms]\n", 0, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("several runs end with one line, which whoever runs them reads", () => {
	const total = sumOf([
		{ passed: 4, failed: 0, skipped: 0 },
		{ passed: 3_800, failed: 1, skipped: 2 },
	]);
	expect(closingLine(total)).toBe("3804 passed, 1 failed, 2 skipped");
});

describe("of all test files", () => {
	test("those that start other programs are known by their imports", () => {
		const files = withoutPrograms();
		expect(files).toContain("test/delivery/delivery.test.ts");
		expect(files).not.toContain("test/e2e/chain.test.ts");
		// Over three others.
		expect(files).not.toContain("test/e2e/kill.test.ts");
		expect(files).not.toContain("test/peers/firefox.test.ts");
	});
});
