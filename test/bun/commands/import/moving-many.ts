/** All registrations of a large service are moved over by the command. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../../../src/bun/database/open.ts";
import { createKeyring, withFormerSecrets } from "../../../../src/secrets.ts";
import { createFormerSecrets } from "../../../../src/store/registrations/former-secrets.ts";
import { temporaryFolder } from "../../../peers/folder.ts";
import { command } from "./import-command.ts";
import { writeSqliteStorage } from "./prosody-storage.ts";

const HOST = "push.example.org";
const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";

/** Has the test run with so many registrations. */
export function testManyMoving(count: number): void {
	const shown = count.toLocaleString("en");
	test(`${shown} registrations come over within a bounded memory, and each old secret is good`, async () => {
		await using ends = new AsyncDisposableStack();
		const folder = temporaryFolder("moving-many");
		ends.defer(folder.remove);
		const path = join(folder.path, "prosody.sqlite");
		const endpointOf = (i: number) =>
			`https://updates.push.services.mozilla.com/wpush/v2/${"x".repeat(100)}${i}`;
		const nodeOf = (i: number) => `${NODE}-${i}`;
		const secretOf = (i: number) => new Bun.CryptoHasher("sha256").update(`secret ${i}`).digest("hex");
		const now = new Date().toISOString().replace(/\.\d+/, "");
		function* stored() {
			for (let i = 0; i < count; i++) {
				const times = { registered: now, renewed: now, last_successful_push: now };
				const data = {
					type: "webpush",
					node: nodeOf(i),
					token: endpointOf(i),
					secret: secretOf(i),
					...times,
				};
				yield { host: HOST, node: nodeOf(i), data };
			}
		}
		writeSqliteStorage(path, stored());
		const dataFolder = join(folder.path, "data");

		const first = await command(["prosody", path], { DATA_DIR: dataFolder });
		console.log(first.output);
		expect(first.output).toContain(`Imported ${shown}, updated 0, unchanged 0, skipped 0.`);
		expect(first.code).toBe(0);
		const memory = Number(/([\d,]+) MiB/.exec(first.output)?.[1]?.replaceAll(",", ""));
		// Bun with its code alone takes some 80; all registrations at once would take hundreds more.
		expect(memory).toBeLessThan(320);

		const { db, client } = await openDatabase({
			url: `file:${dataFolder}/reveille.db`,
			migrations: "shared",
		});
		ends.defer(() => client.close());
		const secretKey = readFileSync(join(dataFolder, "secret.key"), "utf8").trim();
		const keyring = withFormerSecrets(await createKeyring(secretKey), createFormerSecrets(db));
		for (let i = 0; i < count; i += 97) {
			expect(await keyring.verify(nodeOf(i), secretOf(i))).toBe("ok");
			expect(await keyring.verify(nodeOf(i), secretOf(i + 1))).toBe("wrong");
		}
		const { rows } = await client.execute("SELECT count(*) AS n FROM registrations");
		expect(rows[0]?.n).toBe(count);

		const second = await command(["prosody", path], { DATA_DIR: dataFolder });
		console.log(second.output);
		expect(second.output).toContain(`Imported 0, updated 0, unchanged ${shown}, skipped 0.`);
	}, 240_000);
}
