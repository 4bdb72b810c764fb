/**
 * One access token for all pushes of an app: asked for once, renewed in time, replaced once.
 */
import { describe, expect, test } from "bun:test";
import { createAccessTokens } from "../../src/services/access-token.ts";
import type { Reply } from "../../src/services/exchange.ts";
import { ForbiddenAddress } from "../../src/services/public-address.ts";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const within = () => AbortSignal.timeout(5000);
const granted = (access_token: string, expires_in: unknown = 3600) =>
	Response.json({ access_token, expires_in, token_type: "Bearer" });

/** Tokens from an endpoint that gives `t1`, `t2`, … unless told otherwise, with a clock to turn. */
function tokensFrom(
	answer: (count: number) => Response | Promise<Response> = (count) => granted(`t${count}`),
) {
	const clock = { now: NOW };
	const asked: string[] = [];
	const endpoint = { answer };
	const tokens = createAccessTokens({
		request: async () => ({
			url: "https://token.example/",
			init: { method: "POST", body: `at ${clock.now}` },
		}),
		fetch: async (_, init) => {
			asked.push(String(init.body));
			return endpoint.answer(asked.length);
		},
		now: () => clock.now,
	});
	/** Pushes to a provider that accepts these tokens. */
	const use = (accepts = (_: string) => true, signal = within()) =>
		tokens.use(async (bearer) => reply(accepts(bearer) ? 200 : 401, bearer), refuses, signal);
	return { clock, asked, endpoint, tokens, use };
}

