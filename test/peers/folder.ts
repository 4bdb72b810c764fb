/**
 * Temporary folders that do not outlive the process which made them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of a peer's own. */
export interface TemporaryFolder {
	readonly path: string;
	/** Deletes it with all it holds. */
	remove(): void;
}

/** Makes an empty folder whose name begins with `reveille-` and the given word. @param parent where it is */
export function temporaryFolder(word: string, parent = tmpdir()): TemporaryFolder {
	const path = mkdtempSync(join(parent, `reveille-${word}-`));
	const remove = () => {
		process.off("exit", remove);
		rmSync(path, { recursive: true, force: true, maxRetries: 3 });
	};
	process.on("exit", remove);
	return { path, remove };
}
