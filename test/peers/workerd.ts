/**
 * The real edge runtime (workerd, of Cloudflare Workers) on loopback, serving what a deploy would: the bundle that
 * package.json's script `edge` makes, with the date and flags of wrangler.toml.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { basename, join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** One file of JavaScript, as it is deployed. */
export interface WorkerBundle {
	readonly path: string;
	readonly code: Uint8Array<ArrayBuffer>;
	remove(): void;
}

/** Bundles src/worker.ts as a deploy does. @throws with what the bundler said */
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

/** What a deploy says of the runtime. */
export const deployment = Bun.TOML.parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) as {
	compatibility_date: string;
	compatibility_flags?: string[];
	vars: Record<string, string>;
	build: { command: string };
	main: string;
};

export interface WorkerdOptions {
	bundle: WorkerBundle;
	/** Variables and secrets; a number or boolean as a platform passes on what has no quotation marks. */
	bindings: Record<string, string | number | boolean | undefined>;
}

/** A worker at an edge of its own. */
export interface Workerd {
	readonly url: string;
	log(): string;
	/** SIGTERM; resolves when it has ended. */
	halt(): Promise<void>;
	/** Starts it again: a fresh isolate, to which nothing was said yet. */
	start(): Promise<void>;
	/** Ends it and removes its folder. */
	stop(): Promise<void>;
}

/** Starts a worker, and sends it no request. @throws when it does not start, with the log's last lines */
export async function startWorkerd({ bundle, bindings }: WorkerdOptions): Promise<Workerd> {
	const program = findWorkerd();
	const port = await freePort();
	const folder = temporaryFolder("workerd");
	const configPath = join(folder.path, "config.capnp");
	const logPath = join(folder.path, "workerd.log");
	writeFileSync(join(folder.path, basename(bundle.path)), bundle.code);
	writeFileSync(configPath, configuration(basename(bundle.path), port, bindings));
	let child: Child | undefined;

	const start = async () => {
		child = startChild({ command: [program, "serve", configPath], logPath, cwd: folder.path });
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
		halt: async () => child?.stop(),
		start,
		async stop() {
			await child?.stop();
			folder.remove();
		},
	};
}

/** workerd.capnp: one worker, one socket, and leave to fetch from loopback too. */
function configuration(module: string, port: number, bindings: WorkerdOptions["bindings"]): string {
	const { compatibility_date: date, compatibility_flags: flags = [] } = deployment;
	const text = (value: string) => JSON.stringify(value);
	const bound = Object.entries(bindings)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) =>
			typeof value === "string"
				? `(name = ${text(name)}, text = ${text(value)})`
				: `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
		);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [
		(name = "main", worker = .worker),
		(name = "internet", network = (allow = ["public", "private"])),
	],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
	modules = [(name = ${text(module)}, esModule = embed ${text(module)})],
	compatibilityDate = ${text(date)},
	compatibilityFlags = [${flags.map(text).join(", ")}],
	bindings = [${bound.join(", ")}],
);
`;
}

/** A connection and no request: the first request is to find a fresh isolate. */
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

/** The program's path. @throws when no build of it was installed */
function findWorkerd(): string {
	const target = `${process.platform}-${process.arch === "x64" ? "64" : process.arch}`;
	const path = join(ROOT, "node_modules", "@cloudflare", `workerd-${target}`, "bin", "workerd");
	if (!existsSync(path)) throw new Error(`no workerd for ${target} in node_modules: bun install`);
	return path;
}
