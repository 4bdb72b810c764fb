/** SECRET_KEY is changed with a real Prosody, and by the lines of docs/keys.md. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../peers/folder.ts";
import { startReveille } from "../peers/reveille.ts";
import { testKeyChange } from "./keys.ts";

testKeyChange("prosody");

test("the lines of docs/keys.md change a key that is a file", async () => {
	const page = readFileSync(new URL("../../docs/keys.md", import.meta.url), "utf8");
	const lines = /## Changing the key[\s\S]*?```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
	const folder = temporaryFolder("keys");
	const data = join(folder.path, "data");
	mkdirSync(data, { mode: 0o700 });
	const settings: Record<string, string> = { DATA_DIR: data };
	const reveille = await startReveille({ settings });
	try {
		await reveille.halt();
		const before = readFileSync(join(data, "secret.key"), "utf8");
		const ran = Bun.spawnSync(["sh", "-euc", `${lines}\nprintf %s "$SECRET_KEY_OLD"`], { cwd: folder.path });
		expect(ran.stderr.toString()).toBe("");
		settings.SECRET_KEY_OLD = join(folder.path, ran.stdout.toString());
		await reveille.start();
		expect(readFileSync(settings.SECRET_KEY_OLD, "utf8")).toBe(before);
		expect(readFileSync(join(data, "secret.key"), "utf8")).not.toBe(before);
		expect(statSync(join(data, "secret.key")).mode & 0o777).toBe(0o600);
		await reveille.untilLogged("No registration stands on key 1 of SECRET_KEY_OLD");
	} finally {
		await reveille.stop();
		folder.remove();
	}
}, 30_000);
