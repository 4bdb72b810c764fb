/** Quotas hold where many register at once. */
import { expect, test } from "bun:test";
import { createRegistrations } from "../../src/store/registrations.ts";
import { openTestDatabase } from "../database.ts";

test("of many registrations at once, no more are made than one owner, address or host may have", async () => {
	for (const whose of [
		{ owner: "mallory@evil.example" },
		{ owner: "", address: "a" },
		{ owner: "", host: "h" },
	]) {
		const database = await openTestDatabase();
		let made = 0;
		const registrations = createRegistrations(database.db, { owner: 5, address: 5, host: 5 });
		const results = await Promise.all(
			Array.from({ length: 40 }, (_, index) =>
				registrations.register({ ...whose, app: "fcm", device: `d${index}`, token: "t" }, () => `n${++made}`),
			),
		);
		const { rows } = await database.client.execute("SELECT node FROM registrations");
		await database.close();
		expect(rows).toHaveLength(5);
		expect(results.filter(({ kind }) => kind === "created")).toHaveLength(5);
		expect(results.filter(({ kind }) => kind === "over-quota")).toHaveLength(35);
	}
});
