/**
 * Provider tokens: how seldom one is made, and when it must be.
 */
import { describe, expect, test } from "bun:test";
import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { createProviderTokens, importApnsKey } from "../../../src/services/apns/provider-tokens.ts";
import { createProviderTokenCheck } from "../../peers/apns-provider-token.ts";

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

async function scene() {
	const clock = { now: START };
	const apple = createProviderTokenCheck(() => clock.now);
	const team = apple.createKey("TEAM123456", "KEY1234567");
	const key = await importApnsKey(team.key);
	const tokens = createProviderTokens({ key, keyId: team.keyId, teamId: team.teamId, now: () => clock.now });
	return { clock, apple, team, tokens };
}

test("a token says who signs, for which team, and when", async () => {
	const { tokens, team } = await scene();
	const jwt = (await tokens.authorization()).replace(/^bearer /, "");
	const { payload, protectedHeader } = await jwtVerify(jwt, createPublicKey(team.key));
	expect(protectedHeader).toEqual({ alg: "ES256", kid: "KEY1234567" });
	expect(payload).toEqual({ iss: "TEAM123456", iat: START / 1000 });
});

test("pushes of the same moment wait for one signature", async () => {
	const { tokens } = await scene();
	const headers = await Promise.all(Array.from({ length: 1000 }, () => tokens.authorization()));
	expect(new Set(headers).size).toBe(1);
});

test("for days, Apple takes every token and sees a new one every 45 minutes", async () => {
	const { clock, apple, tokens } = await scene();
	for (; clock.now < START + 2 * 24 * 60 * MINUTE; clock.now += MINUTE)
		expect(apple.refusal(await tokens.authorization())).toBeUndefined();
	expect(apple.taken).toBe((2 * 24 * 60) / 45);
});

describe("a token that Apple calls expired", () => {
	test("is kept while Apple would take no other", async () => {
		const { clock, tokens } = await scene();
		const first = await tokens.authorization();
		clock.now += 20 * MINUTE - 1;
		expect(await tokens.renewed(first)).toBeUndefined();
		expect(await tokens.authorization()).toBe(first);
	});

	test("is replaced after that, once for all who ask", async () => {
		const { clock, apple, tokens } = await scene();
		const first = await tokens.authorization();
		expect(apple.refusal(first)).toBeUndefined();
		clock.now += 20 * MINUTE;
		const renewed = await Promise.all(Array.from({ length: 100 }, () => tokens.renewed(first)));
		expect(new Set(renewed).size).toBe(1);
		expect(renewed[0]).not.toBe(first);
		expect(await tokens.authorization()).toBe(renewed[0] ?? "");
		expect(apple.refusal(renewed[0])).toBeUndefined();
	});

	test("was replaced already when the answer comes late", async () => {
		const { clock, tokens } = await scene();
		const first = await tokens.authorization();
		clock.now += 45 * MINUTE;
		const second = await tokens.authorization();
		expect(await tokens.renewed(first)).toBe(second);
	});
});

test("a clock that was set back makes a new token: the old one would come from the future", async () => {
	const { clock, tokens } = await scene();
	const first = await tokens.authorization();
	clock.now -= 24 * 60 * MINUTE;
	expect(await tokens.authorization()).not.toBe(first);
});

test("a key that is none is refused with a sentence that does not quote it", async () => {
	const { team } = await scene();
	for (const text of ["", "SECRET", team.key.replace(/[A-Za-z]{8}/, "AAAAAAAA").slice(0, 80)]) {
		const refused = importApnsKey(text);
		await expect(refused).rejects.toThrow("The APNs key is not a P-256 private key");
		if (text) await expect(refused).rejects.not.toThrow(text);
	}
});
