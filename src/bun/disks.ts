/** The disks that this process's files are on, and what is left of them. */
import { statfs as nodeStatfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { filePath } from "./database/open.ts";
import type { Statfs } from "./free-space.ts";

export interface DiskSpace {
	/** Whose disk it is: two may be on the same. */
	disk: "outbox" | "database" | "replica";
	/** Bytes that this process may still write. */
	free: number;
	/** Bytes in all. */
	size: number;
}

/** @returns asks each disk anew; one that cannot be asked is left out, as is a database that is no file */
export function createDisks(
	{ dataDir, database }: Pick<Config, "dataDir" | "database">,
	statfs: Statfs = nodeStatfs,
): () => Promise<DiskSpace[]> {
	const folders: [DiskSpace["disk"], string][] = [["outbox", dataDir]];
	const folderOf = (url: string) => dirname(filePath(url));
	if (database.url === undefined) folders.push(["database", dataDir]);
	else if (database.url.startsWith("file:")) folders.push(["database", folderOf(database.url)]);
	if (database.replica?.startsWith("file:")) folders.push(["replica", folderOf(database.replica)]);

	return async () => {
		const asked = folders.map(async ([disk, folder]): Promise<DiskSpace[]> => {
			const said = await statfs(folder).catch(() => undefined);
			return said ? [{ disk, free: said.bavail * said.bsize, size: said.blocks * said.bsize }] : [];
		});
		return (await Promise.all(asked)).flat();
	};
}
