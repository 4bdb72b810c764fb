/** The geometry of stacked bars: one path for each series. */
import { scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import type { Reading } from "./numbers.ts";
import { HEIGHT, WIDTH } from "./size.ts";

/** Left free between two bars, of the width of one; between two parts of a bar, of the height of the drawing. */
const BESIDE = 0.16;
const BETWEEN = 0.6;

/**
 * @param rows of each series its readings, the lowest first; a time of which one is not known has no bar
 * @param top the end of the scale
 * @returns of each series its path
 */
export function stackedBars(rows: readonly (readonly Reading[])[], top: number): string[] {
	const count = rows[0]?.length ?? 0;
	const x = scaleLinear([0, count], [0, WIDTH]);
	const y = scaleLinear([0, top], [HEIGHT, 0]);
	const stacked = stack<number, number, number>()
		.keys(rows.keys())
		.value((time, series) => rows[series]?.[time] ?? 0)([...Array(count).keys()]);
	const pad = (x(1) - x(0)) * (BESIDE / 2);
	return stacked.map((parts, series) =>
		parts
			.flatMap(([from, to], time) => {
				if (rows[series]?.[time] === undefined || to <= from) return [];
				const foot = y(from) - (from > 0 ? BETWEEN : 0);
				// What is too small to leave room below it is drawn all the same.
				const head = Math.min(y(to), foot - BETWEEN / 2);
				return `M${round(x(time) + pad)} ${round(foot)}V${round(head)}H${round(x(time + 1) - pad)}V${round(foot)}Z`;
			})
			.join(""),
	);
}

const round = (value: number) => Math.round(value * 10) / 10;
