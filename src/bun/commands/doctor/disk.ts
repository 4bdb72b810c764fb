/** Whether the disks have room. */
import { existsSync } from "node:fs";
import { statfs as nodeStatfs } from "node:fs/promises";
import { dirname } from "node:path";
import { deliveryBounds } from "../../../limits/bounds/delivery.ts";
import { filePath } from "../../database/open.ts";
import type { Statfs } from "../../free-space.ts";
import { type Context, databaseUrl } from "./context.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";

const MIB = 2 ** 20;
/** With less a database cannot write its log. */
const FULL_BYTES = MIB;

/** Looks at the disk of each folder that is written. */
export async function lookAtDisk(
	{ config }: Pick<Context, "config">,
	statfs: Statfs = nodeStatfs,
): Promise<Finding[]> {
	const { role, dataDir, database } = config;
	const files = [databaseUrl(config), database.replica].filter((url) => url?.startsWith("file:"));
	const folders = new Set([
		...(role === "http" ? [] : [dataDir]),
		...files.map((url = "") => dirname(filePath(url))),
	]);
	return (await Promise.all([...folders].map((folder) => lookAt(folder, statfs)))).flat();
}

async function lookAt(folder: string, statfs: Statfs): Promise<Finding[]> {
	if (!existsSync(folder)) return [];
	const what = `Disk of ${folder}`;
	const disk = await statfs(folder).catch(() => undefined);
	if (!disk) return [];
	const free = disk.bavail * disk.bsize;
	const shown =
		free < 10 * 1024 ** 3 ? `${Math.floor(free / MIB)} MiB` : `${Math.floor(free / 1024 ** 3)} GiB`;
	const todo = `make room on it: du -xh "$(stat -c %m ${folder})" | sort -h | tail lists what is large`;
	if (free < FULL_BYTES) {
		const text = "it is full. Publishes are answered with wait, and nobody can register.";
		return [bad(what, text, todo)];
	}
	if (free < Math.min(deliveryBounds.freeSpace.is, (disk.blocks * disk.bsize) / 10)) {
		const text = `${shown} are free: it is nearly full. Pushes for new devices are not kept, and nobody can register.`;
		return [bad(what, text, todo)];
	}
	const isLow = disk.bavail < disk.blocks / 20;
	return [
		isLow ? warn(what, `${shown} are free, less than a twentieth.`, todo) : ok(what, `${shown} are free.`),
	];
}
