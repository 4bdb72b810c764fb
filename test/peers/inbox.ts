/**
 * The pushes that came, and waiting for them.
 */

/** Keeps what came, for a test to wait for and to look at. */
export interface Inbox<T> {
	readonly all: readonly T[];
	add(push: T): void;
	/**
	 * Resolves to the first matching pushes that no earlier wait took.
	 *
	 * @throws at the deadline, naming what did come
	 */
	wait(count: number, matches: (push: T) => boolean, timeoutMs: number): Promise<T[]>;
	clear(): void;
}

/** Makes an empty one. @param describe a push in a line, for the error of a wait in vain */
export function createInbox<T>(describe: (push: T) => string): Inbox<T> {
	const all: T[] = [];
	const untaken: T[] = [];
	const waiting = new Set<() => void>();
	return {
		all,
		add(push) {
			all.push(push);
			untaken.push(push);
			for (const look of [...waiting]) look();
		},
		wait(count, matches, timeoutMs) {
			const { promise, resolve, reject } = Promise.withResolvers<T[]>();
			const look = () => {
				const found = untaken.filter(matches).slice(0, count);
				if (found.length < count) return;
				for (const push of found) untaken.splice(untaken.indexOf(push), 1);
				done();
				resolve(found);
			};
			const timer = setTimeout(() => {
				done();
				const list = all.map(describe).join("\n") || "nothing";
				reject(new Error(`not ${count} such pushes within ${timeoutMs} ms; what came so far: ${list}`));
			}, timeoutMs);
			const done = () => {
				clearTimeout(timer);
				waiting.delete(look);
			};
			waiting.add(look);
			look();
			return promise;
		},
		clear() {
			all.length = 0;
			untaken.length = 0;
		},
	};
}
