/** What an import leaves behind where no Reveille runs. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { intoDatabase } from "../../../../src/bun/commands/import/destinations.ts";
import type { Found } from "../../../../src/bun/commands/import/found-registration.ts";
import { parseConfig } from "../../../../src/config/config.ts";
import type { ImportResult } from "../../../../src/store/registrations/import.ts";
import { temporaryFolder } from "../../../peers/folder.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	folder = temporaryFolder("destinations");
});
afterEach(() => folder.remove());

const FOUND: Found = {
	at: "line 2",
	fields: { node: "n", secret: "s", type: "ubuntu", token: "t", application_id: "com.example.chat_chat" },
};

async function importing(dryRun: boolean, dataDir: string): Promise<ImportResult["kind"][]> {
	const kinds: ImportResult["kind"][] = [];
	await intoDatabase(parseConfig({ DATA_DIR: dataDir }), { apps: [], dryRun }, async ({ take }) => {
		for (const _ of "12") kinds.push(...(await take([FOUND])).map(({ kind }) => kind));
	});
	return kinds;
}

test("a dry run where there is nothing yet makes nothing", async () => {
	expect(await importing(true, join(folder.path, "data"))).toEqual(["imported", "imported"]);
	expect(readdirSync(folder.path)).toEqual([]);
});

test("an import makes key and database; where the key is lost none is made in its place", async () => {
	expect(await importing(false, folder.path)).toEqual(["imported", "unchanged"]);
	expect(readdirSync(folder.path)).toContain("secret.key");
	rmSync(join(folder.path, "secret.key"));
	for (const dryRun of [true, false]) {
		await expect(importing(dryRun, folder.path)).rejects.toMatchObject({ id: "secret-key-missing" });
	}
	expect(readdirSync(folder.path)).not.toContain("secret.key");
});
