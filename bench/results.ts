/** The figures of earlier runs and of this one, in one file: a section that was not run keeps what it had. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Row } from "./rows.ts";

/** The shape of the machine that measured; nothing that names it. */
export interface Machine {
	cpu: string;
	cores: number;
	/** GiB. */
	memory: number;
	bun: string;
	kernel: string;
}

/** A section's rows, and what they were measured with. */
export interface SectionResults {
	section: string;
	/** ISO 8601. */
	measuredAt: string;
	/** The commit that was measured; `+` behind it: with changes. */
	commit: string;
	machine: Machine;
	rows: Row[];
}

export function machine(): Machine {
	const all = cpus();
	return {
		cpu: all[0]?.model.trim() ?? "unknown",
		cores: all.length,
		memory: Math.round(totalmem() / 2 ** 30),
		bun: Bun.version,
		kernel: release(),
	};
}

/** The commit that is checked out. */
export function commit(root: string): string {
	const git = (...words: string[]) => {
		const { stdout, exitCode } = Bun.spawnSync(["git", "-C", root, ...words], { stderr: "ignore" });
		return exitCode === 0 ? stdout.toString().trim() : undefined;
	};
	const id = git("rev-parse", "--short=10", "HEAD");
	if (id === undefined) return "unknown";
	return git("status", "--porcelain", "--untracked-files=no", "--", "src", "bench") ? `${id}+` : id;
}

/** @returns what the file holds; nothing if it is not there */
export function readResults(path: string): SectionResults[] {
	return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

/**
 * Writes new results over those of the same sections.
 * @param order the names of all sections; others are forgotten
 * @returns all
 */
export function mergeResults(
	known: readonly SectionResults[],
	fresh: readonly SectionResults[],
	order: readonly string[],
): SectionResults[] {
	const bySection = new Map([...known, ...fresh].map((results) => [results.section, results]));
	return order.flatMap((name) => bySection.get(name) ?? []);
}

export function writeResults(path: string, results: readonly SectionResults[]): void {
	writeFileSync(path, asJson(results));
}

/** @returns JSON with as many digits as mean something, and ranges in a line each, as the formatter wants it */
export function asJson(results: unknown): string {
	const rounded = (_key: string, value: unknown) =>
		typeof value === "number" ? Number(value.toPrecision(6)) : value;
	const text = JSON.stringify(results, rounded, "\t").replace(
		/\[\s+([\d.e+-]+),\s+([\d.e+-]+)\s+\]/g,
		"[$1, $2]",
	);
	return `${text}\n`;
}
