/**
 * `bun run pack`: the npm package, as `dist/reveille-VERSION.tgz`: one bundle, and a command that npm's Node starts. The
 * same sources make the same bytes, in whatever folder.
 */
import {
	chmodSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { migrationsInside } from "./binary.ts";
import { docsOf } from "./docs-pages.ts";
import { licencesOf } from "./licences.ts";
import { bundleWeb } from "./web-bundle.ts";

const ROOT = join(import.meta.dir, "..");

/** What npm's package.json says. */
function manifest() {
	const { name, version, description, license, engines } = packageJson;
	return {
		name,
		version,
		description,
		license,
		type: "module",
		bin: { reveille: "bin/reveille.js" },
		files: ["bin", "docs", "lib", "examples", "CHANGELOG.md", "third-party.txt"],
		engines: { node: ">=18" },
		dependencies: { bun: engines.bun.replace(">=", ""), libsql: installedVersion("libsql") },
	};
}

const installedVersion = (name: string): string =>
	(JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")) as { version: string })
		.version;

/** Files that are copied: where they lie here, by their path in the package. */
const COPIES: Record<string, string> = {
	"bin/reveille.js": "build/npm/reveille.js",
	"README.md": "build/npm/README.md",
	LICENSE: "LICENSE",
	"CHANGELOG.md": "CHANGELOG.md",
	"examples/reveille.toml": "examples/reveille.toml",
};

/**
 * Builds the package.
 * @param out the folder that gets it
 * @returns its path
 * @throws {AggregateError} with what the bundler found wrong
 */
export async function buildPack(out: string): Promise<string> {
	const work = mkdtempSync(join(tmpdir(), "reveille-pack-"));
	try {
		for (const [to, from] of Object.entries(COPIES)) {
			mkdirSync(dirname(join(work, to)), { recursive: true });
			copyFileSync(join(ROOT, from), join(work, to));
			chmodSync(join(work, to), to.startsWith("bin/") ? 0o755 : 0o644);
		}
		const wrote = (to: string, text: string) => {
			writeFileSync(join(work, to), text);
			chmodSync(join(work, to), 0o644);
		};
		mkdirSync(join(work, "lib"));
		mkdirSync(join(work, "docs"));
		for (const [page, text] of docsOf(ROOT)) wrote(`docs/${page}`, text);
		wrote("package.json", `${JSON.stringify(manifest(), undefined, "\t")}\n`);
		wrote("third-party.txt", licencesOf(ROOT));
		wrote("lib/reveille.js", await bundle());
		wrote("lib/settings-of-bun.toml", "# Empty, in the place of the one where Reveille is started.\n");
		mkdirSync(out, { recursive: true });
		const pack = Bun.spawnSync([process.execPath, "pm", "pack", "--quiet", "--destination", work], {
			cwd: work,
		});
		if (!pack.success) throw new Error(pack.stderr.toString());
		const name = `${packageJson.name}-${packageJson.version}.tgz`;
		const made = join(out, name);
		copyFileSync(join(work, name), `${made}.${process.pid}`);
		renameSync(`${made}.${process.pid}`, made);
		return made;
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

/** All of `src/main.ts` but libSQL, which has a native part for each machine. */
async function bundle(): Promise<string> {
	await bundleWeb(ROOT);
	const { outputs } = await Bun.build({
		entrypoints: [join(ROOT, "src", "main.ts")],
		root: ROOT,
		target: "bun",
		external: ["libsql"],
		minify: { whitespace: true, syntax: true },
		sourcemap: "none",
		plugins: [migrationsInside],
	});
	const [output, ...others] = outputs;
	if (!output || others.length > 0) throw new Error(`The bundle has ${outputs.length} files, not one.`);
	return output.text();
}

if (import.meta.main) {
	const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "dist") } } });
	try {
		const made = await buildPack(values.out);
		console.log(`${made}: ${(statSync(made).size / 1e3).toFixed(0)} kB`);
	} catch (error) {
		console.error(error instanceof AggregateError ? error.errors.join("\n") : String(error));
		process.exit(1);
	}
}
