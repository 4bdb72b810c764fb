#!/usr/bin/env node
/**
 * The command `reveille` of the npm package. npm starts it with Node; it starts Reveille with the Bun that came as a
 * dependency, hands signals on, and ends as Reveille does.
 */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];

/** The package with Bun's program for this machine. */
function packageOfBun() {
	const system = process.platform === "win32" ? "windows" : process.platform;
	const cpu = process.arch === "arm64" ? "aarch64" : process.arch;
	const loader = process.arch === "arm64" ? "/lib/ld-linux-aarch64.so.1" : "/lib64/ld-linux-x86-64.so.2";
	const isMusl = system === "linux" && !existsSync(loader);
	return `@oven/bun-${system}-${cpu}${isMusl ? "-musl" : ""}`;
}

/**
 * A script of the package `bun` moves the program into that package. Where npm runs no scripts, a few lines of text
 * stand there, and the program is where it came.
 * @returns its path; undefined: it was not installed
 */
function findBun() {
	try {
		const manifest = createRequire(import.meta.url).resolve("bun/package.json");
		const moved = join(dirname(manifest), "bin", "bun.exe");
		if (statSync(moved).size > 1e6) return moved;
		// As the package `bun` sees it: some package managers show it to nobody else.
		const own = createRequire(manifest).resolve(`${packageOfBun()}/package.json`);
		const bun = join(dirname(own), "bin", process.platform === "win32" ? "bun.exe" : "bun");
		return existsSync(bun) ? bun : undefined;
	} catch {
		return undefined;
	}
}

const bun = findBun();
if (bun === undefined) {
	console.error(
		`${packageOfBun()} is not installed, which runs Reveille. Install reveille again, with its optional dependencies.`,
	);
	process.exit(1);
}

const lib = fileURLToPath(new URL("../lib/", import.meta.url));
const child = spawn(
	bun,
	// Not the bunfig.toml of the folder that it is started in.
	[`--config=${join(lib, "settings-of-bun.toml")}`, join(lib, "reveille.js"), ...process.argv.slice(2)],
	// How many requests may be in flight, as `bun run start` sets it.
	{ stdio: "inherit", env: { BUN_CONFIG_MAX_HTTP_REQUESTS: "8192", ...process.env } },
);
for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
	console.error(`${bun} cannot be started: ${error.message}`);
	process.exit(1);
});
child.on("exit", (code, signal) => {
	if (signal === null) process.exit(code ?? 1);
	process.removeAllListeners(signal);
	process.kill(process.pid, signal);
});
