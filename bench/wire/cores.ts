/** A core of its own for what is measured, and the others for what loads it: neither waits for the other's work. */
import { readFileSync } from "node:fs";

/** Lists of cores, as taskset(1) takes them. */
export interface Cores {
	/** One, for what is measured. */
	measured: string;
	/** All others. */
	beside: string;
}

/** The numbers of a list such as `0-2,5`. */
function numbersOf(list: string): number[] {
	return list.split(",").flatMap((range) => {
		const [first = Number.NaN, last = first] = range.split("-").map(Number);
		return Array.from({ length: last - first + 1 }, (_, n) => first + n);
	});
}

/** Those that this process may use. */
const allCores = () =>
	/Cpus_allowed_list:\s+(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";

/** @returns why there are none, where one core is all there is or nothing can assign them */
export function coresApart(): Cores | string {
	const all = numbersOf(allCores());
	const measured = all.pop();
	if (all.length === 0) return "this machine has one core";
	if (Bun.which("taskset") === null) return "there is no taskset (Debian: util-linux)";
	return { measured: String(measured), beside: all.join() };
}

/** Moves all threads of a process. @throws when it has ended */
export function moveTo(cores: string, pid: number): void {
	const { exitCode, stderr } = Bun.spawnSync(["taskset", "-a", "-p", "-c", cores, String(pid)], {
		stdout: "ignore",
	});
	if (exitCode !== 0) throw new Error(`taskset: ${stderr}`);
}

/**
 * Leaves a core to what is measured: this process, those that it starts meanwhile and the given ones use the others.
 * @param pids what loads it and runs already
 */
export async function leavingCore<T>(
	{ beside }: Cores,
	pids: readonly number[],
	use: () => Promise<T>,
): Promise<T> {
	const all = allCores();
	const moved = [process.pid, ...pids];
	for (const pid of moved) moveTo(beside, pid);
	try {
		return await use();
	} finally {
		for (const pid of moved) moveTo(all, pid);
	}
}
