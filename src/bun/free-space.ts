/** Whether disks have room for more of what strangers may leave on them. */

import { statfs as nodeStatfs } from "node:fs/promises";
import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import type { MessageId } from "../messages/table.ts";

/** What a disk said is believed for so long, ms. */
const BELIEVED_MS = 1_000;

/** What is asked of a disk: blocks of `bsize` bytes, all of them and those that are free for us. */
export type Statfs = (path: string) => Promise<{ bsize: number; blocks: number; bavail: number }>;

/**
 * @param paths a folder or file on each disk
 * @param kept.id the message of a disk that has less
 * @param kept.bytes how much is left to others
 * @param kept.whenFull what the log says of a disk that has less
 * @param kept.whenRoom and of one that has enough again
 * @returns whether more may be added. A disk that cannot be asked is no reason to refuse anybody
 */
export function createSpaceCheck(
	paths: readonly string[],
	{ id, bytes, whenFull, whenRoom }: { id: MessageId; bytes: number; whenFull: string; whenRoom: string },
	{
		log,
		statfs = nodeStatfs,
		now = () => performance.now(),
	}: { log: Pick<Logger, "warn" | "info">; statfs?: Statfs; now?: () => number },
): () => Promise<boolean> {
	let asked: { at: number; answer: Promise<boolean> } | undefined;
	let wasFull = false;

	async function isFull(path: string): Promise<boolean> {
		const disk = await statfs(path).catch(() => undefined);
		if (!disk) return false;
		const { bsize, blocks, bavail } = disk;
		// Of a small disk 256 MiB may be more than all of it.
		return bavail * bsize < Math.min(bytes, (blocks * bsize) / 10);
	}

	async function ask(): Promise<boolean> {
		const full = await Promise.all(paths.map(isFull));
		const path = paths[full.indexOf(true)];
		const isNowFull = path !== undefined;
		if (isNowFull && !wasFull) {
			log.warn(`The disk of {path} is nearly full: ${whenFull}`, about(id, { path }));
		}
		if (!isNowFull && wasFull) log.info(`There is room on the disk again: ${whenRoom}`);
		wasFull = isNowFull;
		return !isNowFull;
	}

	return () => {
		if (!asked || now() - asked.at >= BELIEVED_MS) asked = { at: now(), answer: ask() };
		return asked.answer;
	};
}
