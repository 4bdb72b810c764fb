/** The rules about who may import whom, and what must not reach an edge runtime. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { WEB_SOURCES } from "../build/web-bundle.ts";
import packageJson from "../package.json" with { type: "json" };

const ROOT = join(import.meta.dir, "..");
const SOURCES = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(ROOT)].filter(
	(file) => !file.endsWith(".d.ts"),
);
/** The commands use all rooms, and no room uses them: they are one of their own, though they stand in `bun`. */
const COMMANDS = "bun/commands";
const roomOf = (file: string) =>
	file.startsWith(`src/${COMMANDS}/`) ? COMMANDS : (file.split("/")[1] ?? "");

/** What every room above may import. */
const GROUND = ["types.ts", "secrets.ts", "limits", "syntax", "messages"];

/** Which rooms a room may import from, types included: down only. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
	"types.ts": [],
	"secrets.ts": ["types.ts"],
	limits: [],
	messages: [],
	syntax: ["types.ts", "limits"],
	sasl: ["types.ts", "limits", "syntax"],
	/** The page, not the server: what a browser loads stays small. */
	web: ["types.ts", "limits", "syntax", "sasl"],
	config: ["types.ts", "limits", "syntax", "messages", "services"],
	store: GROUND,
	services: ["types.ts", "limits", "syntax"],
	xmpp: ["types.ts", "limits", "syntax", "services"],
	delivery: [...GROUND, "store", "services", "xmpp"],
	registering: [...GROUND, "store", "services", "xmpp"],
	routes: [...GROUND, "store", "services", "xmpp", "delivery", "registering", "web"],
	"app.ts": [...GROUND, "config", "store", "services", "routes"],
	bun: [...GROUND, "config", "store", "services", "xmpp", "registering"],
	connector: [...GROUND, "sasl", "config", "store", "services", "xmpp", "delivery", "registering", "bun"],
	[COMMANDS]: [
		...GROUND,
		...["sasl", "config", "store", "services", "xmpp", "delivery", "registering", "routes", "web"],
		...["bun", "connector"],
	],
};
const ENTRIES = ["main.ts", "server.ts", "worker.ts"];

/** What needs Bun; all else may run at an edge: what the worker composes, and what it may compose one day. */
const ON_BUN = ["bun", COMMANDS, "connector", "main.ts", "server.ts"];
const EDGE_SAFE = SOURCES.filter((file) => !["web", ...ON_BUN].includes(roomOf(file)));
/** What browsers load, and the server does not. */
const IN_BROWSERS = SOURCES.filter((file) => roomOf(file) === "web");

const ONLY_ON_BUN = /^(node:|bun(:|$)|ws$|@xmpp\/(client|component|websocket|tcp|tls|sasl|net))/;
/** The native SQLite and its driver: only their `/web` halves work without it. */
const NATIVE_DATABASE = /^(@libsql\/client|drizzle-orm\/libsql)(?!\/web$)(\/|$)/;
const NODE_MODULES = new Set([
	"fs",
	"path",
	"crypto",
	"os",
	"net",
	"tls",
	"dns",
	"http",
	"https",
	"buffer",
	"events",
]);

interface Sources {
	read(file: string): string;
	exists(file: string): boolean;
}

const onDisk: Sources = {
	read: (file) => readFileSync(join(ROOT, file), "utf8"),
	exists: (file) => existsSync(join(ROOT, file)),
};

const transpilerFor = (file: string, define: Record<string, string> = {}) =>
	new Bun.Transpiler({
		loader: file.endsWith("x") ? "tsx" : "ts",
		tsconfig: { compilerOptions: { jsx: "react-jsx", jsxImportSource: "hono/jsx" } },
		define,
	});

/** Modules imported at run time, statically or not: types are gone. */
function importsOf(file: string, { read }: Sources): string[] {
	return (
		transpilerFor(file)
			.scanImports(read(file))
			// Named for every file with JSX, whatever its source is: tsconfig.json says hono/jsx.
			.filter(({ kind, path }) => !(kind === "require-call" && path === "react"))
			.map(({ path }) => path)
	);
}

/** Modules named in any import or export, types included. */
function namedBy(file: string, { read }: Sources): string[] {
	const code = read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
	return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map(([, path]) => path ?? "");
}

