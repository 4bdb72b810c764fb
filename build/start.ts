/**
 * `bun run start`: serves, or does the command that is typed behind it, by the compiled program of these sources. It is
 * made anew when one of them has changed, starts in less than half of their time, and takes less memory.
 */
import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { CHECKOUT_PROGRAM } from "../src/bun/program.ts";
import type { Target } from "./binary.ts";
import { hashOfSources } from "./sources-hash.ts";

/** All that the program is made of. */
const SOURCES = ["build", "bun.lock", "drizzle", "package.json", "src", "tsconfig.json"];

/** What loads programs that are made for glibc, by machine: other C libraries have others. */
const LOADERS: Readonly<Record<Target, string>> = {
	"linux-x64": "/lib64/ld-linux-x86-64.so.2",
	"linux-arm64": "/lib/ld-linux-aarch64.so.1",
};

/**
 * Makes the program where it is missing or not of these sources.
 * @param root the repository
 * @returns its path; undefined: there is none for this machine
 * @throws {AggregateError} with what the bundler found wrong
 * @throws {Error} when it cannot be written, or not run from there
 */
export async function compiledProgram(root: string): Promise<string | undefined> {
	const target = `linux-${process.arch}`;
	const program = join(root, CHECKOUT_PROGRAM);
	const folder = dirname(program);
	const madeOf = join(folder, "made-of");
	const made = hashOfSources(root, SOURCES);
	if (!existsSync(madeOf) || readFileSync(madeOf, "utf8") !== made) {
		// Only for this: it is much code.
		const { buildBinary, isTarget, LIBRARY } = await import("./binary.ts");
		if (process.platform !== "linux" || !isTarget(target) || !existsSync(LOADERS[target])) return undefined;
		// For whoever waits; a script reads what the program says, and nothing else.
		if (process.stderr.isTTY) console.error("Compiling the sources, as they are new or have changed …");
		const unfinished = join(folder, String(process.pid));
		mkdirSync(unfinished, { recursive: true });
		try {
			await buildBinary(join(unfinished, "reveille"), target, "beside");
			writeFileSync(join(unfinished, "made-of"), made);
			// Each is whole, or not there: others start it meanwhile. What says that it is of these sources comes last.
			for (const name of [LIBRARY, "reveille", "made-of"])
				renameSync(join(unfinished, name), join(folder, name));
		} finally {
			rmSync(unfinished, { recursive: true, force: true });
		}
	}
	accessSync(program, constants.X_OK);
	return program;
}

/** What runs: the program, or these sources. */
async function command(root: string): Promise<[string, ...string[]]> {
	const sources: [string, string] = [process.execPath, join(root, "src", "main.ts")];
	try {
		const program = await compiledProgram(root);
		return program === undefined ? sources : [program];
	} catch (error) {
		const problems = error instanceof AggregateError ? error.errors.join("\n") : String(error);
		console.error(`The program cannot be compiled, and is started from its sources:\n${problems}`);
		return sources;
	}
}

if (import.meta.main) {
	const run = await command(join(import.meta.dir, ".."));
	process.execve?.(run[0], [...run, ...process.argv.slice(2)], process.env);
}
