import { expect, test } from "bun:test";
import { createListing } from "../../../src/store/registrations/list.ts";
import { openTestDatabase } from "../../database.ts";

test("counts come slice after slice, with turns for others between them, and leave nobody out", async () => {
	const database = await openTestDatabase();
	try {
		await database.client.execute(
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
			INSERT INTO registrations (node, app, device, token, jid, registered_at, renewed_at)
			SELECT 'node' || i, iif(i % 3, 'fcm', 'apns'), 'd' || i, 't', iif(i % 4, 'push.example.org', NULL), 1, 1 FROM n`,
		);
		// Some of the numbers that rows have are nobody's any more.
		await database.client.execute('DELETE FROM registrations WHERE "rowid" BETWEEN 3000 AND 8999');
		let turns = 0;
		const counting = setInterval(() => turns++);
		const { count, countAddresses } = createListing(database.db);
		expect((await count()).toSorted((a, b) => a.count - b.count)).toEqual([
			{ app: "apns", count: 2_000 },
			{ app: "fcm", count: 4_000 },
		]);
		clearInterval(counting);
		expect(turns).toBeGreaterThan(1);
		expect(await countAddresses()).toEqual([{ jid: "push.example.org", count: 4_500 }]);
	} finally {
		await database.close();
	}
});

test("of none there are none", async () => {
	const database = await openTestDatabase();
	try {
		expect(await createListing(database.db).count()).toEqual([]);
	} finally {
		await database.close();
	}
});
