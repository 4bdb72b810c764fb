/**
 * What is missing is said with the line that installs it.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { ensurePeers } from "./install.ts";
import { MissingPeer } from "./missing-peer.ts";

test("peers that are there cost nothing", async () => {
	const said: string[] = [];
	await ensurePeers(["prosody", "ejabberd", "firefox", "slixmpp"], (sentence) => said.push(sentence));
	expect(said).toEqual([]);
});

test("the message for a missing peer names the line that installs it", () => {
	const error = new MissingPeer("Prosody", ["prosody", "prosody-modules"]);
	expect(error.message).toContain("sudo apt-get update && sudo apt-get install prosody prosody-modules");
});

test("without apt-get, the line is all that is done", async () => {
	const program = `
		import { ensurePeers } from ${JSON.stringify(join(import.meta.dir, "install.ts"))};
		await ensurePeers(["firefox"]).catch((error) => console.log(error.name, error.message));
	`;
	const env = { ...process.env, PATH: "/nowhere" };
	const { stdout } = Bun.spawnSync([process.execPath, "--eval", program], { env });
	expect(stdout.toString()).toBe(
		"MissingPeer not installed: Firefox. To install: sudo apt-get update && sudo apt-get install firefox-esr\n",
	);
});
