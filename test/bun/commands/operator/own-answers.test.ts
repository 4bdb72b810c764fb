/** What an operator's commands leave behind where no Reveille runs. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { withOperator } from "../../../../src/bun/commands/operator/ask.ts";
import { prepareDataFolder } from "../../../../src/bun/data-folder.ts";
import { openDatabase } from "../../../../src/bun/database/open.ts";
import { temporaryFolder } from "../../../peers/folder.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	folder = temporaryFolder("own-answers");
});
afterEach(() => folder.remove());

const asking = (dataDir: string) => withOperator({ DATA_DIR: dataDir }, (operator) => operator.get("/bars"));

test("asked where no Reveille ever ran, nothing is made", async () => {
	await expect(asking(join(folder.path, "elsewhere"))).rejects.toMatchObject({ id: "database-file-missing" });
	expect(readdirSync(folder.path)).toEqual([]);
});

test("of a database whose key is elsewhere, no other key is made: it would come into the next backup", async () => {
	const data = join(folder.path, "data");
	prepareDataFolder(data);
	const { client } = await openDatabase({ url: `file:${join(data, "reveille.db")}`, migrations: "shared" });
	client.close();
	await expect(asking(data)).rejects.toMatchObject({
		id: "secret-key-missing",
		message: `There is no secret.key in ${data}: set DATA_DIR and SECRET_KEY as for the Reveille that serves.`,
	});
	expect(readdirSync(data).filter((name) => !name.startsWith("reveille.db"))).toEqual([]);
});
