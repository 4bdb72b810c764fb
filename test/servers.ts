/**
 * `bun run test:servers`: the tests with real XMPP servers once more, against those of the next Debian, and what only
 * those can show (`*.servers.ts`). Ends with a line `N passed, N failed, N skipped`, and writes what it printed,
 * shortened, to `servers-output.txt`, which is committed. With files as arguments it runs these, and keeps nothing.
 */
import { dirname, join } from "node:path";
import { ensureDebian13 } from "./peers/debian13.ts";
import { withServersIn } from "./peers/system.ts";
import { runParts } from "./report.ts";
import { needed, needPeers, ROOT } from "./suite.ts";

/** Who loads one of these starts a program of Debian's. */
const PEERS = ["test/peers/prosody.ts", "test/peers/ejabberd.ts", "test/peers/slixmpp.ts"];

const transpiler = new Bun.Transpiler({ loader: "ts" });
const imported = new Map<string, string[]>();

/** The files of this repository that a file loads, as paths from its root. */
async function importsOf(file: string): Promise<string[]> {
	const known = imported.get(file);
	if (known) return known;
	const code = file.endsWith(".ts") ? await Bun.file(join(ROOT, file)).text() : "";
	const ours = transpiler.scanImports(code).filter(({ path }) => path.startsWith("."));
	const found = ours.map(({ path }) => join(dirname(file), path));
	imported.set(file, found);
	return found;
}

async function startsServers(test: string): Promise<boolean> {
	const reached = new Set([test]);
	for (const file of reached) for (const next of await importsOf(file)) reached.add(next);
	return PEERS.some((peer) => reached.has(peer));
}

const filesNamed = (pattern: string) => [...new Bun.Glob(pattern).scanSync(ROOT)].sort();

async function withServers(files: string[]): Promise<string[]> {
	const which = await Promise.all(files.map(startsServers));
	return files.filter((_, index) => which[index]);
}

const { folder, versions } = await needed(ensureDebian13);
await needPeers(["firefox"]);
const env = withServersIn(folder);

const asked = process.argv.slice(2);
/** A path and not a pattern: no pattern finds files that are named otherwise than tests. */
const asPaths = (files: readonly string[]) => files.map((file) => `./${file.replace(/^\.\//, "")}`);
const parts =
	asked.length > 0
		? [{ name: asked.join(" "), what: asPaths(asked), env }]
		: [
				{
					name: "what `bun run test` tries too",
					what: asPaths(await withServers(filesNamed("test/**/*.test.ts"))),
					env,
				},
				...filesNamed("test/**/*.servers.ts").map((file) => ({ name: file, what: asPaths([file]), env })),
			];
const keep = asked.length > 0 ? undefined : "test/servers-output.txt";
const { failed, skipped } = await runParts(parts, keep, [`Debian 13: ${versions}`]);
process.exit(failed > 0 || skipped > 0 ? 1 : 0);
