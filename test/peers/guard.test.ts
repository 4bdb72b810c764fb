/**
 * No peer outlives the process that started it, however that ends.
 */
import { expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PATIENCE_MS } from "./patience.ts";
import { alive, familyOf, type ProcessEntry, signal } from "./process-table.ts";

/** A program that starts a child with a child of its own, tells their ids and its folder, and waits. */
const PROGRAM = `
	import { startChild } from ${JSON.stringify(join(import.meta.dir, "child.ts"))};
	import { temporaryFolder } from ${JSON.stringify(join(import.meta.dir, "folder.ts"))};
	const folder = temporaryFolder("guard");
	const logPath = folder.path + "/log";
	// It ignores SIGTERM, as a stuck server does.
	const command = ["sh", "-c", "trap '' TERM; echo ready; sleep 600 & wait; wait"];
	const child = startChild({ command, logPath });
	await child.ready(async () => (await Bun.file(logPath).text()).includes("ready"));
	console.log(JSON.stringify({ pid: child.pid, folder: folder.path }));
	process.stdin.on("data", (word) => {
		if (String(word).trim() === "throw") throw new Error("on purpose");
		if (String(word).trim() === "exit") process.exit(0);
		if (String(word).trim() === "stop") child.stop(100).then(() => process.stdin.destroy());
		if (String(word).trim() === "kill9") child.kill9().then(() => process.stdin.destroy());
	});
`;

const ends: [string, (program: Bun.Subprocess<"pipe", "pipe", "pipe">) => void][] = [
	["SIGINT", (program) => program.kill("SIGINT")],
	["SIGTERM", (program) => program.kill("SIGTERM")],
	["SIGHUP", (program) => program.kill("SIGHUP")],
	["SIGKILL", (program) => program.kill("SIGKILL")],
	["an exception", (program) => program.stdin.write("throw\n")],
	["process.exit", (program) => program.stdin.write("exit\n")],
	[
		"stopping its child, which ignores SIGTERM, and having nothing left to do",
		(program) => program.stdin.write("stop\n"),
	],
	["killing its child and having nothing left to do", (program) => program.stdin.write("kill9\n")],
];

for (const [how, end] of ends) {
	// Only Linux can end the child of a process that was killed outright.
	test.skipIf(process.platform !== "linux")(`nothing is left after ${how}`, async () => {
		const command = [process.execPath, "--eval", PROGRAM];
		const program = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
		const { pid, folder } = await firstLine(program.stdout);
		const family = familyOf(pid);
		expect(family.length).toBeGreaterThan(0);
		const before = performance.now();

		end(program);
		await program.exited;

		if (how === "SIGKILL") {
			// The system ends the child only; what that had started is left to notice by itself.
			await untilEnded(family.slice(0, 1));
			for (const entry of family) signal(entry, "SIGKILL");
			rmSync(folder, { recursive: true });
		}
		await untilEnded(family);
		// The child would run for ten minutes.
		expect(performance.now() - before).toBeLessThan(PATIENCE_MS);
		expect(existsSync(folder)).toBe(false);
	});
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<{ pid: number; folder: string }> {
	let text = "";
	for await (const chunk of stream) {
		text += new TextDecoder().decode(chunk);
		if (text.includes("\n")) return JSON.parse(text);
	}
	throw new Error(`it ended early: ${text}`);
}

async function untilEnded(family: ProcessEntry[]): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS;
	while (family.some(alive) && Date.now() < deadline) await Bun.sleep(5);
	expect(family.filter(alive)).toEqual([]);
}
