import { expect, test } from "bun:test";
import { Hono } from "hono";
import { bearer } from "../../../src/routes/guards/authorization.ts";

/** The token that is read from such a header. */
async function tokenIn(authorization: string): Promise<string> {
	const app = new Hono().get("/", (c) => c.text(bearer(c) ?? "none"));
	return (await app.request("/", { headers: { Authorization: authorization } })).text();
}

test.each([
	["Bearer one", "one"],
	["bearer   one  ", "one"],
	["Bearer an operator's own", "an operator's own"],
	["Bearer", "none"],
	["Basic b25l", "none"],
])("of %s the token is %s", async (authorization, token) => {
	expect(await tokenIn(authorization)).toBe(token);
});

test("a long header of blanks costs no more than it is long", async () => {
	// By the square of its length it would be minutes.
	const token = `x${" ".repeat(600_000)}y`;
	const startedAt = performance.now();
	expect(await tokenIn(`Bearer ${token}`)).toBe(token);
	expect(performance.now() - startedAt).toBeLessThan(5_000);
});
