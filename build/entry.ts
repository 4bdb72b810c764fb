/**
 * The compiled binary begins here. Bun reads how many requests may be in flight when it starts, and only from the
 * environment (package.json's `start` sets it too): the binary starts itself over with it, as the same process.
 */
import process from "node:process";

const LIMIT = "BUN_CONFIG_MAX_HTTP_REQUESTS";

if (!process.env[LIMIT]) {
	const args = [process.execPath, ...process.argv.slice(2)];
	process.execve?.(process.execPath, args, { ...process.env, [LIMIT]: "8192" });
}
await import("../src/main.ts");
