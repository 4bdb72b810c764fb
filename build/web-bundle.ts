/**
 * The web app and the console as one file, `dist/web.json`: what `src/routes/web-app.ts` and
 * `src/routes/admin/console-page.ts` serve, the same on Bun, in the binary and at the edge. It is made anew when a
 * source of it has changed, and costs some milliseconds otherwise.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOfSources } from "./sources-hash.ts";

/** One file that a browser loads, as `dist/web.json` holds it. */
interface BundledFile {
	/** For Content-Type. */
	type: string;
	/** Of its content; weak (RFC 9110 §8.8.1), since it stands for the packed bytes and the plain ones. */
	etag: string;
	/** Its content, packed by gzip, in base64. */
	gzip: string;
}

interface WebBundle {
	/** The hash of all that it was made from. */
	made: string;
	/** The web app's, by their path below `/app/`; the page's is empty. */
	files: Record<string, BundledFile>;
	/** The console's, by their path below `/admin/`. */
	console: Record<string, BundledFile>;
}

/** Below `src`: the room of browser code, and those that it imports from. */
export const WEB_SOURCES = ["web", "types.ts", "limits", "syntax", "sasl"];

/** What else changes the bundle: the packages, and what makes it. */
const BESIDE = ["bun.lock", "build/sources-hash.ts", "build/web-bundle.ts"];

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const PAGE = "text/html; charset=utf-8";

/** What one page is made of. Sources are below `src/web`, paths below where the page is served. */
interface Site {
	/** What Bun bundles, from where it begins. */
	entries: readonly { path: string; source: string; type: string; format: "esm" | "iife" }[];
	/** What is served as it is. */
	asTheyAre: readonly { path: string; source: string; type: string }[];
}

const ICON_TYPES: Readonly<Record<string, string>> = { png: "image/png", svg: "image/svg+xml" };
const icon = (name: string) => ({
	path: name,
	source: join("icons", name),
	type: ICON_TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
});

/**
 * Service workers are classic scripts, and so is the plug-in, which servers' pages load as one.
 * @param icons names of files in its folder
 */
const webApp = (icons: readonly string[]): Site => ({
	entries: [
		{ path: "main.js", source: "page/main.tsx", type: SCRIPT, format: "esm" },
		{ path: "sw.js", source: "worker/sw.ts", type: SCRIPT, format: "iife" },
		{ path: "push.js", source: "site/push.ts", type: SCRIPT, format: "esm" },
		{ path: "converse-push.js", source: "site/converse-push.ts", type: SCRIPT, format: "iife" },
		{ path: "site-sw.js", source: "worker/site-sw.ts", type: SCRIPT, format: "iife" },
		{ path: "style.css", source: "page/style.css", type: STYLE, format: "esm" },
	],
	asTheyAre: [
		{ path: "", source: "page/index.html", type: PAGE },
		{ path: "manifest.webmanifest", source: "page/manifest.webmanifest", type: "application/manifest+json" },
		...icons.map(icon),
	],
});

const CONSOLE: Site = {
	entries: [
		{ path: "main.js", source: "console/main.tsx", type: SCRIPT, format: "esm" },
		{ path: "style.css", source: "console/style.css", type: STYLE, format: "esm" },
	],
	asTheyAre: [{ path: "", source: "console/index.html", type: PAGE }, icon("logo.svg")],
};

/**
 * Makes `dist/web.json` where it is missing or not of these sources.
 * @param root the repository
 * @returns whether it was made
 * @throws {AggregateError} with what the bundler found wrong
 */
export async function bundleWeb(root: string): Promise<boolean> {
	const made = hashOfSources(root, [...BESIDE, ...WEB_SOURCES.map((name) => `src/${name}`)]);
	const path = join(root, "dist", "web.json");
	if (madeOf(path) === made) return false;
	const web = join(root, "src", "web");
	const bundle: WebBundle = {
		made,
		files: await filesOf(web, webApp(readdirSync(join(web, "icons")))),
		console: await filesOf(web, CONSOLE),
	};
	mkdirSync(join(root, "dist"), { recursive: true });
	// Whole, or not there: several processes may do this at once, and others read it.
	const unfinished = `${path}.${process.pid}`;
	writeFileSync(unfinished, JSON.stringify(bundle));
	renameSync(unfinished, path);
	return true;
}

/** @returns what the file at this path was made from; undefined: it is not there, or not whole */
function madeOf(path: string): string | undefined {
	if (!existsSync(path)) return undefined;
	try {
		return (JSON.parse(readFileSync(path, "utf8")) as WebBundle).made;
	} catch {
		return undefined;
	}
}

/** @param web the room of browser code */
async function filesOf(web: string, { entries, asTheyAre }: Site): Promise<Record<string, BundledFile>> {
	const kept = asTheyAre.map(
		({ path, source, type }) => [path, packed(type, readFileSync(join(web, source)))] as const,
	);
	const bundled = await Promise.all(
		entries.map(async ({ path, source, type, format }) => {
			const { outputs } = await Bun.build({
				entrypoints: [join(web, source)],
				target: "browser",
				format,
				minify: true,
				sourcemap: "none",
				define: { "process.env.NODE_ENV": '"production"' },
			});
			const [output, ...others] = outputs;
			if (!output || others.length > 0) throw new Error(`${source} makes ${outputs.length} files, not one.`);
			return [path, packed(type, new Uint8Array(await output.arrayBuffer()))] as const;
		}),
	);
	return Object.fromEntries([...kept, ...bundled].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function packed(type: string, content: Uint8Array<ArrayBuffer>): BundledFile {
	const hash = createHash("sha256").update(content).digest("base64url").slice(0, 22);
	const gzip = Buffer.from(Bun.gzipSync(content, { level: 9 })).toString("base64");
	return { type, etag: `W/"${hash}"`, gzip };
}
