/** Writes that nobody waits for, until the process stops. */
export interface UnawaitedWrites {
	write(change: Promise<void>): void;
	/** Resolves when all of them ended, well or not. */
	written(): Promise<void>;
}

/** @param failed is told of each that failed */
export function createUnawaitedWrites(failed: (error: unknown) => void): UnawaitedWrites {
	let written = Promise.resolve();
	return {
		write(change) {
			const done = change.catch(failed);
			written = written.then(() => done);
		},
		written: () => written,
	};
}
