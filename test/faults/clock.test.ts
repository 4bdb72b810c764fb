/** A clock that jumps by a year: what is remembered for a time is not remembered for the jump. */
import { describe, expect, test } from "bun:test";
import { createVerdicts } from "../../src/delivery/outcomes/dead-token-verdicts.ts";
import { createBuckets } from "../../src/limits/token-buckets.ts";
import { createAccessTokens } from "../../src/services/access-token.ts";

const YEAR_MS = 365 * 86_400_000;
const NOW = Date.UTC(2026, 0, 1);

describe.each([
	["a year ahead", YEAR_MS],
	["a year back", -YEAR_MS],
])("a clock that jumps %s", (_where, jump) => {
	test("keeps nobody waiting at a bucket for longer than it takes to fill", () => {
		let now = NOW;
		const buckets = createBuckets({ burst: 1, perSecond: 1 }, () => now);
		expect(buckets.take("one")).toBe(0);
		expect(buckets.wait("one")).toBe(1000);
		now += jump;
		expect(buckets.wait("one")).toBeLessThanOrEqual(1000);
		now += 1000;
		expect(buckets.wait("one")).toBe(0);
	});

	test("ends a mass verdict as soon as devices of today are alive", () => {
		let now = NOW;
		const verdicts = createVerdicts({ now: () => now });
		const note = (node: string, isBad: boolean) => verdicts.note("gate", { node, isBad, isProven: true });
		for (let i = 0; i < 10; i++) note(`dead ${i}`, true);
		expect(note("dead 10", true)).toBe(false);
		now += jump;
		note("alive", false);
		expect(note("dead 11", true)).toBe(true);
	});

	test("has a push sent with an access token that is good", async () => {
		let now = NOW;
		let given = 0;
		let good = "";
		const tokens = createAccessTokens({
			request: async () => ({ url: "https://token.example", init: {} }),
			fetch: async () => {
				good = `token-${++given}`;
				return Response.json({ access_token: good, expires_in: 3600 });
			},
			now: () => now,
		});
		const post = async (bearer: string) => ({
			kind: "reply" as const,
			headers: new Headers(),
			body: "",
			status: bearer === good ? 200 : 401,
		});
		const use = () => tokens.use(post, ({ status }) => status === 401, AbortSignal.timeout(1_000));
		expect(await use()).toMatchObject({ status: 200 });
		now += jump;
		// The provider ends what it gave out, whatever our clock says.
		good = "";
		expect(await use()).toMatchObject({ status: 200 });
	});
});
