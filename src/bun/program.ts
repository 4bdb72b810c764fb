/**
 * This program: from a checkout, which is compiled or runs through Bun, as the binary of a package, or as the bundle of
 * npm's.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

/** The compiled program of a checkout, from its root: build/start.ts makes it. */
export const CHECKOUT_PROGRAM = "dist/start/reveille";

const isBinary = Bun.main.startsWith("/$bunfs/");
const isOfCheckout = isBinary && process.execPath.endsWith(`/${CHECKOUT_PROGRAM}`);
const isInstalled = (isBinary && !isOfCheckout) || Bun.main.endsWith(".js");

/** What the user types to run it. */
export const PROGRAM = isInstalled ? "reveille" : `npx --yes bun@${Bun.version} run start`;

/** What it is run with by itself, for another process of its own. */
export const COMMAND: readonly string[] = isBinary
	? [process.execPath]
	: [process.execPath, ...process.execArgv, Bun.main];

/**
 * Where a page of the documents is: beside the program, as the packages and the sources have them. One binary alone has
 * none: they are in the sources then.
 * @param page such as `commands.md#doctor`
 */
export const docsPath = (page: string): string => `${isInstalled ? docsFolder() : "docs"}/${page}`;

/** @param program the binary @param main the bundle */
export function docsFolder(program = process.execPath, main = Bun.main): string {
	const folders = [join(dirname(program), "../../share/doc/reveille/docs"), join(dirname(main), "../docs")];
	return folders.find((folder) => existsSync(join(folder, "commands.md"))) ?? "docs";
}

/** The word by which it keeps a replica up to date: for the one that serves. */
export const SYNC_REPLICA = "sync-replica";

/** The word by which it serves until its standard input ends: for `doctor`, where none runs. */
export const SERVE_WHILE_INPUT = "serve-while-input";

/** The word by which it reads the files of a backup: for the one that serves. */
export const HAND_OVER_FILES = "hand-over-files";
