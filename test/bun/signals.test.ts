/** SIGHUP while the process starts, which would end it by itself. */
import { expect, test } from "bun:test";

const PROGRAM = `
	import { reloadsAsked } from ${JSON.stringify(`${import.meta.dir}/../../src/bun/signals.ts`)};
	const onReload = reloadsAsked();
	process.kill(process.pid, "SIGHUP");
	await Bun.sleep(100);
	let times = 0;
	onReload(async () => void times++);
	process.kill(process.pid, "SIGHUP");
	await Bun.sleep(100);
	console.log(times);
	process.exit(0);
`;

test("it is remembered, and each later one reloads", async () => {
	const process = Bun.spawn([Bun.argv[0] ?? "bun", "-e", PROGRAM], { stdout: "pipe", stderr: "inherit" });
	expect(await new Response(process.stdout).text()).toBe("2\n");
	expect(await process.exited).toBe(0);
});
