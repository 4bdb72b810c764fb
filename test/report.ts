/** Runs the tests in parts, and keeps what they said in a text that is committed. */
import { writeFileSync } from "node:fs";
import { availableParallelism, homedir, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT } from "./files.ts";
import { runTests, type TestRun } from "./suite.ts";
import { closingLine, sumOf, type Tally } from "./tally.ts";

/** Of a part's lines so many are kept, its beginning and its end. */
const KEPT = { first: 20, last: 280 };

export interface Part extends TestRun {
	name: string;
}

/**
 * Runs the parts one after the other, and says how each of them went.
 *
 * @param keep the file that what was said is written to, shortened; undefined: none
 * @param about what to say of the run before it begins, a line each
 */
export async function runParts(
	parts: readonly Part[],
	keep: string | undefined,
	about: readonly string[] = [],
): Promise<Tally> {
	const summary: string[] = [];
	const say = (line: string) => {
		console.log(line);
		summary.push(line);
	};
	for (const line of [machine(), commit(keep), ...about]) say(line);
	const tallies: Tally[] = [];
	for (const { name, ...run } of parts) {
		say(`\n=== ${name}`);
		const startedAt = performance.now();
		const { output, ...tally } = await runTests(run);
		summary.push(...shortened(output));
		say(`${name}: ${closingLine(tally)}, in ${Math.round((performance.now() - startedAt) / 1000)} s`);
		tallies.push(tally);
	}
	const total = sumOf(tallies);
	say(`\n${closingLine(total)}`);
	if (keep !== undefined) writeFileSync(join(ROOT, keep), `${summary.join("\n")}\n`);
	return total;
}

/** The machine's shape, and nothing that tells which one it is. */
function machine(): string {
	const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
	const [kernel = ""] = /^\d+\.\d+/.exec(release()) ?? [];
	return `${availableParallelism()} cores, ${memory}, Bun ${Bun.version}, ${process.platform} ${kernel}`;
}

/** @param keep changes of this file do not count: it is made anew by each run */
function commit(keep: string | undefined): string {
	const git = (...args: string[]) =>
		Bun.spawnSync(["git", ...args], { cwd: ROOT, stderr: "ignore" })
			.stdout.toString()
			.trim();
	const others = keep === undefined ? [] : [`:!${keep}`];
	const isChanged = git("status", "--porcelain", "--", ".", ...others) !== "";
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
