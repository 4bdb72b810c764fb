/**
 * The system's process table (Linux: /proc), for ending a program with all that it started.
 */
import { readdirSync, readFileSync } from "node:fs";

/** One process in the process table. The start time tells it from a later one with the same id. */
export interface ProcessEntry {
	pid: number;
	parent: number;
	started: string;
}

/** The process and all that descends from it, parents first. Empty where there is no /proc. */
export function familyOf(root: number): ProcessEntry[] {
	const all = new Map<number, ProcessEntry>();
	try {
		for (const name of readdirSync("/proc")) {
			const entry = /^\d+$/.test(name) ? readEntry(Number(name)) : undefined;
			if (entry) all.set(entry.pid, entry);
		}
	} catch {
		return [];
	}
	const first = all.get(root);
	const family = first ? [first] : [];
	for (const member of family) {
		for (const entry of all.values()) if (entry.parent === member.pid) family.push(entry);
	}
	return family;
}

/** Reads one line of the process table; undefined when the process is gone or only waits to be reaped. */
function readEntry(pid: number): ProcessEntry | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// proc(5): pid (name) state ppid … starttime is field 22. The name may hold spaces and parentheses.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		if (fields[0] === "Z" || fields[0] === "X") return undefined;
		return { pid, parent: Number(fields[1]), started: fields[19] ?? "" };
	} catch {
		return undefined;
	}
}

/** Whether this very process still runs. */
export function alive(entry: ProcessEntry): boolean {
	return readEntry(entry.pid)?.started === entry.started;
}

/** Sends a signal, to this very process only. */
export function signal(entry: ProcessEntry, name: NodeJS.Signals): void {
	if (!alive(entry)) return;
	try {
		process.kill(entry.pid, name);
	} catch {
		// It ended in between.
	}
}

/** Ends what is left of a family (SIGKILL); resolves when none of it runs any more. */
export async function endFamily(family: readonly ProcessEntry[]): Promise<void> {
	for (const entry of family) signal(entry, "SIGKILL");
	while (family.some(alive)) await Bun.sleep(5);
}

/** Stops it (SIGSTOP), and waits until none of its threads runs any more: on a busy machine that takes a moment. */
export async function pauseProcess(pid: number): Promise<void> {
	process.kill(pid, "SIGSTOP");
	while (!readdirSync(`/proc/${pid}/task`).every((thread) => isStopped(`/proc/${pid}/task/${thread}`)))
		await Bun.sleep(1);
}

function isStopped(thread: string): boolean {
	const stat = readFileSync(`${thread}/stat`, "utf8");
	return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}
