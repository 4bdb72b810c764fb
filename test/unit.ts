/**
 * `bun run test:unit`: the tests that start no other program, neither a server nor Reveille itself, for whoever is at
 * work on the code. Lint, types and what measures are left to `bun run test`. Words after it choose among the files:
 * `bun run test:unit delivery`. Ends with a line `N passed, N failed, N skipped`.
 */
import { withoutPrograms } from "./files.ts";
import { runTests, TIMINGS } from "./suite.ts";
import { closingLine } from "./tally.ts";

/** One more than where each file may start servers: 86 s on two cores, and 94 with three. */
const WORKERS = 4;

const words = process.argv.slice(2);
const files = withoutPrograms().filter(
	(file) => words.length === 0 || words.some((word) => file.includes(word)),
);
if (files.length === 0) {
	console.error(`No test file without another program has ${words.join(" or ")} in its path.`);
	process.exit(1);
}
const tally = await runTests({ files, workers: WORKERS, timings: TIMINGS });
console.log(closingLine(tally));
process.exit(tally.failed > 0 || tally.skipped > 0 ? 1 : 0);
