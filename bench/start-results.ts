/** What `bun run measure` measured last, as `bench/start.json` keeps it. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Memory } from "./measured-process.ts";
import { asJson, type Machine } from "./results.ts";

/** One way to start a process, by the medians of its runs. */
export interface Start extends Memory {
	name: string;
	/** From spawning the process to its first answer over HTTP, ms. */
	ms: number;
	isFloor?: true;
}

export interface StartResults {
	/** ISO 8601. */
	measuredAt: string;
	/** The commit that was measured; `+` behind it: with changes. */
	commit: string;
	machine: Machine;
	/** How often each was started. */
	runs: number;
	/** How long after its first answer its memory was read, s. */
	idleS: number;
	starts: Start[];
}

/** What a start is to take at most: ms to the first answer, and resident memory when idle, MiB. */
export const AIM = { ms: 120, rss: 64 };

/** @returns what of the aim a start misses; empty: nothing */
export function missedBy({ ms, rss }: Pick<Start, "ms" | "rss">): ("time" | "memory")[] {
	return [...(ms < AIM.ms ? [] : (["time"] as const)), ...(rss < AIM.rss ? [] : (["memory"] as const))];
}

export const readStartResults = (path: string): StartResults => JSON.parse(readFileSync(path, "utf8"));

export function writeStartResults(path: string, results: StartResults): void {
	writeFileSync(path, asJson(results));
}
