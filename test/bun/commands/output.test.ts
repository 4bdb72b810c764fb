/** What commands print: on terminals, in pipes, and where there is no room for it. */
import { expect, test } from "bun:test";
import { openSync } from "node:fs";
import { join } from "node:path";
import { print, printJson, type Write } from "../../../src/bun/commands/output.ts";

const ROOT = join(import.meta.dir, "../../../");

const failing = (code: string) => Object.assign(new Error(code), { code });

/** Takes a few bytes at once. */
function collecting(): { write: Write; text(): string } {
	const taken: Uint8Array[] = [];
	return {
		write(bytes) {
			taken.push(bytes.slice(0, 7));
			return Math.min(7, bytes.length);
		},
		text: () => Buffer.concat(taken).toString(),
	};
}

test("names that strangers chose move no cursor and turn no line round", () => {
	const { write, text } = collecting();
	print("a\u001b[2Jb\n\u202erom\u009b31m\u2028\u0007eo\ud800\t日本", write);
	expect(text()).toBe("a [2Jb\n rom 31m eo\ufffd\t日本\n");
});

test("in JSON they stand escaped, and mean the same", () => {
	const { write, text } = collecting();
	const value = { name: "a\u001b\u202eb\u009b\u2028\u{e0001}日本" };
	printJson(value, write);
	expect(text()).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
	expect(JSON.parse(text())).toEqual(value);
});

test("a slow reader is waited for; one that went has had enough", () => {
	const { write, text } = collecting();
	let tries = 0;
	print("all of it", (bytes) => {
		if (tries++ % 2 === 0) throw failing("EAGAIN");
		return write(bytes);
	});
	expect(text()).toBe("all of it\n");
	print("nobody reads", () => {
		throw failing("EPIPE");
	});
});

test("what cannot be written is no success", () => {
	const full: Write = () => {
		throw failing("ENOSPC");
	};
	const refusal = {
		id: "output-failed",
		message: "What the command did is done, and its output cannot be written (ENOSPC).",
	};
	expect(() => print("token", full)).toThrow(expect.objectContaining(refusal));
	expect(() => printJson("token", full)).toThrow(expect.objectContaining(refusal));
});

test.each(["explain", "explain --json", "completion bash"])(
	"%s onto a full disk ends with code 1",
	async (typed) => {
		const child = Bun.spawn([process.execPath, "src/main.ts", ...typed.split(" ")], {
			cwd: ROOT,
			env: { PATH: process.env.PATH },
			stdout: openSync("/dev/full", "w"),
			stderr: "pipe",
		});
		expect(await new Response(child.stderr).text()).toContain("(ENOSPC). [output-failed]");
		expect(await child.exited).toBe(1);
	},
	20_000,
);
