/** What makes the HTTP interface work hard for anybody: pages, and requests full of faults. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { httpBounds } from "../../src/limits/bounds/http.ts";
import { createJwtCheck } from "../../src/routes/guards/jwt.ts";
import { startTestServer, subscription, type TestServer } from "../routes/routes-fixture.ts";

let server: TestServer;
beforeAll(async () => {
	server = await startTestServer();
});
afterAll(() => server.close());

const many = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(",")}}`;

describe("a request with a thousand faults", () => {
	test.each([
		["fields nobody knows", many(1_500)],
		["fields nobody knows inside the subscription", `{"subscription":${many(1_400)}}`],
		["names of control characters", `{${"\\u0000".repeat(40)}"`.replace(/^\{/, '{"').concat(":1}")],
		[
			"fields with long names",
			`{${Array.from({ length: 150 }, (_, index) => `"${index}${"\\u0007".repeat(15)}":1`).join(",")}}`,
		],
	])("%s: hears of ten at the most, and the answer is no longer than the request", async (_, body) => {
		const answer = await server.json("POST", "/registrations", body);
		expect(answer.status).toBe(422);
		const text = await answer.text();
		expect(text.length).toBeLessThan(Math.max(body.length, 2_000));
		const { errors } = JSON.parse(text);
		expect(errors.length).toBeLessThanOrEqual(httpBounds.problems.is);
		expect(errors.map(({ message }: { message: string }) => message).join()).toMatch(/not (a )?fields? here/);
	});

	test("says how many more there are, and once which fields there are", async () => {
		const answer = await server.json("POST", "/registrations", many(14));
		const { detail } = (await answer.json()) as { detail: string };
		expect(detail).toContain('"k8", "k9" are not fields here: known are app, ');
		expect(detail).not.toContain('"k10"');
		expect(detail).toContain("There are 4 more.");
		expect(detail.split("known are")).toHaveLength(2);
	});
});

test("JSON of any depth is refused, or taken where nobody looks into it", async () => {
	const deep = "[".repeat(7_900) + "]".repeat(7_900);
	expect((await server.json("POST", "/registrations", deep)).status).toBe(422);
	expect((await server.json("POST", "/registrations", `{"app":${deep}}`)).status).toBe(422);
	const { endpoint } = subscription();
	const taken = `{"subscription":{"endpoint":"${endpoint}","expirationTime":${deep}}}`;
	expect((await server.json("POST", "/registrations", taken)).status).toBe(201);
});

describe("a page that is the same for everybody", () => {
	const withoutNonce = (page: string) => page.replace(/nonce="[^"]+"/, "");

	test.each(["/docs", "/openapi.json"])("%s is made once", async (path) => {
		const { app } = server;
		const first = await (await app.request(path)).text();
		// Both are made with it: one of examples, the other as a whole.
		const stringify = spyOn(JSON, "stringify");
		try {
			const again = await (await app.request(path)).text();
			expect(withoutNonce(again)).toBe(withoutNonce(first));
			expect(stringify).not.toHaveBeenCalled();
		} finally {
			stringify.mockRestore();
		}
	});

	test("/ is made again only when something else is to be said", async () => {
		let state: true | string = true;
		let looks = 0;
		const readiness = async () => ({
			get database() {
				looks++;
				return state;
			},
			xmpp: true as const,
		});
		const other = await startTestServer({ readiness });
		const page = async () => {
			looks = 0;
			const text = await (await other.app.request("/")).text();
			return { text, looks };
		};
		const works = await page();
		expect(works.text).toContain("It is ready");
		const again = await page();
		expect(withoutNonce(again.text)).toBe(withoutNonce(works.text));
		expect(again.looks).toBe(1);
		state = "The database does not answer.";
		expect((await page()).text).toContain("The database does not answer.");
		await other.close();
	});
});

test("of what is no JWT no part is decoded, however many it has", async () => {
	const check = await createJwtCheck(
		{ key: { text: "a key that the backend and the server share" }, audience: ["a"] },
		{ fetch },
	);
	const decoders = [spyOn(Uint8Array, "fromBase64"), spyOn(globalThis, "atob")];
	try {
		await expect(check("aa.".repeat(5_000))).rejects.toThrow("does not let you register");
		for (const decode of decoders) expect(decode).not.toHaveBeenCalled();
	} finally {
		for (const decode of decoders) decode.mockRestore();
	}
});
