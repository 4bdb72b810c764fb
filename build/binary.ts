/**
 * `bun run build`: Reveille as one file, `dist/reveille`, for machines without Bun, Node and packages.
 *
 * What the program reads from disk when it runs from its sources is put inside: libSQL's native library, and the
 * SQL of `drizzle/`. The web app is in `dist/web.json`, which is a module like any other.
 *
 * What is inside has to be written to a file before the system can load it, and is in memory twice. Where a program has
 * a folder of its own, the library lies beside it.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { BunPlugin } from "bun";
import { migrationsOf } from "../src/bun/database/migrations.ts";
import { bundleWeb } from "./web-bundle.ts";

const ROOT = join(import.meta.dir, "..");

/** The machines there is a binary for, each with the package of libSQL's native library for it. */
const TARGETS = {
	"linux-x64": "@libsql/linux-x64-gnu",
	"linux-arm64": "@libsql/linux-arm64-gnu",
} as const;
export type Target = keyof typeof TARGETS;

/** The names of the machines there is a binary for. */
export const targets = Object.keys(TARGETS) as Target[];

export const isTarget = (name: string): name is Target => name in TARGETS;

/** Where a binary has libSQL's native library. */
export type LibraryPlace = "inside" | "beside";

/** What it is called beside the binary. */
export const LIBRARY = "libsql.node";

const BESIDE = `(library) => {
	process.dlopen(library, process.execPath.replace(/[^/]*$/, ${JSON.stringify(LIBRARY)}));
	return library.exports;
}`;

/**
 * The libsql package requires its native library by a name computed when it runs, which a bundler cannot follow: it
 * gets the target's. The way for its developers goes, as it would put the path of this folder into the binary.
 * @param path of the native library
 */
function nativeLibrary(path: string, place: LibraryPlace): BunPlugin {
	const loaded = place === "inside" ? `require(${JSON.stringify(path)})` : `(${BESIDE})({ exports: {} })`;
	const replaced = [
		["} = requireNative();", `} = ${loaded};`],
		["return load(__dirname)", "return undefined"],
	] as const;
	return {
		name: "native library",
		setup(build) {
			build.onLoad({ filter: /\/node_modules\/libsql\/index\.js$/ }, ({ path: index }) => {
				const source = readFileSync(index, "utf8");
				const contents = replaced.reduce((text, [computed, fixed]) => {
					if (!text.includes(computed)) {
						throw new Error(`${index} loads its native library in another way than build/binary.ts knows.`);
					}
					return text.replace(computed, fixed);
				}, source);
				return { contents, loader: "js" };
			});
		},
	};
}

/** The SQL of `drizzle/`, read when the program is built. */
export const migrationsInside: BunPlugin = {
	name: "migrations",
	setup(build) {
		build.onLoad({ filter: /\/src\/bun\/database\/migrations\.ts$/ }, () => {
			const migrations = { shared: migrationsOf("shared"), outbox: migrationsOf("outbox") };
			return {
				contents: `const migrations = ${JSON.stringify(migrations)};\nexport const migrationsOf = (folder) => migrations[folder];`,
				loader: "js",
			};
		});
	},
};

/**
 * libSQL's native library for a target: of this machine's packages, or of the target's, which are installed into a
 * folder of their own below `dist`.
 * @returns its path
 * @throws with what the installation said
 */
function nativeLibraryFor(target: Target): string {
	const library = join(TARGETS[target], "index.node");
	const here = join(ROOT, "node_modules", library);
	if (existsSync(here)) return here;
	const folder = join(ROOT, "dist", `packages-${target}`);
	const there = join(folder, "node_modules", library);
	const lock = readFileSync(join(ROOT, "bun.lock"));
	const installed = join(folder, "bun.lock");
	if (existsSync(there) && lock.equals(readFileSync(installed))) return there;
	mkdirSync(folder, { recursive: true });
	for (const name of ["package.json", "bun.lock"]) copyFileSync(join(ROOT, name), join(folder, name));
	const [os, cpu] = target.split("-");
	const install = ["install", "--frozen-lockfile", "--production", `--os=${os}`, `--cpu=${cpu}`];
	const { success, stderr } = Bun.spawnSync([process.execPath, ...install], {
		cwd: folder,
		stdout: "ignore",
	});
	if (success && existsSync(there)) return there;
	throw new Error(`${TARGETS[target]} cannot be installed:\n${stderr}`);
}

/**
 * Builds the binary. Builds of the same sources are the same, byte for byte, in whatever folder they are made, if the
 * binary's name is.
 * @param outfile the binary, made or replaced; so is the library, where it is to lie beside
 * @throws {AggregateError} with what the bundler found wrong
 */
export async function buildBinary(outfile: string, target: Target, place: LibraryPlace): Promise<void> {
	const library = nativeLibraryFor(target);
	await bundleWeb(ROOT);
	await Bun.build({
		entrypoints: [join(ROOT, "build", "entry.ts")],
		root: ROOT,
		compile: {
			target: `bun-${target}`,
			outfile,
			// What lies in the folder it is started from may set it, and must not change what it does.
			autoloadDotenv: true,
			autoloadBunfig: false,
		},
		minify: { whitespace: true, syntax: true },
		// What was typed is loaded and nothing else, and is not parsed again at each start: twice as fast to /health.
		splitting: true,
		bytecode: true,
		format: "esm",
		sourcemap: "none",
		plugins: [nativeLibrary(library, place), migrationsInside],
	});
	if (place === "beside") copyFileSync(library, join(dirname(outfile), LIBRARY));
}

if (import.meta.main) {
	const { values } = parseArgs({
		options: {
			outfile: { type: "string", default: join(ROOT, "dist", "reveille") },
			target: { type: "string", default: `linux-${process.arch}` },
		},
	});
	const { outfile, target } = values;
	if (!isTarget(target)) {
		console.error(`There is no binary for ${target}: --target may be ${targets.join(" or ")}.`);
		process.exit(2);
	}
	const startedAt = performance.now();
	try {
		await buildBinary(outfile, target, "inside");
	} catch (error) {
		console.error(error instanceof AggregateError ? error.errors.join("\n") : String(error));
		process.exit(1);
	}
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	console.log(`${outfile} for ${target}: ${(statSync(outfile).size / 1e6).toFixed(0)} MB, in ${seconds} s`);
}