/** The token a push went out with. */
const body = async (sent: ReturnType<ReturnType<typeof tokensFrom>["use"]>) => {
	const said = await sent;
	return said.kind === "reply" ? said.body : undefined;
};
/** Resolves once it holds, or never. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await holds())) await Bun.sleep(0);
}
const refuses = ({ status }: Reply) => status === 401;
const reply = (status: number, body: string): Reply => ({
	kind: "reply",
	status,
	headers: new Headers(),
	body,
});

describe("an access token", () => {
	test("is asked for once, however many wait for it", async () => {
		const { use, asked } = tokensFrom();
		const replies = await Promise.all(Array.from({ length: 1000 }, () => use()));
		expect(new Set(replies.map((one) => one.kind === "reply" && one.body))).toEqual(new Set(["t1"]));
		expect(asked).toEqual([`at ${NOW}`]);
	});

	test("is renewed five minutes before it ends, while the old one goes on serving", async () => {
		const { use, asked, clock } = tokensFrom();
		await use();
		clock.now += 55 * MINUTE - 1;
		expect(await use()).toMatchObject({ body: "t1" });
		expect(asked.length).toBe(1);
		clock.now += 1;
		const replies = await Promise.all(Array.from({ length: 100 }, () => use()));
		expect(replies[0]).toMatchObject({ body: "t1" });
		expect(asked.length).toBe(2);
		await until(async () => (await body(use())) === "t2");
	});

	test("that cannot be renewed yet serves to its end, and the endpoint is not asked at every push", async () => {
		const { use, asked, clock, endpoint } = tokensFrom();
		await use();
		endpoint.answer = () => new Response(null, { status: 503 });
		clock.now += 55 * MINUTE;
		for (let count = 0; count < 100; count++) expect(await use()).toMatchObject({ body: "t1" });
		expect(asked.length).toBe(2);
		clock.now += 4 * MINUTE;
		expect(await use()).toMatchObject({ body: "t1" });
		await until(() => asked.length === 3);
		clock.now += MINUTE;
		expect(await use()).toEqual({ kind: "retry", reason: "token endpoint: 503 unknown answer" });
	});

	test("with a short life is renewed at its half", async () => {
		const { use, asked, clock } = tokensFrom(() => granted("t", 60));
		await use();
		clock.now += 29_999;
		await use();
		expect(asked.length).toBe(1);
		clock.now += 1;
		await use();
		expect(asked.length).toBe(2);
	});

	test.each<[string, unknown, number]>([
		["a number", 7200, 120],
		["a string, as Entra's older answers have it", "7200", 120],
		["missing", undefined, 60],
		["nonsense", "soon", 60],
		["not positive", 0, 60],
	])("may say how long it lives by %s", async (_, expiresIn, minutes) => {
		const { use, asked, clock } = tokensFrom(() => granted("t", expiresIn));
		await use();
		clock.now += (minutes - 5) * MINUTE - 1;
		await use();
		expect(asked.length).toBe(1);
		clock.now += 1;
		await use();
		expect(asked.length).toBe(2);
	});

	test("refused by the provider in the middle is replaced once for all", async () => {
		const { use, asked } = tokensFrom();
		await use();
		const replies = await Promise.all(Array.from({ length: 1000 }, () => use((bearer) => bearer !== "t1")));
		for (const one of replies) expect(one).toMatchObject({ status: 200, body: "t2" });
		expect(asked.length).toBe(2);
	});

	test("refused long after another replaced it gives way to that one", async () => {
		const { use, asked, tokens } = tokensFrom();
		const { promise, resolve } = Promise.withResolvers<void>();
		const slow = tokens.use(
			async (bearer) => {
				if (bearer === "t1") await promise;
				return reply(bearer === "t1" ? 401 : 200, bearer);
			},
			refuses,
			within(),
		);
		expect(await use((bearer) => bearer !== "t1")).toMatchObject({ status: 200, body: "t2" });
		resolve();
		expect(await slow).toMatchObject({ status: 200, body: "t2" });
		expect(asked.length).toBe(2);
	});

	test("refused to one push goes on serving the others, also while no other can be had", async () => {
		const { use, asked, endpoint } = tokensFrom();
		await use();
		const { promise, resolve } = Promise.withResolvers<Response>();
		endpoint.answer = () => promise;
		const refused = use(() => false);
		await until(() => asked.length === 2);
		expect(await use()).toMatchObject({ status: 200, body: "t1" });
		resolve(new Response(null, { status: 503 }));
		expect(await refused).toEqual({ kind: "retry", reason: "token endpoint: 503 unknown answer" });
		expect(await use()).toMatchObject({ status: 200, body: "t1" });
		endpoint.answer = () => granted("t3");
		expect(await use((bearer) => bearer === "t3")).toMatchObject({ status: 200, body: "t3" });
		expect(asked.length).toBe(3);
	});

	test("refused whatever it is, is not asked for with every push", async () => {
		const { use, asked, clock } = tokensFrom();
		for (let count = 0; count < 100; count++) expect(await use(() => false)).toMatchObject({ status: 401 });
		expect(asked.length).toBe(2);
		clock.now += MINUTE;
		await use(() => false);
		expect(asked.length).toBe(3);
	});

	test("goes on being fetched for the others when one push's time is over", async () => {
		const { promise, resolve } = Promise.withResolvers<Response>();
		const { use, asked } = tokensFrom(() => promise);
		const patient = use();
		expect(await use(undefined, AbortSignal.timeout(20))).toEqual({
			kind: "retry",
			reason: "no access token in time",
		});
		expect(await use(undefined, AbortSignal.abort())).toMatchObject({ kind: "retry" });
		resolve(granted("late"));
		expect(await patient).toMatchObject({ body: "late" });
		expect(asked.length).toBe(1);
	});

	test("that could not be had is asked for again by the next push", async () => {
		const { use, endpoint } = tokensFrom(() => new Response(null, { status: 503 }));
		expect(await use()).toMatchObject({ kind: "retry" });
		endpoint.answer = () => granted("now");
		expect(await use()).toMatchObject({ body: "now" });
	});
});

describe("the token endpoint's answer", () => {
	test.each<[number, unknown, string, string]>([
		[400, { error: "invalid_grant" }, "misconfigured", "400 refused our credentials (invalid_grant)"],
		[400, { error: "invalid_client" }, "misconfigured", "400 refused our credentials (invalid_client)"],
		[401, { error: "invalid_client" }, "misconfigured", "401 refused our credentials (invalid_client)"],
		[400, {}, "misconfigured", "400 refused our credentials"],
		[403, {}, "misconfigured", "403 refused our credentials"],
		[404, "<html>", "misconfigured", "404 not there"],
		[400, { error: "temporarily_unavailable" }, "retry", "400 unwell (temporarily_unavailable)"],
		[400, { error: "server_error" }, "retry", "400 unwell (server_error)"],
		[401, { error: "client_secret=hunter2" }, "misconfigured", "401 refused our credentials"],
		[418, null, "retry", "418 unknown answer"],
		[429, {}, "retry", "429 unknown answer"],
		[500, {}, "retry", "500 unknown answer"],
		[302, {}, "retry", "302 unknown answer"],
	])("%d %j is %s", async (status, body, kind, reason) => {
		const { use } = tokensFrom(() => Response.json(body, { status, headers: { "retry-after": "7" } }));
		const outcome = { kind, reason: `token endpoint: ${reason}` };
		expect(await use()).toEqual((kind === "retry" ? { ...outcome, afterMs: 7000 } : outcome) as never);
	});

	test.each([
		["nothing", ""],
		["no JSON", "<html>welcome</html>"],
		["null", "null"],
		["no token", '{"expires_in":3600}'],
		["a token that breaks a header", '{"access_token":"a\\r\\nb"}'],
	])("with %s is tried again", async (_, body) => {
		const { use } = tokensFrom(() => new Response(body));
		expect(await use()).toEqual({
			kind: "retry",
			reason: "the token endpoint's answer has no access token",
		});
	});

	test("that never comes is tried again; an address that must not be reached is our setting", async () => {
		const cut = tokensFrom(() => Promise.reject(new TypeError("https://token.example/ secret")));
		expect(await cut.use()).toEqual({ kind: "retry", reason: "token endpoint: network failure" });
		const inside = tokensFrom(() => Promise.reject(new ForbiddenAddress("10.0.0.1")));
		expect(await inside.use()).toMatchObject({ kind: "misconfigured" });
	});

	test("is not waited for when the request cannot be made", async () => {
		const tokens = createAccessTokens({
			request: async () => {
				throw new TypeError("key: -----BEGIN");
			},
			fetch: globalThis.fetch,
			now: () => NOW,
		});
		expect(await tokens.use(async () => reply(200, ""), refuses, within())).toEqual({
			kind: "retry",
			reason: "could not ask for an access token: TypeError",
		});
	});
});
