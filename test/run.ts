/**
 * `bun run test`: everything that must hold before a change lands, in one run: lint, types, generated SQL, and all
 * tests against the real peers. A peer that is missing is installed, or named with the line that installs it; none
 * is skipped. Ends with a line `N passed, N failed, N skipped`. With `--update-timings` it also notes how long each file
 * took.
 */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { neighbourly, ROOT } from "./files.ts";
import { temporaryFolder } from "./peers/folder.ts";
import { needPeers, runTests, TIMINGS, WORKERS } from "./suite.ts";
import { closingLine, sumOf, type Tally } from "./tally.ts";

const BIN = join(ROOT, "node_modules", ".bin");

async function run(command: string[]): Promise<boolean> {
	const child = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "inherit", stderr: "inherit" });
	return (await child.exited) === 0;
}

/** What the schema says and what the committed SQL makes are the same. */
async function sqlIsGenerated(): Promise<boolean> {
	const folder = temporaryFolder("drizzle");
	try {
		const schemas = { shared: "schema.ts", outbox: "local/schema.ts" };
		for (const [name, schema] of Object.entries(schemas)) {
			const out = join(folder.path, name);
			cpSync(join(ROOT, "drizzle", name), out, { recursive: true });
			const before = readdirSync(out).length;
			const options = ["--dialect", "sqlite", "--schema", `src/store/${schema}`, "--out", out];
			const generate = [process.execPath, "--bun", join(BIN, "drizzle-kit"), "generate", ...options];
			const child = Bun.spawn(generate, { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
			const said = await new Response(child.stdout).text();
			if ((await child.exited) !== 0 || readdirSync(out).length !== before) {
				console.error(`${said}\nsrc/store/${schema} and drizzle/${name} differ: bun run generate`);
				return false;
			}
		}
		return true;
	} finally {
		folder.remove();
	}
}

await needPeers(["prosody", "ejabberd", "firefox", "slixmpp", "promtool"]);

const checks: [string, () => Promise<boolean>][] = [
	["lint and format (biome)", () => run([join(BIN, "biome"), "check"])],
	["types (tsc)", () => run([join(BIN, "tsc"), "--noEmit"])],
	[
		"types of what the edge reaches (tsc)",
		() => run([join(BIN, "tsc"), "--noEmit", "-p", "tsconfig.worker.json"]),
	],
	["types of the web app (tsc)", () => run([join(BIN, "tsc"), "--noEmit", "-p", "src/web"])],
	[
		"types of the web app's service worker (tsc)",
		() => run([join(BIN, "tsc"), "--noEmit", "-p", "src/web/worker"]),
	],
	["the committed SQL is what the schema says (drizzle-kit)", sqlIsGenerated],
];
const tallies: Tally[] = [];
for (const [name, check] of checks) {
	const holds = await check();
	console.log(`(${holds ? "pass" : "fail"}) ${name}`);
	tallies.push({ passed: holds ? 1 : 0, failed: holds ? 0 : 1, skipped: 0 });
}
const writesTimings = process.argv.includes("--update-timings");
// Bun only adds to them: files that are gone would stay.
if (writesTimings) rmSync(join(ROOT, TIMINGS), { force: true });
const sideBySide = { files: neighbourly(), workers: WORKERS, timings: TIMINGS };
tallies.push(await runTests(writesTimings ? { ...sideBySide, writesTimings } : sideBySide));
const total = sumOf(tallies);
console.log(closingLine(total));
process.exit(total.failed > 0 || total.skipped > 0 ? 1 : 0);
