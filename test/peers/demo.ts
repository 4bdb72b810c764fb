/** The demo as a program, in a folder that is not the project's. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./folder.ts";
import { guard } from "./guard.ts";

export interface Demo {
	readonly pid: number;
	/** Types a line at it. */
	type(line: string): void;
	signal(name: NodeJS.Signals): void;
	/** Resolves to all that it said so far. @throws when it ends without this */
	untilSaid(text: string): Promise<string>;
	/** Resolves to all that it said, how it ended, and the names of the files and folders that it left. */
	ended(): Promise<{ said: string; stderr: string; code: number; left: string[] }>;
	/** Ends it in any case, and removes what it left. */
	kill(): void;
}

/** @param root the checkout's folder @param args as they are typed */
export function runDemo(root: string, args: readonly string[]): Demo {
	const folder = temporaryFolder("demo");
	const child = Bun.spawn([process.execPath, join(root, "examples/demo.ts"), ...args], {
		cwd: folder.path,
		// Whatever it makes is there.
		env: { ...process.env, TMPDIR: folder.path },
		stdin: "pipe",
		stdout: "pipe",
		stderr: "pipe",
	});
	const unguard = guard(child.pid);
	const reader = child.stdout.getReader();
	const decoder = new TextDecoder();
	let said = "";
	/** @returns whether there was more */
	const readOn = async () => {
		const { done, value } = await reader.read();
		if (value) said += decoder.decode(value, { stream: true });
		return !done;
	};
	return {
		pid: child.pid,
		type(line) {
			child.stdin.write(`${line}\n`);
			child.stdin.flush();
		},
		signal: (name) => child.kill(name),
		async untilSaid(text) {
			while (!said.includes(text)) {
				if (!(await readOn())) throw new Error(`it did not say ${text}, but: ${said}`);
			}
			return said;
		},
		async ended() {
			while (await readOn());
			const stderr = await new Response(child.stderr).text();
			return { said, stderr, code: await child.exited, left: readdirSync(folder.path) };
		},
		kill() {
			child.kill("SIGKILL");
			unguard();
			folder.remove();
		},
	};
}
