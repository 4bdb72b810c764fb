/**
 * A program that runs beside the tests: started with its output in a log file, waited for until it is ready,
 * stopped by process id together with everything it started itself.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { dieWithParent, guard } from "./guard.ts";
import { alive, endFamily, familyOf } from "./process-table.ts";

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
	const unguard = guard(pid);

	let running = true;
	const exited = spawned.exited.then(() => {
		running = false;
		unguard();
	});

	const end = async (how: NodeJS.Signals, timeoutMs: number) => {
		// Taken before the signal: orphans are adopted by init, and could not be found through their parent.
		const family = familyOf(pid);
		if (running) spawned.kill(how);
		const deadline = Date.now() + timeoutMs;
		const impatience = setTimeout(() => spawned.kill("SIGKILL"), timeoutMs);
		await exited;
		clearTimeout(impatience);
		// Helpers end when the pipe to their parent closes; those that take too long are helped along.
		while (how === "SIGTERM" && family.some(alive) && Date.now() < deadline) await Bun.sleep(10);
		await endFamily(family);
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

/**
 * Runs a program until it ends by itself.
 *
 * @param options.env all of its environment
 * @returns what it printed, and its exit code
 */
export async function runToEnd(
	command: string[],
	{ cwd, env }: { cwd: string; env: Record<string, string | undefined> },
): Promise<{ stdout: string; stderr: string; code: number }> {
	const child = Bun.spawn(command, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
	const [stdout, stderr, code] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	]);
	return { stdout, stderr, code };
}

/** The last lines of a log file, for an error message. */
export function tail(path: string, lines = 30): string {
	try {
		return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
	} catch {
		return `(no log at ${path})`;
	}
}