const isRelative = (path: string) => path.startsWith(".");
const resolve = (from: string, path: string) => relative("/", join("/", dirname(from), path));

/** Every file of ours that the entry loads, itself included. */
function reachedFrom(entry: string, sources: Sources): string[] {
	const reached = new Set([entry]);
	for (const file of reached) {
		if (file.endsWith(".json")) continue;
		for (const path of importsOf(file, sources).filter(isRelative)) {
			const target = resolve(file, path);
			if (!sources.exists(target)) throw new Error(`${file} imports ${path}, which is not there`);
			reached.add(target);
		}
	}
	return [...reached].filter((file) => !file.endsWith(".json"));
}

const PLATFORM_GLOBALS = ["Bun", "process", "Buffer", "require", "__dirname", "__filename", "setImmediate"];

/** Names of the platform that the code uses as globals; in comments, strings, types or as its own they are fine. */
function globalsOf(file: string, { read }: Sources): string[] {
	const marks = Object.fromEntries(
		PLATFORM_GLOBALS.flatMap((name) => [
			[name, `LEAKED_${name}`],
			[`globalThis.${name}`, `LEAKED_${name}`],
		]),
	);
	const code = transpilerFor(file, marks).transformSync(read(file));
	return PLATFORM_GLOBALS.filter((name) => code.includes(`LEAKED_${name}`));
}

/** What would not run at an edge, one line each. */
function edgeLeaks(files: readonly string[], sources: Sources): string[] {
	return files.flatMap((file) => [
		...importsOf(file, sources)
			.filter((path) => ONLY_ON_BUN.test(path) || NATIVE_DATABASE.test(path) || NODE_MODULES.has(path))
			.map((path) => `${file} imports ${path}`),
		...importsOf(file, sources)
			.filter((path) => isRelative(path) && ON_BUN.includes(roomOf(resolve(file, path))))
			.map((path) => `${file} imports ${path}`),
		...globalsOf(file, sources).map((name) => `${file} uses ${name}`),
	]);
}

describe("an edge runtime", () => {
	test("can load everything that worker.ts reaches", () => {
		expect(edgeLeaks(reachedFrom("src/worker.ts", onDisk), onDisk)).toEqual([]);
	});

	test("gets the application and its routes from worker.ts", () => {
		expect(reachedFrom("src/worker.ts", onDisk)).toEqual(
			expect.arrayContaining([
				"src/app.ts",
				"src/config/config.ts",
				"src/store/registrations/registrations.ts",
			]),
		);
	});

	test("could load every room that does not need Bun", () => {
		expect(edgeLeaks(EDGE_SAFE, onDisk)).toEqual([]);
	});

	test("gets only packages that are known to run there", () => {
		const packages = new Set(
			[...reachedFrom("src/worker.ts", onDisk), ...EDGE_SAFE]
				.flatMap((file) => importsOf(file, onDisk))
				.filter((path) => !isRelative(path))
				.map((path) => path.split("/").slice(0, path.startsWith("@") ? 2 : 1))
				.map((parts) => parts.join("/")),
		);
		const known = [
			"@hono/zod-openapi",
			"@libsql/client",
			"@logtape/logtape",
			"@xmpp/xml",
			"drizzle-orm",
			"hono",
			"ipaddr.js",
			"jose",
			"ltx",
			"tldts-icann",
			"uqr",
			"zod",
		];
		expect([...packages].filter((name) => !known.includes(name))).toEqual([]);
	});
});

