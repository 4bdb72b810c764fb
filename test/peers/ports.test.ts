/** No two processes that run tests get the same port: their servers would meet. */
import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { join } from "node:path";
import { freePorts } from "./ports.ts";

/** A process that is given ports, tells them, and keeps them until its standard input ends. */
const PROGRAM = `
	import { freePorts } from ${JSON.stringify(join(import.meta.dir, "ports.ts"))};
	console.log(JSON.stringify(await freePorts(3)));
	process.stdin.on("end", () => process.exit(0)).resume();
`;

/** Tries these in turn, and then what chance says. */
const trying =
	(...ports: number[]) =>
	() =>
		ports.shift() ?? 20_000 + Math.floor(Math.random() * 12_000);

async function told(program: Bun.Subprocess<"pipe", "pipe", "inherit">): Promise<number[]> {
	let text = "";
	for await (const chunk of program.stdout) {
		text += new TextDecoder().decode(chunk);
		if (text.includes("\n")) return JSON.parse(text);
	}
	throw new Error(`it ended early: ${text}`);
}

test("what one process was given no other is, as long as it runs", async () => {
	const other = Bun.spawn([process.execPath, "--eval", PROGRAM], {
		stdin: "pipe",
		stdout: "pipe",
		stderr: "inherit",
	});
	const theirs = await told(other);
	expect(theirs).toHaveLength(3);
	const ours = await freePorts(3, trying(...theirs));
	expect(ours.filter((port) => theirs.includes(port))).toEqual([]);
	other.stdin.end();
	await other.exited;
	expect(await freePorts(3, trying(...theirs))).toEqual(theirs);
});

test("none is given out twice by one process", async () => {
	const [first = 0] = await freePorts(1);
	const [second] = await freePorts(1, trying(first));
	expect(second).not.toBe(first);
});

test("one on which somebody listens is not given out", async () => {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const [free] = await freePorts(1, trying(port));
	expect(free).not.toBe(port);
	server.close();
});

test("a process that holds some ends when it has nothing else to do", async () => {
	const program = `${PROGRAM.split("\n").slice(0, 3).join("\n")}`;
	const other = Bun.spawn([process.execPath, "--eval", program], { stdout: "ignore", stderr: "inherit" });
	expect(await other.exited).toBe(0);
});
