/** Texts on their way through SQLite's JSON: the driver ends the process at one that is no UTF-8. */
import { expect, test } from "bun:test";
import { toJson } from "../../src/store/json-rows.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { openTestDatabase } from "../database.ts";

test("half a character is replaced, wherever it stands, and nothing that only looks like its escape", () => {
	expect(toJson({ a: "x\ud800", b: ["\udc00", 1, null], c: "🕊" })).toBe(
		'{"a":"x\ufffd","b":["\ufffd",1,null],"c":"🕊"}',
	);
	expect(toJson("\\ud800")).toBe('"\\\\ud800"');
});

test("a registration with half a character is kept, and does not end the process that reads it", async () => {
	const database = await openTestDatabase();
	try {
		const registrations = createRegistrations(database.db, { owner: 9, address: 9, host: 9 });
		const wanted = {
			owner: "a@example.org",
			app: "fcm",
			device: "phone \ud83d",
			token: "t",
			deviceName: "\udd4a",
		};
		const made = await registrations.registerInBatch(wanted, "node-1");
		expect(made).toMatchObject({
			registration: { device: "phone \ufffd", deviceName: "\ufffd" },
		});
		expect(await registrations.find("node-1")).toMatchObject({ device: "phone \ufffd" });
		await registrations.record([{ node: "node-1", at: 1, error: "cut \ud83d" }], []);
		expect(await registrations.find("node-1")).toMatchObject({ lastError: "cut \ufffd" });
	} finally {
		await database.close();
	}
});
