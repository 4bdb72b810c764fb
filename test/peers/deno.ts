/** The real runtime of Deno Deploy on loopback, started as examples/edge-deno.js says. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Edge, type EdgeOptions, runEdge } from "./edge.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";

const ROOT = join(import.meta.dir, "../../");

/** Starts the worker. @throws when it does not start, with the log's last lines */
export async function startDeno({ bundle, bindings }: EdgeOptions): Promise<Edge> {
	const program = findDeno();
	const port = await freePort();
	const folder = temporaryFolder("deno");
	for (const name of ["examples", "dist"]) mkdirSync(join(folder.path, name));
	copyFileSync(join(ROOT, "examples", "edge-deno.js"), join(folder.path, "examples", "edge-deno.js"));
	writeFileSync(join(folder.path, "dist", "worker.js"), bundle.code);
	const settings = Object.entries(bindings).map(([name, value]) => [name, value && String(value)]);
	return runEdge(port, folder, {
		command: [program, "run", "--no-prompt", "--allow-env", "--allow-net", "examples/edge-deno.js"],
		env: {
			...Object.fromEntries(settings),
			PORT: String(port),
			DENO_DIR: join(folder.path, "cache"),
			DENO_NO_UPDATE_CHECK: "1",
		},
	});
}

/** The program's path. @throws when no build of it was installed */
function findDeno(): string {
	const target = `${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`;
	const path = join(ROOT, "node_modules", "@deno", target, "deno");
	if (!existsSync(path)) throw new Error(`no deno for ${target} in node_modules: bun install`);
	return path;
}
