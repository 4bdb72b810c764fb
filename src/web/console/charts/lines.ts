/** The geometry of a line, with a gap where nothing is known. */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { Reading } from "./numbers.ts";
import { HEIGHT, WIDTH } from "./size.ts";

/** @param top the end of the scale @returns a path; a reading without a neighbour is a short stroke */
export function linePath(readings: readonly Reading[], top: number): string {
	const count = readings.length;
	const x = scaleLinear([0, Math.max(1, count - 1)], [0, WIDTH]);
	const y = scaleLinear([0, top], [HEIGHT, 0]);
	const path = line<Reading>()
		.defined((one) => one !== undefined)
		.x((_, index) => x(index))
		.y((one) => y(one ?? 0))
		.digits(1)([...readings]);
	// d3 closes a line of one point, which shows nothing without round ends.
	return (path ?? "").replace(/Z/g, "h2");
}
