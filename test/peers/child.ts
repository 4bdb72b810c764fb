/**
 * A program that runs beside the tests: started with its output in a log file, waited for until it is ready,
 * stopped by process id together with everything it started itself.
 */
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";

/** What to run. */
export interface ChildOptions {
	/** The program and its arguments. */
	command: string[];
	/** Gets standard output and error, appended. */
	logPath: string;
	/** Joined to the environment of this process; `undefined` removes a variable. */
	env?: Record<string, string | undefined>;
	cwd?: string;
}

/** A running program. */
export interface Child {
	readonly pid: number;
	readonly logPath: string;
	/** Whether it still runs. */
	running(): boolean;
	/** Resolves when it has ended, whoever ended it. */
	readonly exited: Promise<void>;
	/**
	 * Asks until the answer is true.
	 *
	 * @param ready a probe; a throw counts as "not yet"
	 * @throws when the program ends first or the deadline passes, with the log's last lines
	 */
	ready(probe: () => Promise<boolean> | boolean, timeoutMs?: number): Promise<void>;
	/** SIGTERM, and SIGKILL for whatever is left at the deadline; resolves when all of it has ended. */
	stop(timeoutMs?: number): Promise<void>;
	/** SIGKILL, as a crash would; resolves when all of it has ended. */
	kill9(): Promise<void>;
}

/** One process in the process table. The start time tells it from a later one with the same id. */
interface ProcessEntry {
	pid: number;
	parent: number;
	started: string;
}

/** Starts a program. It does not outlive this process, however this process ends. */
export function startChild(options: ChildOptions): Child {
	const log = openSync(options.logPath, "a");
	const env: Record<string, string | undefined> = { ...process.env, ...options.env };
	const spawned = Bun.spawn([...dieWithParent(), ...options.command], {
		stdin: "ignore",
		stdout: log,
		stderr: log,
		env,
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
		// A group of its own: the terminal's Ctrl-C reaches this process, which then decides the order of things.
		detached: true,
	});
	closeSync(log);
	const { pid } = spawned;

	const killNow = () => {
		for (const entry of familyOf(pid).reverse()) signal(entry, "SIGKILL");
	};
	const unwatch = onParentsEnd(killNow);

	let running = true;
	const exited = spawned.exited.then(() => {
		running = false;
		unwatch();
	});

	const end = async (how: NodeJS.Signals, timeoutMs: number) => {
		// Taken before the signal: orphans are adopted by init, and could not be found through their parent.
		const family = familyOf(pid);
		if (running) spawned.kill(how);
		const deadline = Date.now() + timeoutMs;
		await Promise.race([exited, Bun.sleep(timeoutMs)]);
		if (running) spawned.kill("SIGKILL");
		await exited;
		// Helpers end when the pipe to their parent closes; those that take too long are helped along.
		while (how === "SIGTERM" && family.some(alive) && Date.now() < deadline) await Bun.sleep(10);
		for (const entry of family) signal(entry, "SIGKILL");
		while (family.some(alive)) await Bun.sleep(5);
	};

	return {
		pid,
		logPath: options.logPath,
		running: () => running,
		exited,
		async ready(probe, timeoutMs = 30_000) {
			const deadline = Date.now() + timeoutMs;
			const name = options.command[0] ?? "program";
			for (;;) {
				if (!running) throw new Error(`${name} ended before it was ready\n${tail(options.logPath)}`);
				try {
					if (await probe()) return;
				} catch {
					// Not yet: nobody listens there.
				}
				if (Date.now() > deadline) {
					throw new Error(`${name} was not ready after ${timeoutMs} ms\n${tail(options.logPath)}`);
				}
				// A stranger's start cannot be awaited, only asked for; this is how finely it is measured.
				await Promise.race([exited, Bun.sleep(20)]);
			}
		},
		stop: (timeoutMs = 10_000) => end("SIGTERM", timeoutMs),
		kill9: () => end("SIGKILL", 5_000),
	};
}

/** Tells the listeners of this file from those of a program that handles its interruption itself. */
const OURS = Symbol("ends children");

/** Calls when this process exits, or is interrupted and nothing else handles that. Returns how to stop it. */
function onParentsEnd(killNow: () => void): () => void {
	const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
	const listeners = signals.map((name) => {
		const listener = Object.assign(
			() => {
				// A program with a handler of its own ends its children in the order it wants; "exit" is still ours.
				if (process.listeners(name).some((other) => !(OURS in other))) return;
				killNow();
				process.off(name, listener);
				if (process.listenerCount(name) === 0) process.kill(process.pid, name);
			},
			{ [OURS]: true },
		);
		process.on(name, listener);
		return { name, listener };
	});
	process.on("exit", killNow);
	return () => {
		process.off("exit", killNow);
		for (const { name, listener } of listeners) process.off(name, listener);
	};
}

/** The last lines of a log file, for an error message. */
export function tail(path: string, lines = 30): string {
	try {
		return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
	} catch {
		return `(no log at ${path})`;
	}
}

/** Linux can end a child when its parent is killed, even by SIGKILL, which no handler sees. */
function dieWithParent(): string[] {
	const setpriv = Bun.which("setpriv");
	return process.platform === "linux" && setpriv !== null ? [setpriv, "--pdeathsig", "KILL", "--"] : [];
}

/** The process and all that descends from it, parents first. Without /proc, the process alone. */
function familyOf(root: number): ProcessEntry[] {
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

function alive(entry: ProcessEntry): boolean {
	return readEntry(entry.pid)?.started === entry.started;
}

function signal(entry: ProcessEntry, name: NodeJS.Signals): void {
	if (!alive(entry)) return;
	try {
		process.kill(entry.pid, name);
	} catch {
		// It ended in between.
	}
}
