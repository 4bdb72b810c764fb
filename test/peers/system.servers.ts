/** A server of another Debian runs there, and leaves no mounts behind, however it ends. */
import { afterAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "./child.ts";
import { debian13Folder } from "./debian13.ts";
import { temporaryFolder } from "./folder.ts";
import { serversSystem } from "./system.ts";

const folder = temporaryFolder("system");
afterAll(folder.remove);

/** Where this process, and with it every other one out here, sees something mounted. */
const mountedBelow = (path: string) =>
	readFileSync("/proc/self/mounts", "utf8")
		.split("\n")
		.filter((line) => (line.split(" ")[1] ?? "").startsWith(path));

test("a program sees its own Debian, and the temporary folder that it is given", () => {
	writeFileSync(join(folder.path, "given"), "a configuration");
	const script =
		"cat given; . /etc/os-release; echo; echo $VERSION_ID; cat /proc/self/comm; echo > /dev/null";
	const { stdout, stderr } = Bun.spawnSync(serversSystem().command(["sh", "-c", script], folder.path));
	expect(stderr.toString()).toBe("");
	expect(stdout.toString()).toBe("a configuration\n13\ncat\n");
});

test.each([
	["stopped", (child: ReturnType<typeof startChild>) => child.stop()],
	["killed", (child: ReturnType<typeof startChild>) => child.kill9()],
] as const)("nothing is mounted out here while it runs, nor when it was %s", async (how, end) => {
	const logPath = join(folder.path, `${how}.log`);
	const sleeping = ["sh", "-c", "echo ready; exec sleep 600"];
	const child = startChild({ command: serversSystem().command(sleeping, folder.path), logPath });
	await child.ready(() => readFileSync(logPath, "utf8").includes("ready"));
	// The process that was started is the program itself: it is stopped by its id.
	expect(readFileSync(`/proc/${child.pid}/comm`, "utf8")).toMatch(/^(sh|sleep)\n$/);
	expect(mountedBelow(debian13Folder())).toEqual([]);
	await end(child);
	expect(child.running()).toBe(false);
	expect(mountedBelow(debian13Folder())).toEqual([]);
});
