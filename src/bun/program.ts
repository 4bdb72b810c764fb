/** This program, from its sources through Bun, or as the compiled binary. */
import process from "node:process";

const isBinary = Bun.main.startsWith("/$bunfs/");

/** What the user types to run it. */
export const PROGRAM = isBinary ? "reveille" : `npx --yes bun@${Bun.version} run start`;

/** What it is run with by itself, for another process of its own. */
export const COMMAND: readonly string[] = isBinary ? [process.execPath] : [process.execPath, Bun.main];
