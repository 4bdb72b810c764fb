/**
 * `bun run test`: everything that must hold before a change lands, in one run: all tests against the real peers, and
 * beside them lint, types and generated SQL. A peer that is missing is installed, or named with the line that installs
 * it; none is skipped. Ends with a line `N passed, N failed, N skipped`. With `--update-timings` it also notes how long
 * each file took.
 */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { neighbourly, ROOT } from "./files.ts";
import { temporaryFolder } from "./peers/folder.ts";
import { needPeers, runTests, TIMINGS, WORKERS } from "./suite.ts";
import { closingLine, sumOf } from "./tally.ts";

const BIN = join(ROOT, "node_modules", ".bin");

/** What is looked at beside the tests. */
interface Check {
	/** A line's subject. */
	name: string;
	/** @returns what it says of faults; undefined: there are none */
	faults(): Promise<string | undefined>;
}

/** A command that ends badly where something is wrong. */
const check = (name: string, ...command: string[]): Check => ({
	name,
	async faults() {
		const { said, code } = await run(command);
		return code === 0 ? undefined : said;
	},
});

async function run(command: string[]): Promise<{ said: string; code: number }> {
	const child = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
	const said = await Promise.all([child.stdout, child.stderr].map((stream) => new Response(stream).text()));
	return { said: said.join(""), code: await child.exited };
}

/** What the schema says and what the committed SQL makes are the same. */
async function faultsOfSql(): Promise<string | undefined> {
	const folder = temporaryFolder("drizzle");
	try {
		const schemas = { shared: "schema.ts", outbox: "local/schema.ts" };
		for (const [name, schema] of Object.entries(schemas)) {
			const out = join(folder.path, name);
			cpSync(join(ROOT, "drizzle", name), out, { recursive: true });
			const before = readdirSync(out).length;
			const options = ["--dialect", "sqlite", "--schema", `src/store/${schema}`, "--out", out];
			const { said, code } = await run([
				process.execPath,
				"--bun",
				join(BIN, "drizzle-kit"),
				"generate",
				...options,
			]);
			if (code !== 0 || readdirSync(out).length !== before) {
				return `${said}\nsrc/store/${schema} and drizzle/${name} differ: bun run generate\n`;
			}
		}
		return undefined;
	} finally {
		folder.remove();
	}
}

const TSC = [join(BIN, "tsc"), "--noEmit"];
const CHECKS: readonly Check[] = [
	check("lint and format (biome)", join(BIN, "biome"), "check"),
	check("types (tsc)", ...TSC),
	check("types of what the edge reaches (tsc)", ...TSC, "-p", "tsconfig.worker.json"),
	check("types of the web app (tsc)", ...TSC, "-p", "src/web"),
	check("types of the web app's service worker (tsc)", ...TSC, "-p", "src/web/worker"),
	{ name: "the committed SQL is what the schema says (drizzle-kit)", faults: faultsOfSql },
];

/** One after the other, each told of when it is through. @returns the names of those that found something */
async function failedChecks(): Promise<string[]> {
	const failed: string[] = [];
	for (const { name, faults } of CHECKS) {
		// One that cannot be run must not end the tests beside it.
		const said = await faults().catch((error: unknown) => `${error}\n`);
		console.log(said === undefined ? `(pass) ${name}` : `${said}(fail) ${name}`);
		if (said !== undefined) failed.push(name);
	}
	return failed;
}

await needPeers(["prosody", "ejabberd", "firefox", "slixmpp", "promtool"]);

const writesTimings = process.argv.includes("--update-timings");
// Bun only adds to them: files that are gone would stay.
if (writesTimings) rmSync(join(ROOT, TIMINGS), { force: true });
const sideBySide = { files: neighbourly(), workers: WORKERS, timings: TIMINGS };
// The tests wait for more than half of their time, which the checks do not.
const [failed, tested] = await Promise.all([
	failedChecks(),
	runTests(writesTimings ? { ...sideBySide, writesTimings } : sideBySide),
]);
// Once more, where they are seen.
for (const name of failed) console.log(`(fail) ${name}`);
const checked = { passed: CHECKS.length - failed.length, failed: failed.length, skipped: 0 };
const total = sumOf([checked, tested]);
console.log(closingLine(total));
process.exit(total.failed > 0 || total.skipped > 0 ? 1 : 0);
