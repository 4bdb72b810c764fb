/** Which test files there are, and what each needs. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

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
export const withoutPrograms = (): string[] =>
	neighbourly().filter((file) => !reaches(join(ROOT, file), STARTS_PROGRAMS));

/**
 * What `bun run test` shows at one server or for one way to connect, shown at the others: the rest of a matrix. They
 * bear neighbours.
 */
export const restOfMatrix = (): string[] => found("test/**/*.matrix.ts");

/** Of these and those of `bun run test`, the ones with XMPP servers. */
export const withXmppServers = (): string[] =>
	[...neighbourly(), ...restOfMatrix()].filter((file) => reaches(join(ROOT, file), STARTS_XMPP));

/** What only the servers of the next Debian can show. */
export const forServers = (): string[] => found("test/**/*.servers.ts");

/** Too long for every change. */
export const long = (): string[] => found("test/**/*.long.ts");

/** Whether a file is, or imports over any number of others, one of these. @param seen those looked at */
function reaches(path: string, wanted: readonly string[], seen = new Set<string>()): boolean {
	if (seen.has(path)) return false;
	seen.add(path);
	if (wanted.includes(relative(ROOT, path))) return true;
	const transpiler = new Bun.Transpiler({ loader: path.endsWith(".tsx") ? "tsx" : "ts" });
	return transpiler
		.scanImports(readFileSync(path, "utf8"))
		.filter((found) => found.path.startsWith("."))
		.map((found) => join(path, "..", found.path))
		.some((imported) => /\.tsx?$/.test(imported) && reaches(imported, wanted, seen));
}
