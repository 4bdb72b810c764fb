/** Which test files there are, and what each needs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the repository is; ends with a slash. */
export const ROOT = join(import.meta.dir, "../");

/** Where XMPP servers and their clients are started that come from Debian. */
const STARTS_XMPP: readonly string[] = ["prosody", "ejabberd", "slixmpp"].map(
	(name) => `test/peers/${name}.ts`,
);

/** Where programs are started: XMPP servers, a database server, a browser, Reveille itself. */
const STARTS_PROGRAMS: readonly string[] = ["child", "chromium", "demo", "firefox", "promtool"].map(
	(name) => `test/peers/${name}.ts`,
);

/** Paths from {@link ROOT}, sorted. */
const found = (pattern: string): string[] => [...new Bun.Glob(pattern).scanSync(ROOT)].sort();

/** The files of `bun run test`: all bear neighbours. */
export const neighbourly = (): string[] => found("test/**/*.test.ts");

/** Of these, the ones that start no other program: they need nothing but Bun. */
export function withoutPrograms(): string[] {
	const starts = reaching(STARTS_PROGRAMS);
	return neighbourly().filter((file) => !starts(file));
}

/**
 * What `bun run test` shows at one server or for one way to connect, shown at the others: the rest of a matrix. They
 * bear neighbours.
 */
export const restOfMatrix = (): string[] => found("test/**/*.matrix.ts");

/** Of these and those of `bun run test`, the ones with XMPP servers. */
export const withXmppServers = (): string[] =>
	[...neighbourly(), ...restOfMatrix()].filter(reaching(STARTS_XMPP));

/** What only the servers of the next Debian can show. */
export const forServers = (): string[] => found("test/**/*.servers.ts");

/** Too long for every change. */
export const long = (): string[] => found("test/**/*.long.ts");

/** @returns whether a file is, or imports over any number of others, one of these. Each is read once for all questions */
function reaching(wanted: readonly string[]): (file: string) => boolean {
	const imports = new Map<string, readonly string[]>();
	const importsOf = (file: string) => imports.getOrInsertComputed(file, importedBy);
	return (file) => {
		const found = new Set([file]);
		// A set hands out what is added meanwhile too.
		for (const each of found) for (const imported of importsOf(each)) found.add(imported);
		return wanted.some((each) => found.has(each));
	};
}

/** The files that one imports itself. All paths are from {@link ROOT}. */
function importedBy(file: string): string[] {
	const transpiler = new Bun.Transpiler({ loader: file.endsWith(".tsx") ? "tsx" : "ts" });
	return transpiler
		.scanImports(readFileSync(join(ROOT, file), "utf8"))
		.filter(({ path }) => path.startsWith(".") && /\.tsx?$/.test(path))
		.map(({ path }) => join(file, "..", path));
}
