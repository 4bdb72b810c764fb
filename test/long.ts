/**
 * `bun run test:long`: what takes too long for `bun run test`: every `*.long.ts`, and the fuzzing of every parser and
 * route with a hundred times the cases. Ends with a line `N passed, N failed, N skipped`, and writes what it printed,
 * shortened, to `long-output.txt`, which is committed.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, homedir, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { long, ROOT } from "./files.ts";
import { needPeers, runTests } from "./suite.ts";
import { closingLine, sumOf, type Tally } from "./tally.ts";

const OUTPUT = "test/long-output.txt";
const FUZZ_CASES = 10_000_000;
/** Of a part's lines so many are kept, its beginning and its end. */
const KEPT = { first: 20, last: 280 };

interface Part {
	name: string;
	file: string;
	env?: Record<string, string>;
}

const parts: Part[] = [
	...long().map((file) => ({ name: file, file })),
	{
		name: `test/fuzz, ${FUZZ_CASES.toLocaleString("en")} cases`,
		file: "test/fuzz/fuzz.test.ts",
		env: { FUZZ_CASES: String(FUZZ_CASES) },
	},
];

/** The machine's shape, and nothing that tells which one it is. */
function machine(): string {
	const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
	const [kernel = ""] = /^\d+\.\d+/.exec(release()) ?? [];
	return `${availableParallelism()} cores, ${memory}, Bun ${Bun.version}, ${process.platform} ${kernel}`;
}

function commit(): string {
	const git = (...args: string[]) =>
		Bun.spawnSync(["git", ...args], { cwd: ROOT, stderr: "ignore" })
			.stdout.toString()
			.trim();
	const isChanged = git("status", "--porcelain", "--", ".", `:!${OUTPUT}`) !== "";
	return `commit ${git("rev-parse", "--short", "HEAD") || "unknown"}${isChanged ? ", with changes" : ""}`;
}

const isPath = (path: string) => new RegExp(`${RegExp.escape(path.replace(/\/$/, ""))}(/[^\\s"':)]*)?`, "g");

/** Without paths of this machine. */
const anonymous = (text: string) =>
	text
		.replaceAll(ROOT, "")
		.replaceAll(isPath(tmpdir()), "…")
		.replaceAll(process.execPath, "bun")
		.replaceAll(isPath(homedir()), "…");

function shortened(output: string): string[] {
	const lines = anonymous(output).trim().split("\n");
	const { first, last } = KEPT;
	const left = lines.length - first - last;
	return left <= 0
		? lines
		: [...lines.slice(0, first), `… ${left} lines are left out …`, ...lines.slice(-last)];
}

await needPeers(["prosody", "ejabberd"]);

const summary: string[] = [];
const say = (line: string) => {
	console.log(line);
	summary.push(line);
};
say(machine());
say(commit());
const tallies: Tally[] = [];
for (const { name, file, env } of parts) {
	say(`\n=== ${name}`);
	const startedAt = performance.now();
	const { output, ...tally } = await runTests({ files: [file], ...(env && { env }) });
	summary.push(...shortened(output));
	say(`${name}: ${closingLine(tally)}, in ${Math.round((performance.now() - startedAt) / 1000)} s`);
	tallies.push(tally);
}
const total = sumOf(tallies);
say(`\n${closingLine(total)}`);
writeFileSync(join(ROOT, OUTPUT), `${summary.join("\n")}\n`);
process.exit(total.failed > 0 || total.skipped > 0 ? 1 : 0);
