/** What is typed wrong, and what is said of it, where no Reveille runs. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { runToEnd } from "../../peers/child.ts";

const ROOT = join(import.meta.dir, "../../../");

const typed = (...words: string[]) =>
	runToEnd([process.execPath, "src/server.ts", ...words], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: "/nowhere/reveille" },
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
