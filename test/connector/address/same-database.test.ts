/** What the sessions of one account are told of the database that a Reveille serves. */
import { expect, test } from "bun:test";
import { createSameDatabase } from "../../../src/connector/address/same-database.ts";
import { sameValue } from "../../../src/xmpp/same-database.ts";

const account = { address: "push@example.org/push", password: "secret" };

test("sessions of our own account are told, and nobody else", async () => {
	const same = await createSameDatabase(account, "database");
	expect(same.value).toBe(await sameValue("secret", "database"));
	expect(same.answer("push@example.org/asks", "x")).toBe(same.value);
	expect(same.answer("PUSH@example.org/asks", "x")).toBe(same.value);
	for (const stranger of [
		"mallory@example.org/push",
		"push@example.net/push",
		"example.org",
		"",
		"push@example.org.evil.example/x",
	])
		expect(same.answer(stranger, "x")).toBeUndefined();
});

test("who of another database asked in the last minute waits for the address; no stranger does, nor one of our own database", async () => {
	let now = 0;
	const same = await createSameDatabase(account, "database", () => now);
	same.answer("push@example.org/ours", same.value);
	same.answer("mallory@example.org/x", "other");
	expect(same.waiting()).toBeUndefined();
	same.answer("push@example.org/theirs", "other");
	now = 59_999;
	expect(same.waiting()).toBe("push@example.org/theirs");
	now = 60_000;
	expect(same.waiting()).toBeUndefined();
});
