/** Garbage collections, as JavaScriptCore tells of them on the standard error (`BUN_JSC_logGC=1`). */
import { quantile } from "../measured-process.ts";

export interface Collection {
	/** When it ended, ms since the epoch. */
	at: number;
	/** How long the thread stood still for it, all stops together, ms. */
	stopped: number;
	/** From its beginning to its end: between the stops other threads work at it, ms. */
	whole: number;
}

export interface CollectionLog {
	/** @returns whether the line is of a collection */
	read(line: string): boolean;
	/** Those that ended between two times, ms since the epoch. */
	between(from: number, to: number): Collection[];
}

/** @param now when a line came, ms since the epoch */
export function createCollectionLog(now: () => number = Date.now): CollectionLog {
	const all: Collection[] = [];
	let stopped = 0;
	return {
		read(line) {
			if (!/^\[GC<|^GC END!|^Requesting GC /.test(line)) return false;
			if (/>: START /.test(line)) stopped = 0;
			for (const [, ms] of line.matchAll(/\bp=([\d.]+)ms/g)) stopped += Number(ms);
			const whole = / cycle ([\d.]+)ms END\]/.exec(line)?.[1];
			if (whole !== undefined) all.push({ at: now(), stopped, whole: Number(whole) });
			return true;
		},
		between: (from, to) => all.filter(({ at }) => at >= from && at <= to),
	};
}

/** How many there were and what one took, as one sentence. @param seconds that they were counted for */
export function collectionsText(collections: readonly Collection[], seconds: number): string {
	if (collections.length === 0) return "no garbage collection";
	const of = (name: "stopped" | "whole") => {
		const sorted = collections.map((one) => one[name]).sort((a, b) => a - b);
		return `${quantile(sorted, 0.5).toFixed(1)} ms, at most ${quantile(sorted, 1).toFixed(1)}`;
	};
	const each = (collections.length / seconds).toFixed(1);
	return `${each} garbage collections a second: one stops the thread for ${of("stopped")}, and is over after ${of("whole")}`;
}
