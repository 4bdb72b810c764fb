/** A backup that the running Reveille hands over: written here, with the rights of whoever typed the command. */
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeWhole } from "../database/locked-copy.ts";
import { BACKUP_NAMES } from "./kept-data.ts";
import { olderOne } from "./operator/ask.ts";
import type { Running } from "./running.ts";
import { endedHalfWay, readParts } from "./served/backup-pieces.ts";

/** Progress is shown so often, ms: in a file, which keeps all lines, seldom. */
const EVERY_MS = 500;
const EVERY_MS_IN_A_FILE = 10_000;

/** Reading from a disk and writing to one: either may stand still for a while. */
const DEADLINE_MS = 60 * 60_000;

/** What may come: nothing else is written or removed, with the rights of root perhaps. */
const FILES: ReadonlySet<string> = new Set<string>([
	...BACKUP_NAMES.small,
	...[BACKUP_NAMES.outbox, BACKUP_NAMES.database].flatMap((name) => [name, `${name}-wal`]),
]);

/** @param terminal takes progress */
export const takenFrom =
	({ ask }: Running, terminal: Terminal) =>
	async (folder: string): Promise<string | undefined> => {
		const answer = await ask("/backup", { method: "POST", signal: AbortSignal.timeout(DEADLINE_MS) });
		if (answer.status === 404) throw olderOne();
		if (!answer.ok || !answer.body)
			throw new Error(`Reveille answered with status ${answer.status}: look at its log`);
		const open = new Map<string, number>();
		const databases: string[] = [];
		const show = progressOn(terminal);
		let elsewhere: string | undefined;
		let total = 0;
		let taken = 0;
		const close = (file: string) => {
			const descriptor = open.get(file);
			if (descriptor !== undefined) closeSync(descriptor);
			open.delete(file);
		};
		try {
			for await (const part of readParts(answer.body)) {
				if ("file" in part && !FILES.has(part.file)) throw new Error("what came is no backup");
				if (part.kind === "begin") ({ total, elsewhere } = part);
				else if (part.kind === "failure") throw new Error(part.reason);
				else if (part.kind === "bytes") {
					const { file, bytes } = part;
					const to = open.get(file) ?? openSync(join(folder, file), "wx", 0o600);
					open.set(file, to);
					for (let at = 0; at < bytes.length; ) at += writeSync(to, bytes, at);
					taken += bytes.length;
					show(taken, total);
				} else if (part.kind === "again" || part.kind === "database") {
					const { file } = part;
					for (const name of [file, `${file}-wal`]) close(name);
					if (part.kind === "database") databases.push(file);
					else for (const name of [file, `${file}-wal`]) rmSync(join(folder, name), { force: true });
				}
			}
			// Not before all is here: looking through a large one takes longer than the other side waits.
			for (const file of databases) await makeWhole(join(folder, file));
			return elsewhere;
		} catch (error) {
			throw (error as NodeJS.ErrnoException).code === "ECONNRESET" ? endedHalfWay() : error;
		} finally {
			for (const file of [...open.keys()]) close(file);
			show.done();
		}
	};

interface Terminal {
	write(text: string): unknown;
	isTTY?: boolean;
}

function progressOn(terminal: Terminal) {
	const { isTTY = false } = terminal;
	const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20).toLocaleString("en-GB");
	let shownAt = performance.now();
	let isShown = false;
	const show = (taken: number, total: number) => {
		if (performance.now() - shownAt < (isTTY ? EVERY_MS : EVERY_MS_IN_A_FILE)) return;
		shownAt = performance.now();
		isShown = true;
		const line = `${mebibytes(taken)} MiB copied, of about ${mebibytes(Math.max(taken, total))}`;
		terminal.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
	};
	return Object.assign(show, {
		done() {
			if (isShown && isTTY) terminal.write("\r\x1b[K");
		},
	});
}
