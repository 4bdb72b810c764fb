/** What charts and their sentences say of a row of numbers, of which some may not be known. */
import { scaleLinear } from "d3-scale";

/** Of one time: how much; undefined: nothing is known. */
export type Reading = number | undefined;

/** From when to when (ms since the epoch) nothing is known. */
export interface Gap {
	from: number;
	to: number;
}

/** The end of the scale above all these, with a round number in its middle. @param isWhole of counts: the middle is one too */
export function topOf(readings: readonly Reading[], isWhole: boolean): number {
	const most = Math.max(0, ...readings.filter((one) => one !== undefined));
	const [, top = 0] = scaleLinear().domain([0, most]).nice(4).domain();
	if (top === 0) return 2;
	return isWhole ? 2 * Math.ceil(top / 2) : top;
}

/** @param times when each reading begins @param stepMs how long each is */
export function gapsOf(times: readonly number[], readings: readonly Reading[], stepMs: number): Gap[] {
	const gaps: Gap[] = [];
	times.forEach((at, index) => {
		if (readings[index] !== undefined) return;
		const last = gaps.at(-1);
		if (last && last.to === at) last.to = at + stepMs;
		else gaps.push({ from: at, to: at + stepMs });
	});
	return gaps;
}

/** The middle one of those that are known. */
export function medianOf(readings: readonly Reading[]): Reading {
	const known = readings.filter((one) => one !== undefined).sort((a, b) => a - b);
	return known[Math.floor(known.length / 2)];
}

/** Where the greatest one is; undefined: none is known. */
export function mostOf(readings: readonly Reading[]): { index: number; value: number } | undefined {
	let most: { index: number; value: number } | undefined;
	readings.forEach((value, index) => {
		if (value !== undefined && (!most || value > most.value)) most = { index, value };
	});
	return most;
}

/** The last one that is known. */
export const lastOf = (readings: readonly Reading[]): Reading =>
	readings.findLast((one) => one !== undefined);

/** Five times, evenly from the beginning of the first reading to the end of the last; none where there is no reading. */
export function fiveOf(times: readonly number[], stepMs: number): number[] {
	const [first] = times;
	if (first === undefined) return [];
	return [0, 1, 2, 3, 4].map((part) => first + (part * times.length * stepMs) / 4);
}
