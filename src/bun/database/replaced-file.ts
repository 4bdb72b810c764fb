/**
 * Whether the file of an open database is still where the next start looks for it: one that was deleted or replaced
 * goes on working for this process, and all that is written to it is lost with the process.
 */
import { statSync } from "node:fs";
import { UnfitDatabase } from "../../store/database-fault.ts";

/**
 * @param path of a file that is open
 * @returns throws {@link UnfitDatabase} while another file or none is there
 */
export function stillThere(path: string): () => void {
	const inode = () => statSync(path, { throwIfNoEntry: false })?.ino;
	const opened = inode();
	return () => {
		if (inode() === opened) return;
		throw new UnfitDatabase(
			`The file ${path} was deleted or replaced while Reveille had it open. Put it back, or restore a backup of it and start Reveille again.`,
		);
	};
}
