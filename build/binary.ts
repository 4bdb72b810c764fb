/**
 * `bun run build`: Reveille as one file, `dist/reveille`, for machines without Bun, Node and packages.
 *
 * What the program reads from disk when it runs from its sources is put inside: libSQL's native library, and the
 * SQL of `drizzle/`. The web app is in `dist/web.json`, which is a module like any other.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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
type Target = keyof typeof TARGETS;

const isTarget = (name: string): name is Target => name in TARGETS;

/**
 * The libsql package requires its native library by a name computed when it runs, which a bundler cannot follow: it
 * gets the name of the target's.
 */
function nativeLibrary(name: string): BunPlugin {
	const computed = "} = requireNative();";
	return {
		name: "native library",
		setup(build) {
			build.onLoad({ filter: /\/node_modules\/libsql\/index\.js$/ }, ({ path }) => {
				const contents = readFileSync(path, "utf8");
				if (!contents.includes(computed)) {
					throw new Error(`${path} loads its native library in another way than build/binary.ts knows.`);
				}
				return { contents: contents.replace(computed, `} = require("${name}");`), loader: "js" };
			});
		},
	};
}

const migrationsInside: BunPlugin = {
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

/** @throws naming the line that gets the package, if it is not there */
function requirePackage(name: string, target: Target): void {
	try {
		Bun.resolveSync(name, join(ROOT, "node_modules", "libsql"));
	} catch {
		const [os, cpu] = target.split("-");
		throw new Error(`${name} is not installed: bun install --frozen-lockfile --os=${os} --cpu=${cpu}`);
	}
}

/** @param outfile the binary, made or replaced */
async function buildBinary(outfile: string, target: Target): Promise<void> {
	requirePackage(TARGETS[target], target);
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
		sourcemap: "none",
		plugins: [nativeLibrary(TARGETS[target]), migrationsInside],
	});
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
		console.error(`There is no binary for ${target}: --target may be ${Object.keys(TARGETS).join(" or ")}.`);
		process.exit(2);
	}
	const startedAt = performance.now();
	try {
		await buildBinary(outfile, target);
	} catch (error) {
		console.error(error instanceof AggregateError ? error.errors.join("\n") : String(error));
		process.exit(1);
	}
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	console.log(`${outfile} for ${target}: ${(statSync(outfile).size / 1e6).toFixed(0)} MB, in ${seconds} s`);
}
