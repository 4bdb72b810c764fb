/**
 * `bun run test:long`: what takes too long for `bun run test`: every `*.long.ts`, the rest of every matrix
 * (`*.matrix.ts`), and the fuzzing of every parser and route with a hundred times the cases. Ends with a line `N passed, N failed, N skipped`, and writes what it printed,
 * shortened, to `long-output.txt`, which is committed.
 */
import { long, restOfMatrix } from "./files.ts";
import { type Part, runParts } from "./report.ts";
import { needPeers, TIMINGS, WORKERS } from "./suite.ts";

const FUZZ_CASES = 10_000_000;

const parts: Part[] = [
	{ name: "the rest of the matrix", files: restOfMatrix(), workers: WORKERS, timings: TIMINGS },
	...long().map((file) => ({ name: file, files: [file] })),
	{
		name: `test/fuzz, ${FUZZ_CASES.toLocaleString("en")} cases`,
		files: ["test/fuzz/fuzz.test.ts"],
		env: { FUZZ_CASES: String(FUZZ_CASES) },
	},
];

await needPeers(["prosody", "ejabberd", "firefox"]);

const { failed, skipped } = await runParts(parts, "test/long-output.txt");
process.exit(failed > 0 || skipped > 0 ? 1 : 0);
