/** What a shell asks for, and a real bash that asks. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "../../peers/child.ts";

const ROOT = join(import.meta.dir, "../../../");

const complete = async (...words: string[]) => {
	const { stdout } = await runToEnd([process.execPath, "src/server.ts", "complete", ...words], {
		cwd: ROOT,
		env: { PATH: process.env.PATH },
	});
	return stdout.trim().split("\n");
};

test("commands, what follows them, options and ids are proposed", async () => {
	expect(await complete("in")).toEqual(["invite"]);
	expect(await complete("invite", "")).toContain("revoke");
	expect(await complete("invite", "l")).toEqual(["list"]);
	expect(await complete("invite", "--")).toContain("--uses");
	expect(await complete("explain", "xmpp-aw")).toEqual(["xmpp-away"]);
	expect(await complete("nothing-like-it", "")).toEqual([""]);
});

test("bash completes by the script", async () => {
	const folder = mkdtempSync(join(tmpdir(), "reveille-completion-"));
	try {
		const program = `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, "src/server.ts")} "$@"\n`;
		writeFileSync(join(folder, "reveille"), program, { mode: 0o755 });
		const asking = `source <(reveille completion bash); COMP_WORDS=(reveille exp); COMP_CWORD=1; _reveille; echo "\${COMPREPLY[@]}"`;
		const { stdout } = await runToEnd(["bash", "-c", asking], {
			cwd: folder,
			env: { PATH: `${folder}:${process.env.PATH}` },
		});
		expect(stdout).toBe("explain\n");
	} finally {
		rmSync(folder, { recursive: true });
	}
});
