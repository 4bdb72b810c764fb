/** Debian's package for arm64: its program, on an arm64 that qemu makes of this machine. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildDeb } from "../../build/deb.ts";
import { sourceDate } from "../../build/epoch.ts";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../files.ts";
import { runToEnd } from "../peers/child.ts";
import { bootstrap, cachedDebian } from "../peers/debootstrap.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { ensurePeers } from "../peers/install.ts";
import { startReveille } from "../peers/reveille.ts";

const folder = temporaryFolder("arm64");
afterAll(() => folder.remove());

/** Its C library comes from there. */
const debian = cachedDebian("bookworm-arm64");
const program = join(folder.path, "content/usr/lib/reveille/reveille");
/** As the program would set it itself: qemu starts this process, and not another that takes its place. */
const LIMIT = { BUN_CONFIG_MAX_HTTP_REQUESTS: "8192" };
const command = ["qemu-aarch64-static", "-L", debian, program];

beforeAll(async () => {
	await ensurePeers(["qemu"], console.log);
	const again = "bun run test:long";
	await bootstrap({ release: "bookworm", folder: debian, foreign: "arm64", again }, console.log);
	const deb = await buildDeb({
		out: folder.path,
		target: "linux-arm64",
		epoch: sourceDate(ROOT),
		compression: ["-Znone"],
	});
	expect(deb).toEndWith("_arm64.deb");
	Bun.spawnSync(["dpkg-deb", "-x", deb, join(folder.path, "content")]);
}, 600_000);

test("it starts, opens its databases, and answers /ready", async () => {
	const reveille = await startReveille({ command: () => command, settings: LIMIT });
	try {
		const answer = await fetch(`${reveille.url}/ready`);
		// 503: XMPP is not set up.
		expect(answer.status).toBe(503);
		expect(await answer.json()).toMatchObject({ database: "ok" });
		for (const name of ["reveille.db", "outbox.db"]) {
			expect(readdirSync(reveille.dataFolder)).toContain(name);
		}
		await reveille.halt();
		expect(reveille.log()).toContain("Ending: pushes on their way are finished");
	} finally {
		await reveille.stop();
	}
}, 120_000);

test("it says its version", async () => {
	const env = { PATH: process.env.PATH, ...LIMIT };
	const { stdout, code } = await runToEnd([...command, "--version"], { cwd: folder.path, env });
	expect({ stdout, code }).toEqual({ stdout: `${packageJson.version}\n`, code: 0 });
}, 60_000);
