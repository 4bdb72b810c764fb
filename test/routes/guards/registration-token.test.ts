import { beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../../src/limits/bounds/registrations.ts";
import { createTokenCheck, type TokenCheck } from "../../../src/routes/guards/registration-token.ts";
import { hashOfToken, type LivingToken } from "../../../src/store/registration-tokens.ts";

const KNOWN_MS = registrationBounds.tokensKnown.is * 1000;
const KEPT_MS = registrationBounds.tokensKept.is * 1000;
const PAUSE_MS = registrationBounds.tokenReads.is * 1000;

let now: number;
let reads: number;
let database: LivingToken[];
/** What the next reading waits for. */
let answer: Promise<unknown>;
/** Resolves with the next reading. */
let begun: PromiseWithResolvers<void>;
let check: TokenCheck;

const token = async (text: string, endsAt: number | null = null) => ({
	hash: await hashOfToken(text),
	endsAt,
});

beforeEach(async () => {
	now = 1_000_000;
	reads = 0;
	database = [await token("current"), await token("former", now + 1_000)];
	answer = Promise.resolve();
	begun = Promise.withResolvers();
	check = createTokenCheck({
		own: ["own"],
		tokens: {
			async living() {
				reads++;
				begun.resolve();
				const read = database;
				await answer;
				return read;
			},
		},
		now: () => now,
	});
});

test("the process's own token works, and nobody asks the database", async () => {
	answer = Promise.reject(new Error("the database is away"));
	answer.catch(() => {});
	expect(await check("own")).toBe(true);
	expect(reads).toBe(0);
	await expect(check("current")).rejects.toThrow("the database is away");
});

test("all of the database's work, and are read once for many requests", async () => {
	for (let asked = 0; asked < 100; asked++) {
		expect(await check(asked % 2 ? "current" : "former")).toBe(true);
	}
	expect(reads).toBe(1);
});

test.each(["", "current ", "Current", "curren"])("another text is no token: %p", async (text) => {
	expect(await check(text)).toBe(false);
});

describe("a token that ends", () => {
	test("by its time is refused from that moment on, without a reading", async () => {
		expect(await check("former")).toBe(true);
		now += 1_000;
		expect(await check("former")).toBe(false);
		expect(await check("current")).toBe(true);
		expect(reads).toBe(1);
	});

	test("by the operator's word is refused within the bound, where nobody reads for another reason", async () => {
		expect(await check("current")).toBe(true);
		database = [await token("new")];
		now += KNOWN_MS - 1;
		expect(await check("current")).toBe(true);
		now += 1;
		expect(await check("current")).toBe(false);
		expect(await check("new")).toBe(true);
		expect(reads).toBe(2);
	});
});

test("a new token works a moment after it was made", async () => {
	expect(await check("current")).toBe(true);
	database = [await token("new"), ...database];
	now += PAUSE_MS;
	expect(await check("new")).toBe(true);
	expect(reads).toBe(2);
});

test("those who try tokens out have the database read once in a while, and keep nobody else waiting", async () => {
	expect(await check("current")).toBe(true);
	for (let tried = 0; tried < 1_000; tried++) {
		now += 10;
		expect(await check(`guess ${tried}`)).toBe(false);
	}
	expect(reads).toBeLessThanOrEqual(1 + 10_000 / PAUSE_MS);

	// While one of them waits for the database, the others go by what is known.
	const { promise, resolve } = Promise.withResolvers<void>();
	answer = promise;
	now += PAUSE_MS;
	begun = Promise.withResolvers();
	const waits = check("another guess");
	await begun.promise;
	const before = reads;
	expect(await check("current")).toBe(true);
	expect(await check("one more")).toBe(false);
	expect(reads).toBe(before);
	resolve();
	expect(await waits).toBe(false);
});

test("a database that is away is not waited for while what is known is young enough", async () => {
	expect(await check("current")).toBe(true);
	now += KNOWN_MS;
	const { promise, reject } = Promise.withResolvers<void>();
	answer = promise;
	begun = Promise.withResolvers();
	const first = check("current");
	await begun.promise;
	expect(await check("current")).toBe(true);
	reject(new Error("the database is away"));
	await expect(first).rejects.toThrow("away");
	now += KEPT_MS - KNOWN_MS;
	await expect(check("current")).rejects.toThrow("away");
});

test("a database that is away is asked once in a while, whoever tries tokens out", async () => {
	answer = Promise.reject(new Error("the database is away"));
	answer.catch(() => {});
	for (let tried = 0; tried < 1_000; tried++) {
		now += 10;
		await expect(check(`guess ${tried}`)).rejects.toThrow("away");
	}
	expect(reads).toBeLessThanOrEqual(1 + 10_000 / PAUSE_MS);
	answer = Promise.resolve();
	now += PAUSE_MS;
	expect(await check("current")).toBe(true);
	expect(await check("former")).toBe(false);
});

test("what is known is not gone by for ever, where another request's reading hangs", async () => {
	expect(await check("current")).toBe(true);
	now += KEPT_MS - 1;
	const { promise, resolve } = Promise.withResolvers<void>();
	answer = promise;
	begun = Promise.withResolvers();
	const hangs = check("current");
	await begun.promise;
	answer = Promise.resolve();
	database = [];
	expect(await check("current")).toBe(true);
	now += 1;
	expect(await check("current")).toBe(false);
	resolve();
	expect(await hangs).toBe(false);
});

test("an answer that comes late does not replace a newer one", async () => {
	expect(await check("current")).toBe(true);
	now += KNOWN_MS;
	const { promise, resolve } = Promise.withResolvers<void>();
	answer = promise;
	begun = Promise.withResolvers();
	const late = check("current");
	await begun.promise;
	now += PAUSE_MS;
	database = [await token("new")];
	answer = Promise.resolve();
	expect(await check("new")).toBe(true);
	resolve();
	await late;
	expect(await check("new")).toBe(true);
	expect(await check("current")).toBe(false);
});
