/**
 * `bun run bench [section…]`: how fast it is, each figure beside a floor that was measured in the same run.
 *
 * Speed depends on the machine, so a target that is missed is said and is no failure of the command.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { performancePages } from "../build/performance-page.ts";
import { consoleSection } from "./console.ts";
import { encryption } from "./encryption.ts";
import { outbox } from "./outbox.ts";
import { plot } from "./plot.ts";
import { push2 } from "./push2.ts";
import { registering } from "./registering.ts";
import { commit, machine, mergeResults, readResults, type SectionResults, writeResults } from "./results.ts";
import { isMet, type Row, type Section } from "./rows.ts";
import { scale } from "./scale.ts";
import { search } from "./search.ts";
import { servers } from "./servers.ts";
import { rateText, table } from "./table.ts";
import { unifiedPush } from "./unified-push.ts";
import { wire } from "./wire.ts";

const ROOT = join(import.meta.dir, "..");
const RESULTS = join(import.meta.dir, "results.json");
const PLOT = join(import.meta.dir, "plot.svg");

const SECTIONS: readonly Section[] = [
	wire,
	push2,
	servers,
	scale,
	registering,
	search,
	consoleSection,
	encryption,
	outbox,
	unifiedPush,
];

const USAGE = `bun run bench [section…]    without a section: all of them

${SECTIONS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join("\n")}

Each figure stands beside a floor that was measured in the same run. The table is printed, and kept with the plot:
bench/results.json, bench/plot.svg, docs/performance.md, docs/performance-parts.md.`;

async function runSection({ name, run }: Section): Promise<SectionResults> {
	console.log(`${name} …`);
	const rows: Row[] = [];
	const measuredAt = new Date().toISOString();
	await run((row) => {
		rows.push(row);
		if (row.missing !== undefined) return console.log(`  ${row.name}: not measured, ${row.missing}`);
		const ratio = row.floor ? `, ${(row.ours.rate / row.floor.rate).toFixed(2)} × its floor` : "";
		const missed = isMet(row) === false ? "  MISSED" : "";
		console.log(`  ${row.name}: ${rateText(row.ours.rate)} ${row.unit}/s${ratio}${missed}`);
	});
	return { section: name, measuredAt, commit: commit(ROOT), machine: machine(), rows };
}

async function main(wanted: readonly string[]): Promise<number> {
	if (wanted.includes("--help") || wanted.includes("-h")) {
		console.log(USAGE);
		return 0;
	}
	const unknown = wanted.filter((name) => !SECTIONS.some((section) => section.name === name));
	if (unknown.length > 0) {
		console.error(`There is no section ${unknown.join(", ")}.\n\n${USAGE}`);
		return 1;
	}
	const order = SECTIONS.map(({ name }) => name);
	for (const section of SECTIONS) {
		if (wanted.length > 0 && !wanted.includes(section.name)) continue;
		const fresh = await runSection(section);
		// After each section: what was measured stays, should a later one fail.
		const all = mergeResults(readResults(RESULTS), [fresh], order);
		writeResults(RESULTS, all);
		writeFileSync(PLOT, plot(all));
		for (const [path, text] of performancePages(all)) writeFileSync(join(ROOT, path), text);
	}
	const all = readResults(RESULTS);
	const { cpu, cores, memory, bun, kernel } = machine();
	console.log(`\n${table(all.filter(({ section }) => wanted.length === 0 || wanted.includes(section)))}`);
	console.log(`\n${cores} × ${cpu}, ${memory} GiB, Bun ${bun}, Linux ${kernel}; ${commit(ROOT)}`);
	return 0;
}

process.exit(await main(process.argv.slice(2)));
