/** What a shell asks for, and a real bash that asks. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "../../peers/child.ts";
import { startTerminalBash } from "../../peers/terminal-bash.ts";

const ROOT = join(import.meta.dir, "../../../");

const complete = async (...words: string[]) => {
	const { stdout } = await runToEnd([process.execPath, "src/main.ts", "complete", ...words], {
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

test("bash at a terminal completes by the script", async () => {
	const folder = mkdtempSync(join(tmpdir(), "reveille-completion-"));
	const program = `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, "src/main.ts")} "$@"\n`;
	writeFileSync(join(folder, "reveille"), program, { mode: 0o755 });
	const bash = await startTerminalBash({ PATH: `${folder}:${process.env.PATH}` });
	try {
		await bash.type("source <(reveille completion bash)\n", /typed> $/);
		expect(await bash.type("reveille exp\t", / $/)).toBe("reveille explain ");
		expect(await bash.type("xmpp-aw\t", / $/)).toBe("xmpp-away ");
		expect(await bash.type("\x15reveille invite \t\t", /revoke/)).toContain("make");
	} finally {
		await bash.stop();
		rmSync(folder, { recursive: true });
	}
});

test("every command has --help and --json, and says so where an option is none of its own", async () => {
	const all = (await complete("")).filter((name) => !name.startsWith("-"));
	expect(all.length).toBeGreaterThan(12);
	/** Groups, by what stands behind their name. */
	const groups: Readonly<Record<string, readonly string[]>> = {
		bar: ["add", "list", "lift"],
		import: ["prosody", "csv"],
		invite: ["make", "list", "revoke"],
	};
	const forms = all.flatMap((name) => (groups[name] ?? [""]).map((word) => [name, word].filter(Boolean)));
	for (const words of forms) {
		const typed = (option: string) =>
			runToEnd([process.execPath, "src/main.ts", ...words, option], {
				cwd: ROOT,
				env: { PATH: process.env.PATH },
			});
		const help = await typed("--help");
		expect({ words, code: help.code }).toEqual({ words, code: 0 });
		expect(help.stdout).toContain("--json");
		const wrong = await typed("--nonsense");
		expect({ words, code: wrong.code }).toEqual({ words, code: 2 });
		expect(wrong.stderr).toContain("[command-arguments]");
	}
}, 60_000);
