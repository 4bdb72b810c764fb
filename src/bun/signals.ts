/** The signals that end the process, and the one by which it reloads. */

/** Signals closer together than this are one, ms: Ctrl-C reaches us twice through npx, which hands it on. */
const SAME_MOMENT_MS = 1_000;

/** Resolves when the process is asked to end. Asked again later, it ends at once. */
export function endAsked(): Promise<void> {
	return new Promise((resolve) => {
		let askedAt: number | undefined;
		const ask = () => {
			const now = performance.now();
			if (askedAt !== undefined && now - askedAt > SAME_MOMENT_MS) process.exit(1);
			askedAt ??= now;
			resolve();
		};
		process.on("SIGTERM", ask);
		process.on("SIGINT", ask);
	});
}

/** @param reload called for each SIGHUP */
export function onReload(reload: () => Promise<void>): void {
	process.on("SIGHUP", () => void reload());
}

/** Resolves when standard input ends: whoever started this process has ended it, or has ended. */
export async function endOfInput(): Promise<void> {
	for await (const _ of Bun.stdin.stream());
}
