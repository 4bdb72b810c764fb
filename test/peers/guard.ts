/**
 * Sees to it that a program started for a test does not outlive the process that started it.
 */
import { familyOf, signal } from "./process-table.ts";

/**
 * The words to put before a command so that the system ends it with its parent, even when that is killed by
 * SIGKILL, which no handler sees. Linux only; elsewhere none.
 */
export function dieWithParent(): string[] {
	const setpriv = Bun.which("setpriv");
	return process.platform === "linux" && setpriv !== null ? [setpriv, "--pdeathsig", "KILL", "--"] : [];
}

/** Tells the listeners of this file from those of a program that handles its interruption itself. */
const OURS = Symbol("ends children");

/** What interrupts a process, by number. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/**
 * Ends the process and all that descends from it when this process exits, or is interrupted and nothing else
 * handles that.
 *
 * @returns how to take it back, once the process has ended
 */
export function guard(pid: number): () => void {
	const killNow = () => {
		for (const entry of familyOf(pid).reverse()) signal(entry, "SIGKILL");
	};
	const listeners = Object.entries(SIGNALS).map(([name, number]) => {
		const listener = Object.assign(
			() => {
				// A program with a handler of its own ends its children in the order it wants; "exit" is still ours.
				if (process.listeners(name as NodeJS.Signals).every((other) => OURS in other)) {
					process.exit(128 + number);
				}
			},
			{ [OURS]: true },
		);
		process.on(name, listener);
		return { name, listener };
	});
	// Before the folders are deleted in which it might still write.
	process.prependListener("exit", killNow);
	return () => {
		process.off("exit", killNow);
		for (const { name, listener } of listeners) process.off(name, listener);
	};
}
