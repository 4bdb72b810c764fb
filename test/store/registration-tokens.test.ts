import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../src/limits/bounds/registrations.ts";
import {
	createRegistrationTokens,
	hashOfToken,
	type RegistrationTokens,
} from "../../src/store/registration-tokens.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const DAY_MS = 86_400_000;

let database: TestDatabase;
let tokens: RegistrationTokens;
let now: number;
beforeEach(async () => {
	database = await openTestDatabase();
	now = 1_000_000;
	tokens = createRegistrationTokens(database.db, () => now);
});
afterEach(() => database.close());

const living = async () => (await tokens.living()).map(({ hash }) => hash);

test("a token is kept as its hash alone", async () => {
	await tokens.makeFirst(await hashOfToken("sesame"));
	const { rows } = await database.client.execute("SELECT * FROM registration_tokens");
	expect(JSON.stringify(rows)).not.toContain("sesame");
	expect(await living()).toEqual([new Bun.CryptoHasher("sha256").update("sesame").digest("hex")]);
});

describe("the first token", () => {
	test("is made by one of several processes that start at once", async () => {
		const made = await Promise.all(["a", "b", "c"].map((hash) => tokens.makeFirst(hash)));
		expect(made.filter(Boolean)).toHaveLength(1);
		expect(await living()).toEqual([["a", "b", "c"][made.indexOf(true)] as string]);
		expect(await tokens.makeFirst("d")).toBe(false);
	});

	test("is not made again where one ended, or a file's was taken in", async () => {
		await tokens.adopt("file");
		expect(await tokens.makeFirst("a")).toBe(false);
		await tokens.renew("b", now);
		expect(await tokens.makeFirst("c")).toBe(false);
		expect(await living()).toEqual(["b"]);
	});
});

describe("a new token", () => {
	test("works at once, and those before it until they end", async () => {
		await tokens.makeFirst("a");
		now += DAY_MS;
		await tokens.renew("b", now + 7 * DAY_MS);
		expect(await tokens.living()).toEqual([
			{ hash: "b", endsAt: null },
			{ hash: "a", endsAt: now + 7 * DAY_MS },
		]);
		now += 7 * DAY_MS - 1;
		expect(await living()).toEqual(["b", "a"]);
		now += 1;
		expect(await living()).toEqual(["b"]);
	});

	test("gives no more time to one that ends sooner, and may end all at once", async () => {
		await tokens.makeFirst("a");
		await tokens.renew("b", now + 7 * DAY_MS);
		now += DAY_MS;
		await tokens.renew("c", now + 7 * DAY_MS);
		expect((await tokens.living()).map(({ endsAt }) => endsAt)).toEqual([
			null,
			now + 7 * DAY_MS,
			now + 6 * DAY_MS,
		]);
		await tokens.renew("d", now);
		expect(await living()).toEqual(["d"]);
	});

	test("ends the oldest where very many work", async () => {
		for (let made = 0; made <= registrationBounds.tokens.is; made++) {
			now++;
			await tokens.renew(`token ${made}`, now + 7 * DAY_MS);
		}
		const all = await living();
		expect(all).toHaveLength(registrationBounds.tokens.is);
		expect(all[0]).toBe(`token ${registrationBounds.tokens.is}`);
		expect(all).not.toContain("token 0");
	});
});

test("the token of a process's own file works everywhere, and does not come back once it ended", async () => {
	expect(await tokens.adopt("one's file")).toBe(true);
	expect(await tokens.adopt("another's file")).toBe(true);
	expect(await tokens.adopt("one's file")).toBe(true);
	expect((await living()).sort()).toEqual(["another's file", "one's file"]);
	await tokens.renew("new", now + DAY_MS);
	expect(await tokens.adopt("one's file")).toBe(true);
	now += DAY_MS;
	expect(await tokens.adopt("one's file")).toBe(false);
	expect(await living()).toEqual(["new"]);
});
