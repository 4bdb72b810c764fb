/** The real runtime of Cloudflare Workers (workerd) on loopback, with the date and flags of wrangler.toml. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Edge, type EdgeOptions, runEdge } from "./edge.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";

const ROOT = join(import.meta.dir, "../../");

/** What a deploy says. */
export const deployment = Bun.TOML.parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) as {
	compatibility_date: string;
	compatibility_flags?: string[];
	vars: Record<string, string>;
	build: { command: string };
	main: string;
};

/** Starts the worker. @throws when it does not start, with the log's last lines */
export async function startWorkerd({ bundle, bindings }: EdgeOptions): Promise<Edge> {
	const program = findWorkerd();
	const port = await freePort();
	const folder = temporaryFolder("workerd");
	const configPath = join(folder.path, "config.capnp");
	writeFileSync(join(folder.path, "worker.js"), bundle.code);
	writeFileSync(configPath, configuration(port, bindings));
	return runEdge(port, folder, { command: [program, "serve", configPath] });
}

/** workerd.capnp: one worker, one socket, and leave to fetch from loopback too. */
function configuration(port: number, bindings: EdgeOptions["bindings"]): string {
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
	modules = [(name = "worker.js", esModule = embed "worker.js")],
	compatibilityDate = ${text(date)},
	compatibilityFlags = [${flags.map(text).join(", ")}],
	bindings = [${bound.join(", ")}],
);
`;
}

/** The program's path. @throws when no build of it was installed */
function findWorkerd(): string {
	const target = `${process.platform}-${process.arch === "x64" ? "64" : process.arch}`;
	const path = join(ROOT, "node_modules", "@cloudflare", `workerd-${target}`, "bin", "workerd");
	if (!existsSync(path)) throw new Error(`no workerd for ${target} in node_modules: bun install`);
	return path;
}
