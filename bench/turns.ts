/** Several measurements of the same things in turn, A B A B: what else the machine does is fair to both. */
import type { Figure } from "./rows.ts";

/** So many of each. An odd number has one in its middle. */
export const TURNS = 3;

/** What a load says beside the figures of a row. */
interface Counts {
	errors?: number;
	unanswered?: number;
	besideCores?: number;
}

type Ranges = Pick<Figure, "rates" | "p99s">;

/** @param all in any order, without gaps */
function median(all: readonly number[]): number {
	const sorted = all.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * The median of each figure, with the range of the rates and of the p99; what may not be is added up.
 * @param all one or more
 */
export function medianOf<Its extends Figure & Counts>(all: readonly Its[]): Its & Ranges {
	const [first] = all;
	if (!first) throw new RangeError("there are no figures");
	const of = (name: keyof (Figure & Counts)) =>
		all.flatMap((one) => (typeof one[name] === "number" ? [one[name]] : []));
	const middle: Record<string, number> = {};
	for (const name of ["rate", "p50", "p99", "cpu", "rss", "besideCores"] as const)
		if (of(name).length > 0) middle[name] = median(of(name));
	for (const name of ["errors", "unanswered"] as const)
		if (of(name).length > 0) middle[name] = of(name).reduce((sum, one) => sum + one, 0);
	const rangeOf = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];
	return {
		...first,
		...middle,
		...(all.length > 1 && { rates: rangeOf(of("rate")) }),
		...(all.length > 1 && of("p99").length > 0 && { p99s: rangeOf(of("p99")) }),
	};
}

/** @returns the medians of the floor's and of ours */
export async function inTurns<Its extends Figure & Counts>(
	measureFloor: () => Promise<Its>,
	measureOurs: () => Promise<Its>,
	turns = TURNS,
): Promise<{ floor: Its & Ranges; ours: Its & Ranges }> {
	const floors: Its[] = [];
	const all: Its[] = [];
	for (let turn = 0; turn < turns; turn++) {
		floors.push(await measureFloor());
		all.push(await measureOurs());
	}
	return { floor: medianOf(floors), ours: medianOf(all) };
}
