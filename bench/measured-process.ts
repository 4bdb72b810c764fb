/** What a running process costs, as Linux counts it. */
import { readdirSync, readFileSync } from "node:fs";

/** Of /proc's times: `getconf CLK_TCK` is 100 on every Linux that Bun runs on. */
const TICK_US = 10_000;

/** Resolves at a process's first answer over HTTP. @throws when it ends before */
export async function untilHealthy(port: number, ended: Promise<unknown>): Promise<void> {
	let hasEnded = false;
	void ended.then(() => {
		hasEnded = true;
	});
	for (;;) {
		const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
		if (answer?.ok) return;
		if (hasEnded) throw new Error("what is measured ended before it answered");
		await Bun.sleep(1);
	}
}

/** Time that a process spent on CPUs so far, its threads together, µs. */
export function cpuOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// proc(5): the second field is the name, which may hold blanks; utime and stime are the 14th and 15th.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Resident memory of a process, MiB. */
export function rssOf(pid: number): number {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** Memory of a process, MiB. */
export interface Memory {
	/** Resident: its own, and of files as much as it has touched, which others may share and the system may drop. */
	rss: number;
	/** The same, what is shared divided by those who share it. */
	pss: number;
	/** What it wrote itself, and nobody else can have. */
	own: number;
}

export function memoryOf(pid: number): Memory {
	const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
	const of = (field: string) =>
		Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? Number.NaN) / 1024;
	return { rss: of("Rss"), pss: of("Pss"), own: of("Private_Dirty") };
}

/** How many files and sockets a process has open. */
export function descriptorsOf(pid: number): number {
	return readdirSync(`/proc/${pid}/fd`).length;
}

/** @param share 0.5 for the median, 0.99 for p99 @param sorted ascending */
export function quantile(sorted: ArrayLike<number>, share: number): number {
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
