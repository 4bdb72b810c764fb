/** This program: from its sources through Bun, as the compiled binary, or as the bundle of the npm package. */
import process from "node:process";

const isBinary = Bun.main.startsWith("/$bunfs/");
const isInstalled = isBinary || Bun.main.endsWith(".js");

/** What the user types to run it. */
export const PROGRAM = isInstalled ? "reveille" : `npx --yes bun@${Bun.version} run start`;

/** What it is run with by itself, for another process of its own. */
export const COMMAND: readonly string[] = isBinary
	? [process.execPath]
	: [process.execPath, ...process.execArgv, Bun.main];

/** The word by which it keeps a replica up to date: for the one that serves. */
export const SYNC_REPLICA = "sync-replica";

/** The word by which it serves until its standard input ends: for `doctor`, where none runs. */
export const SERVE_WHILE_INPUT = "serve-while-input";

/** The word by which it reads the files of a backup: for the one that serves. */
export const HAND_OVER_FILES = "hand-over-files";
