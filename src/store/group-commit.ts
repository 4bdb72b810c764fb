/**
 * Group commit: changes that come within a moment are written together, in the order they came.
 *
 * A transaction costs about the same whether it holds one row or ten, and the one JavaScript thread stands still
 * meanwhile: a provider that hangs at 500 pushes a second must not cost 500 transactions.
 */

/**
 * @param commit writes changes, all of them or none
 * @param pause how long changes gather
 * @returns takes changes that belong together; resolves once they are written, rejects with what `commit` threw
 */
export function createGroupCommit<Change>(
	commit: (changes: Change[]) => Promise<void>,
	pause: () => Promise<void>,
): (changes: readonly Change[]) => Promise<void> {
	let gathering: { changes: Change[]; written: Promise<void> } | undefined;
	/** The group before, written or failed: groups keep their order. */
	let last: Promise<void> = Promise.resolve();

	function open() {
		const changes: Change[] = [];
		const written = Promise.all([pause(), last]).then(() => {
			gathering = undefined;
			return commit(changes);
		});
		last = written.catch(() => {});
		gathering = { changes, written };
		return gathering;
	}

	return (added) => {
		const group = gathering ?? open();
		group.changes.push(...added);
		return group.written;
	};
}