describe("the check for leaks", () => {
	const leaksOf = (files: Record<string, string>) => {
		const sources: Sources = { read: (file) => files[file] ?? "", exists: (file) => file in files };
		return edgeLeaks(reachedFrom("src/worker.ts", sources), sources);
	};

	test.each([
		["import { readFileSync } from 'node:fs'; readFileSync('x')", "imports node:fs"],
		["import fs from 'fs'; fs", "imports fs"],
		["import { sql } from 'bun'; sql", "imports bun"],
		["import { Database } from 'bun:sqlite'; Database", "imports bun:sqlite"],
		["import { createClient } from '@libsql/client'; createClient", "imports @libsql/client"],
		["import { createClient } from '@libsql/client/sqlite3'; createClient", "imports @libsql/client/sqlite3"],
		["import { drizzle } from 'drizzle-orm/libsql'; drizzle", "imports drizzle-orm/libsql"],
		["export * from '@xmpp/client'", "imports @xmpp/client"],
		["export * from '@xmpp/client-core'", "imports @xmpp/client-core"],
		["export * from '@xmpp/component'", "imports @xmpp/component"],
		["await import('ws')", "imports ws"],
		["console.log(Bun.version)", "uses Bun"],
		["console.log(globalThis.Bun.version)", "uses Bun"],
		["export const home = process.env.HOME", "uses process"],
		["export const bytes = Buffer.from('x')", "uses Buffer"],
		["export const x = `a $" + "{Buffer.from('x')} b`", "uses Buffer"],
	])("finds %s, in the entry and behind two imports", (code, leak) => {
		expect(leaksOf({ "src/worker.ts": code })).toEqual([`src/worker.ts ${leak}`]);
		expect(
			leaksOf({
				"src/worker.ts": "export * from './app.ts'",
				"src/app.ts": "const later = () => import('./store/x.ts'); later()",
				"src/store/x.ts": code,
			}),
		).toEqual([`src/store/x.ts ${leak}`]);
	});

	test.each([
		"import type { Client } from '@libsql/client'; export const x: Client | undefined = undefined",
		"import { type LibSQLDatabase } from 'drizzle-orm/libsql'; export type X = LibSQLDatabase",
		"import { createClient } from '@libsql/client/web'; createClient",
		"import { drizzle } from 'drizzle-orm/libsql/web'; drizzle",
		"export const x = 'process.env Buffer.from'; // Bun.sleep, process.env and Buffer.from",
		"/* import fs from 'node:fs' */ export const x = `Bun.serve`",
		"export const f = (process: { env: string }) => process.env",
	])("passes %s", (code) => {
		expect(leaksOf({ "src/worker.ts": code })).toEqual([]);
	});

	test("notices an import that leads nowhere", () => {
		expect(() => leaksOf({ "src/worker.ts": "export * from './gone.ts'" })).toThrow("gone.ts");
	});
});

/** Of a file, what it imports that it must not, one line each. */
function importsUp(file: string): string[] {
	const room = roomOf(file);
	const allowed = BELOW[room];
	if (!allowed && !ENTRIES.includes(room)) {
		return [`${file}: ${room} is a new room: say in BELOW what it may import`];
	}
	return namedBy(file, onDisk)
		.filter(isRelative)
		.map((path) => resolve(file, path))
		.filter((target) => target.startsWith("src/"))
		.filter((target) => {
			const other = roomOf(target);
			if (ENTRIES.includes(other)) return !ENTRIES.includes(room);
			return allowed && other !== room && !allowed.includes(other);
		})
		.map((target) => `${file} imports ${target}`);
}

test("imports go down only, and nothing imports an entry", () => {
	expect(SOURCES.flatMap(importsUp)).toEqual([]);
});

