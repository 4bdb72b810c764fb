/** The table that a benchmark ends with. */
import { type Figure, isMet, type Row } from "./rows.ts";

const COLUMNS = ["", "ours", "floor", "ratio", "target", "", "p50 ms", "p99 ms", "CPU µs", "RSS MiB"];
/** Words stand at the left of their column, figures at the right. */
const WORDS = new Set([0, 5]);

/** A rate as people read it: three figures that count, thousands apart. */
export function rateText(rate: number): string {
	return rate >= 100 ? Math.round(rate).toLocaleString("en") : rate.toPrecision(3);
}

const ratioText = (ratio: number) => `${ratio.toFixed(2)} ×`;
const optional = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? "";

/** What a row must show, and whether it did. */
function verdictText(row: Row): string {
	const met = isMet(row);
	if (met === undefined) return "";
	const missed = (row.must ?? []).filter(({ isMet }) => !isMet).map(({ what }) => `not ${what}`);
	return met ? "met" : ["MISSED", ...missed].join(": ");
}

function cells(row: Row): string[] {
	const { name, unit, ours, floor, target, missing } = row;
	if (missing !== undefined) return [name, "not measured"];
	return [
		name,
		`${rateText(ours.rate)} ${unit}/s`,
		floor ? `${rateText(floor.rate)} /s` : "",
		floor ? ratioText(ours.rate / floor.rate) : "",
		target === undefined ? "" : ratioText(target),
		verdictText(row),
		optional(ours.p50, 2),
		optional(ours.p99, 2),
		optional(ours.cpu, 1),
		optional(ours.rss, 0),
	];
}

/**
 * @returns lines: a row's figures, below it what its floor was and what else it found out
 */
export function table(sections: readonly { section: string; rows: readonly Row[] }[]): string {
	const body = sections.flatMap(({ rows }) => rows.map(cells));
	const widths = COLUMNS.map((head, i) =>
		Math.max(...[head, ...body.map((row) => row[i] ?? "")].map(length)),
	);
	const line = (row: readonly string[]) =>
		row
			.map((cell, i) => (WORDS.has(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
			.join("  ")
			.trimEnd();
	const lines = [line(COLUMNS)];
	for (const { section, rows } of sections) {
		lines.push("", section);
		for (const row of rows) {
			lines.push(line(cells(row)));
			const { floor, must = [], note, missing } = row;
			if (floor) lines.push(`    floor: ${floor.name}${floorCosts(floor)}`);
			if (row.ours.rates)
				lines.push(
					`    medians of turns: ${turnsText(row.ours)}${floor ? `; floor ${turnsText(floor)}` : ""}`,
				);
			for (const { what, isMet } of must) lines.push(`    ${isMet ? "met" : "MISSED"}: ${what}`);
			if (note) lines.push(`    ${note}`);
			if (missing) lines.push(`    ${missing}`);
		}
	}
	return lines.join("\n");
}

/** The lowest and the highest of the turns that the figures are the medians of. */
function turnsText({ rates = [Number.NaN, Number.NaN], p99s }: Figure): string {
	const [low, high] = rates.map(rateText);
	return `${low} to ${high} /s${p99s ? `, p99 ${p99s.map((ms) => ms.toFixed(1)).join(" to ")} ms` : ""}`;
}

function floorCosts({ p99, cpu, rss }: NonNullable<Row["floor"]>): string {
	const costs = [
		p99 === undefined ? "" : `p99 ${p99.toFixed(2)} ms`,
		cpu === undefined ? "" : `${cpu.toFixed(1)} µs of CPU each`,
		rss === undefined ? "" : `${rss.toFixed(0)} MiB`,
	].filter(Boolean);
	return costs.length === 0 ? "" : ` (${costs.join(", ")})`;
}

const length = (text: string) => text.length;
