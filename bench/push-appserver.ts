/**
 * Prosody's community module mod_push_appserver, which registers devices by the same form as Reveille does. No package
 * brings it, and no registry has it: a checkout of it is looked for.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { tail } from "../test/peers/child.ts";
import { startProsody } from "../test/peers/prosody.ts";

/** Names the folder of a checkout: what Prosody's `plugin_paths` has of it. */
export const CHECKOUT = "MOD_PUSH_APPSERVER";
const USUAL = ["/usr/local/lib/prosody/modules", "/usr/local/lib/mod_push_appserver"];
const MODULE = "mod_push_appserver/mod_push_appserver.lua";
const DOMAIN = "appserver.example.org";

/** @returns the folder that has it; undefined: it is not on this machine */
export function findPushAppserver(): string | undefined {
	const named = process.env[CHECKOUT];
	return (named ? [named] : USUAL).find((folder) => existsSync(join(folder, MODULE)));
}

/** A Prosody of its own with the module. @throws with the log's end where it does not load */
export async function startPushAppserver(
	folder: string,
): Promise<{ pid: number; port: number; stop(): Promise<void> }> {
	const server = await startProsody({
		extraConfig: `plugin_paths = { ${JSON.stringify(folder)} }`,
		// Found by this machine's own address.
		extraHosts: `Component "${DOMAIN}" "push_appserver"\n\thttp_host = "127.0.0.1"\n`,
	});
	const { http: port } = server.ports;
	const answer = await fetch(`http://127.0.0.1:${port}/push_appserver/v1/health`);
	if (answer.ok) return { pid: server.pid(), port, stop: () => server.stop() };
	const log = tail(server.logPath);
	await server.stop();
	throw new Error(`mod_push_appserver does not answer. It needs lua-penlight.\n${log}`);
}
