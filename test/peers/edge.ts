/** What runs the worker: the file that a deploy makes of it, and what the tests ask of any edge runtime. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { type TemporaryFolder, temporaryFolder } from "./folder.ts";

const ROOT = join(import.meta.dir, "../../");

/** One file of JavaScript, as it is deployed. */
export interface WorkerBundle {
	readonly path: string;
	readonly code: Uint8Array<ArrayBuffer>;
	remove(): void;
}

/** Bundles src/worker.ts as package.json's script `edge` does. @throws with what the bundler said */
export async function bundleWorker(): Promise<WorkerBundle> {
	const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	const [, words = ""] = /exec bun (build .*) --outfile \S+$/.exec(scripts.edge) ?? [];
	const folder = temporaryFolder("bundle");
	const path = join(folder.path, "worker.js");
	const command = [process.execPath, ...words.split(" "), "--outfile", path];
	const bundler = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
	const said = await new Response(bundler.stderr).text();
	if ((await bundler.exited) !== 0) throw new Error(`bundling src/worker.ts: ${said}`);
	return { path, code: new Uint8Array(readFileSync(path)), remove: folder.remove };
}

export interface EdgeOptions {
	bundle: WorkerBundle;
	/** Variables and secrets; a number or boolean as a platform passes on what has no quotation marks. */
	bindings: Record<string, string | number | boolean | undefined>;
}

/** A worker at an edge of its own. */
export interface Edge {
	readonly url: string;
	log(): string;
	/** Stops and starts it: nothing is left of what it knew, and nothing was asked of it yet. */
	restart(): Promise<void>;
	/** Ends it and removes its folder. */
	stop(): Promise<void>;
}

/**
 * Runs an edge runtime, and sends it no request: the first one is to find it fresh.
 * @throws when it does not start, with the log's last lines
 */
export async function runEdge(
	port: number,
	folder: TemporaryFolder,
	{ command, env = {} }: { command: string[]; env?: Record<string, string | undefined> },
): Promise<Edge> {
	const logPath = join(folder.path, "edge.log");
	let child: Child | undefined;
	const start = async () => {
		child = startChild({ command, env, logPath, cwd: folder.path });
		await child.ready(() => listens(port));
	};
	try {
		await start();
	} catch (error) {
		await (child as Child | undefined)?.kill9();
		folder.remove();
		throw error;
	}
	return {
		url: `http://127.0.0.1:${port}`,
		log: () => readFileSync(logPath, { encoding: "utf8", flag: "a+" }),
		async restart() {
			await child?.stop();
			await start();
		},
		async stop() {
			await child?.stop();
			folder.remove();
		},
	};
}

function listens(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("error", () => resolve(false));
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
	});
}
