/** The plot that a benchmark ends with. */
import { isMet, type Row } from "./rows.ts";
import { svg, text, WIDTH } from "./svg.ts";
import { rateText } from "./table.ts";

const LABELS = 300;
/** Room right of the longest bar for its figure. */
const FIGURES = 200;
const BAR = 12;
const ROW = 2 * BAR + 18;
const HEADING = 34;
const SPAN = WIDTH - LABELS - FIGURES;

const bar = (kind: string, y: number, width: number) =>
	`<rect class="${kind}" x="${LABELS}" y="${y}" width="${Math.max(width, 1).toFixed(1)}" height="${BAR}" rx="2"/>`;

/** One row: our bar above its floor's, as long as the longer of them may be; a tick where the target is. */
function drawRow(row: Row, y: number): string[] {
	const { name, unit, ours, floor, target } = row;
	const wanted = floor && target !== undefined ? floor.rate * target : 0;
	const scale = SPAN / Math.max(ours.rate, floor?.rate ?? 0, wanted);
	// The figure stands clear of a tick that our bar does not reach.
	const end = Math.max(ours.rate, wanted);
	const kind = isMet(row) === false ? "missed" : "ours";
	const ratio = floor ? ` (${(ours.rate / floor.rate).toFixed(2)} ×)` : "";
	const parts = [
		text(LABELS - 10, y + BAR - 2, name, 'text-anchor="end"'),
		bar(kind, y, ours.rate * scale),
		text(LABELS + end * scale + 6, y + BAR - 2, `${rateText(ours.rate)} ${unit}/s${ratio}`),
	];
	if (!floor) return parts;
	const floorY = y + BAR + 2;
	const at = LABELS + wanted * scale;
	parts.push(
		text(LABELS - 10, floorY + BAR - 2, shortened(floor.name), 'class="small" text-anchor="end"'),
		bar("floor", floorY, floor.rate * scale),
		text(LABELS + floor.rate * scale + 6, floorY + BAR - 2, rateText(floor.rate), 'class="small"'),
	);
	if (wanted > 0) parts.push(`<path class="target" d="M${at.toFixed(1)} ${y - 3}v${2 * BAR + 8}"/>`);
	return parts;
}

/** What fits beside a bar. */
const shortened = (name: string) => (name.length > 48 ? `${name.slice(0, 47)}…` : name);

/** @returns the SVG, with a bar for each row, its floor below it */
export function plot(sections: readonly { section: string; rows: readonly Row[] }[]): string {
	const parts: string[] = [];
	let y = 8;
	for (const { section, rows } of sections) {
		parts.push(text(0, y + 18, section, 'class="section"'));
		y += HEADING;
		for (const row of rows) {
			if (row.missing !== undefined) continue;
			parts.push(...drawRow(row, y));
			y += ROW;
		}
	}
	parts.push(
		text(
			0,
			y + 18,
			"Each row has a scale of its own. Grey: its floor, measured in the same run. Tick: the target; orange: missed.",
			'class="small"',
		),
	);
	return svg(y + 30, "Rates of Reveille beside their floors", parts);
}
