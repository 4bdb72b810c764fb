/** How a run of `bun test` went, read from what it printed. */

export interface Tally {
	passed: number;
	failed: number;
	skipped: number;
}

/** The last line that Bun prints, once all files are through. The lines right above it are the counts. */
const LAST = /^Ran \d+ tests? across (\d+) files?\. \[/;
const COUNT = /^\s*([\d,]+) ([a-z]+)/;

/**
 * Counts by Bun's closing lines. A run that ended badly has failed also where no test did: a worker that crashed, a
 * file that does not load, a runner that ended before its closing lines.
 *
 * @param printed what Bun wrote to standard error: what tests print is not there, whatever it looks like
 * @param code the exit code
 * @param files how many files were to run; undefined: not known
 */
export function tallyOf(printed: string, code: number | null, files?: number): Tally {
	const lines = printed.split(/\r?\n/);
	const last = lines.findLastIndex((line) => LAST.test(line));
	const counts = new Map<string, number>();
	for (let at = last - 1; at >= 0; at--) {
		const [, count = "", what = ""] = COUNT.exec(lines[at] ?? "") ?? [];
		if (what === "") break;
		counts.set(what, Number(count.replaceAll(",", "")));
	}
	const count = (what: string) => counts.get(what) ?? 0;
	const failed = count("fail");
	const ran = Number(LAST.exec(lines[last] ?? "")?.[1]);
	const isWhole = last >= 0 && (files === undefined || ran === files);
	return {
		passed: count("pass"),
		failed: failed === 0 && (code !== 0 || !isWhole) ? 1 : failed,
		skipped: count("skip") + count("todo"),
	};
}

/** What several runs come to. */
export const sumOf = (tallies: readonly Tally[]): Tally => ({
	passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
	failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
	skipped: tallies.reduce((sum, { skipped }) => sum + skipped, 0),
});

/** The line that a run ends with. */
export const closingLine = ({ passed, failed, skipped }: Tally): string =>
	`${passed} passed, ${failed} failed, ${skipped} skipped`;
