/** Many runs, some at a time. */
import type { Choices } from "./choices.ts";
import type { Totals } from "./ledger.ts";
import { killRun, type RunOptions } from "./run.ts";
import type { WayIn } from "./way-in.ts";

export interface Outcome {
	runs: number;
	totals: Totals;
	/** What does not add up, or why a run did not end, each with its seed. */
	faults: string[];
}

/** Makes the runs and prints a line of each. @param open what to connect to, of a run's own */
export async function killRuns(
	runs: readonly Choices[],
	open: () => Promise<WayIn>,
	{ atOnce, ...options }: RunOptions & { atOnce: number },
): Promise<Outcome> {
	const totals: Totals = {
		published: 0,
		answered: 0,
		before: 0,
		after: 0,
		superseded: 0,
		ambiguous: 0,
		twice: 0,
	};
	const faults: string[] = [];
	const left = [...runs];
	const work = async () => {
		for (let choices = left.shift(); choices; choices = left.shift()) {
			const { seed } = choices;
			const wayIn = await open();
			try {
				const report = await killRun(choices, wayIn, options);
				console.log(report.line);
				for (const name of Object.keys(totals) as (keyof Totals)[]) totals[name] += report.totals[name];
				faults.push(...report.faults.map((fault) => `seed ${seed}: ${fault}`));
			} catch (error) {
				faults.push(`seed ${seed}: ${error}`);
			} finally {
				await wayIn.stop();
			}
		}
	};
	await Promise.all(Array.from({ length: atOnce }, work));
	const { published, answered, before, after, superseded, ambiguous, twice } = totals;
	console.log(
		[
			`${runs.length} runs: ${published} published, ${answered} answered, delivered ${before} before + ${after} after,`,
			`${superseded} superseded, ${ambiguous} ambiguous, ${twice} twice; ${faults.length} faults`,
		].join(" "),
	);
	return { runs: runs.length, totals, faults };
}
