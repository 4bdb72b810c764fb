/**
 * `bun run test`: everything that must hold before a change lands, in one run: lint, types, generated SQL, and all
 * tests against the real peers. A peer that is missing is installed, or named with the line that installs it; none
 * is skipped. Ends with a line `N passed, N failed, N skipped`.
 */
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./peers/folder.ts";
import { ensurePeers } from "./peers/install.ts";
import { MissingPeer } from "./peers/missing-peer.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BIN = join(ROOT, "node_modules", ".bin");

interface Tally {
	passed: number;
	failed: number;
	skipped: number;
}

async function run(command: string[]): Promise<boolean> {
	const child = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "inherit", stderr: "inherit" });
	return (await child.exited) === 0;
}

/** What the schema says and what the committed SQL makes are the same. */
async function sqlIsGenerated(): Promise<boolean> {
	const folder = temporaryFolder("drizzle");
	try {
		const schemas = { shared: "schema.ts", outbox: "outbox-schema.ts" };
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

/**
 * Two tests fill up a small disk, which they mount. Who may not mount gets a namespace in which they may, where the
 * kernel allows it; where it does not, those tests say so and fail.
 */
function allowedToMount(): string[] {
	const inNamespace = ["unshare", "-Urm"];
	const works = (command: string[]) => Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).success;
	if (works(["unshare", "-m", "true"]) || !works([...inNamespace, "true"])) return [];
	return inNamespace;
}

/** Runs all tests, shows their output, and counts from the closing lines. */
async function tests(): Promise<Tally> {
	const child = Bun.spawn([...allowedToMount(), process.execPath, "test", "--timeout", "60000"], {
		cwd: ROOT,
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
	});
	let output = "";
	const pass = async (from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream) => {
		const decoder = new TextDecoder();
		for await (const chunk of from) {
			to.write(chunk);
			output += decoder.decode(chunk, { stream: true });
		}
	};
	await Promise.all([pass(child.stdout, process.stdout), pass(child.stderr, process.stderr)]);
	const code = await child.exited;
	const count = (word: string) => Number(output.match(new RegExp(`^\\s*(\\d+) ${word}$`, "m"))?.[1] ?? 0);
	const tally = { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
	// A runner that ends badly without a failed test (a crash, a file that does not load) has failed all the same.
	if (code !== 0 && tally.failed === 0) tally.failed = 1;
	return tally;
}

try {
	await ensurePeers(["prosody", "ejabberd", "firefox", "slixmpp"], (sentence) => console.log(sentence));
} catch (error) {
	if (!(error instanceof MissingPeer)) throw error;
	// Nothing is skipped for it: without its peers the suite has failed.
	console.error(error.message);
	console.log("0 passed, 1 failed, 0 skipped");
	process.exit(1);
}

const checks: [string, () => Promise<boolean>][] = [
	["lint and format (biome)", () => run([join(BIN, "biome"), "check"])],
	["types (tsc)", () => run([join(BIN, "tsc"), "--noEmit"])],
	[
		"types of what the edge reaches (tsc)",
		() => run([join(BIN, "tsc"), "--noEmit", "-p", "tsconfig.worker.json"]),
	],
	["the committed SQL is what the schema says (drizzle-kit)", sqlIsGenerated],
];
let passed = 0;
let failed = 0;
for (const [name, check] of checks) {
	const holds = await check();
	console.log(`(${holds ? "pass" : "fail"}) ${name}`);
	if (holds) passed++;
	else failed++;
}
const tally = await tests();
passed += tally.passed;
failed += tally.failed;
console.log(`${passed} passed, ${failed} failed, ${tally.skipped} skipped`);
process.exit(failed > 0 || tally.skipped > 0 ? 1 : 0);
