/** `bun run generate`: writes `docs/bounds.md` from the table of bounds. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bound } from "../src/limits/bounds/bound.ts";
import { BOUNDS } from "../src/limits/bounds/table.ts";

/** Where the page is, from the root of the repository. */
export const BOUNDS_PAGE = "docs/bounds.md";

const INTRODUCTION = `# Bounds

Anybody may send stanzas and HTTP requests to Reveille, and clients choose the servers that it pushes to. So each
thing that others decide has a bound. This page is made from the code (\`src/limits/bounds/\`): these are the numbers
that hold. Where a setting changes one, it is named.`;

const MIB = 1024 * 1024;

const count = (number: number) => number.toLocaleString("en");

function inWords({ is, least, unit }: Bound): string {
	if (least !== undefined) return `${count(Number(is))} ${unit}, and at least ${count(least)}`;
	if (typeof is === "object") {
		return `${count(is.burst)} ${unit} at once, then ${count(is.perSecond)} a second`;
	}
	if (unit === "bytes" && is % MIB === 0) return `${count(is / MIB)} MiB`;
	if (unit === "bytes" && is % 1024 === 0) return `${count(is / 1024)} KiB`;
	return `${count(is)} ${unit}`;
}

function row(bound: Bound): string {
	const setting = bound.setting ? ` Setting: \`${bound.setting}\`.` : "";
	return `| ${bound.what} | ${inWords(bound)} | ${bound.beyond}${setting} |`;
}

/** The page, as Markdown. */
export function boundsPage(): string {
	const sections = Object.entries(BOUNDS).map(([title, bounds]) => {
		const rows = Object.values(bounds).map(row);
		return [`## ${title}`, "", "| what | at most | beyond that |", "|---|---|---|", ...rows].join("\n");
	});
	return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

if (import.meta.main) writeFileSync(join(import.meta.dir, "..", BOUNDS_PAGE), boundsPage());
