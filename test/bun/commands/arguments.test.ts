/** What is typed wrong, and what is said of it, where no Reveille runs. */
import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "../../peers/child.ts";

const ROOT = join(import.meta.dir, "../../../");

const typed = (...words: string[]) =>
	runToEnd([process.execPath, "src/main.ts", ...words], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: join(tmpdir(), "no-reveille-was-ever-here") },
	});

test("a page of events that begins behind what no page said is typed wrong", async () => {
	for (const before of ["abc", "-5", "recent-200"]) {
		const { code, stderr } = await typed("events", `--before=${before}`);
		expect([code, stderr]).toEqual([
			2,
			expect.stringContaining("--before must be what the answer before said"),
		]);
	}
});

test("the name of a command of a group that is misspelt is known", async () => {
	const { code, stderr } = await typed("invite", "lst");
	expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean list?")]);
	expect((await typed("invite", "nothing-like-it")).stderr).not.toContain("Did you mean");
});

test("the help of a group has the options of what its name alone does", async () => {
	const invite = await typed("invite", "--help");
	for (const option of ["revoke", "How many devices it lets in", "How long it is good for"])
		expect(invite.stdout).toContain(option);
	expect((await typed("bar", "--help")).stdout).toContain("Does it, whatever number it is");
});

test("a kind of events may be called as the column WHAT has it", async () => {
	for (const kind of ["action", "operator", "Wrong node"])
		expect((await typed("events", "--kind", kind)).stderr).toContain("[database-file-missing]");
	const { code, stderr } = await typed("events", "--kind", "nonsense");
	expect([code, stderr]).toEqual([2, expect.stringContaining("--kind must be one of failed, refused,")]);
});

test("doctor proposes the option that leaves something out", async () => {
	expect((await typed("complete", "doctor", "--")).stdout.trim().split("\n").toSorted()).toEqual([
		"--",
		"--json",
		"--no-loop",
	]);
});