describe("a push service", () => {
	/** Files that make a `PushService`; the others of the room are what services share. */
	const services = SOURCES.filter(
		(file) =>
			file.startsWith("src/services/") &&
			/^export function \w+\([\s\S]*?\): PushService \{/m.test(onDisk.read(file)),
	);

	test("is there to be checked", () => {
		expect(services).toContain("src/services/webpush/webpush.ts");
	});

	const folderOf = (file: string) => file.match(/^src\/services\/(\w+)\//)?.[1];
	/** The files of the room that import one of these. */
	const importersOf = (imported: readonly string[]) =>
		SOURCES.filter((file) => file.startsWith("src/services/")).filter((file) =>
			namedBy(file, onDisk).some((path) => isRelative(path) && imported.includes(resolve(file, path))),
		);
	const definitions = services.map((file) => `src/services/${folderOf(file)}/definition.ts`);

	test("is imported by its definition alone, and that by the registry: no service knows a sibling", () => {
		expect(importersOf(services).toSorted()).toEqual(definitions.toSorted());
		expect(importersOf(definitions)).toEqual(["src/services/registry.ts"]);

		const strangers = SOURCES.filter((file) => folderOf(file)).flatMap((file) =>
			namedBy(file, onDisk)
				.filter(isRelative)
				.map((path) => resolve(file, path))
				.filter((target) => folderOf(target) && folderOf(target) !== folderOf(file))
				.map((target) => `${file} imports ${target}`),
		);
		expect(strangers).toEqual([]);
	});

	test("knows no database, no Hono, and no log", () => {
		const named = SOURCES.filter((file) => file.startsWith("src/services/")).flatMap((file) =>
			namedBy(file, onDisk)
				.filter((path) => /^(@?hono|drizzle|@libsql|@logtape|@xmpp)/.test(path))
				.map((path) => `${file} ${path}`),
		);
		expect(named).toEqual([]);
	});
});

describe("the web app", () => {
	/** All that a browser may be sent. */
	const PACKAGES = [
		"preact",
		"@preact/signals",
		"@xmpp/client-core",
		"@xmpp/iq",
		"@xmpp/middleware",
		"@xmpp/resource-binding",
		"@xmpp/stream-features",
		"@xmpp/websocket",
		"@xmpp/xml",
		"d3-scale",
		"d3-shape",
	];

	test("loads packages that are known to be small, and nothing of Bun or Node", () => {
		const offenders = IN_BROWSERS.flatMap((file) => [
			...globalsOf(file, onDisk).map((name) => `${file} uses ${name}`),
			...namedBy(file, onDisk)
				.filter((path) => !isRelative(path))
				.filter((path) => !PACKAGES.some((known) => path === known || path.startsWith(`${known}/`)))
				.map((path) => `${file} imports ${path}`),
		]);
		expect(offenders).toEqual([]);
	});

	test("loads packages that a server installs, which bundles it when it starts", () => {
		const named = IN_BROWSERS.flatMap((file) => namedBy(file, onDisk)).filter((path) => !isRelative(path));
		const missing = PACKAGES.filter(
			(name) =>
				named.some((path) => path === name || path.startsWith(`${name}/`)) &&
				!(name in packageJson.dependencies),
		);
		expect(missing).toEqual([]);
	});

	test("is made anew when any room changes that it may import", () => {
		expect(WEB_SOURCES).toEqual(["web", ...(BELOW.web ?? [])]);
	});

	test("is read by the routes of the two pages alone, once it is bundled; of its sources the server has types only", () => {
		const readers = SOURCES.filter((file) =>
			namedBy(file, onDisk).some((path) => path.endsWith("dist/web.json")),
		);
		expect(readers.toSorted()).toEqual(["src/routes/admin/console-page.ts", "src/routes/web-app.ts"]);
		const loaded = SOURCES.filter((file) => !IN_BROWSERS.includes(file)).flatMap((file) =>
			importsOf(file, onDisk)
				.filter((path) => isRelative(path) && roomOf(resolve(file, path)) === "web")
				.map((path) => `${file} imports ${path}`),
		);
		expect(loaded).toEqual([]);
	});
});

describe("the platform", () => {
	test("is named by src/bun, src/connector and server.ts alone", () => {
		const offenders = EDGE_SAFE.flatMap((file) => [
			...globalsOf(file, onDisk).map((name) => `${file} uses ${name}`),
			// Even their types would bind a room to them.
			...namedBy(file, onDisk)
				.filter((path) => ONLY_ON_BUN.test(path))
				.map((path) => `${file} imports ${path}`),
		]);
		expect(offenders).toEqual([]);
	});

	test("is not asked whose JSX it is, which depends on the folder that we are started from", () => {
		const whose = (file: string) =>
			IN_BROWSERS.includes(file)
				? "/** @jsxImportSource preact */\n"
				: "/** @jsxRuntime automatic @jsxImportSource hono/jsx */\n";
		const silent = SOURCES.filter((file) => file.endsWith("x") && !onDisk.read(file).startsWith(whose(file)));
		expect(silent).toEqual([]);
	});

	test("opens no socket from src/xmpp: it turns XML into types and back", () => {
		const code = SOURCES.filter((file) => file.startsWith("src/xmpp/"))
			.map(onDisk.read)
			.join("\n");
		expect(code).not.toMatch(/\bnew (WebSocket|EventSource)\b|\bfetch\(/);
	});
});
