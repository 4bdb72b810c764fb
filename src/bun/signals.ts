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

/**
 * From now on SIGHUP does not end the process: one that comes while it starts is remembered.
 * @returns begins to reload at each SIGHUP, and does so at once if there was one before
 */
export function reloadsAsked(): (reload: () => Promise<void>) => void {
	let isAsked = false;
	let act = () => {
		isAsked = true;
	};
	process.on("SIGHUP", () => act());
	return (reload) => {
		act = () => void reload();
		if (isAsked) act();
	};
}

/** Resolves when standard input ends: whoever started this process has ended it, or has ended. */
export async function endOfInput(): Promise<void> {
	for await (const _ of Bun.stdin.stream());
}
