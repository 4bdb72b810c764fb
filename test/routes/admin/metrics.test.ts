import { describe, expect, test } from "bun:test";
import { startTestServer } from "../routes-fixture.ts";

const adminToken = "the-operators-own-token-of-32-characters";
const scrape = async () => ({ contentType: "text/plain; version=0.0.4", text: "reveille_xmpp_online 1\n" });
const as = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe("/metrics", () => {
	test("is for whoever has the ADMIN_TOKEN", async () => {
		const { app } = await startTestServer({ adminToken, scrape });
		const answer = await app.request("/metrics", as(adminToken));
		expect(answer.status).toBe(200);
		expect(answer.headers.get("content-type")).toContain("version=0.0.4");
		expect(await answer.text()).toBe("reveille_xmpp_online 1\n");
	});

	test.each([undefined, "", "another-token-of-thirty-two-characters!!"])(
		"and for nobody with %p",
		async (token) => {
			const { app } = await startTestServer({ adminToken, scrape });
			const answer = await app.request("/metrics", token === undefined ? {} : as(token));
			expect(answer.status).toBe(401);
			expect(answer.headers.get("www-authenticate")).toContain("Bearer");
			expect(await answer.text()).toContain("ADMIN_TOKEN");
		},
	);

	test("is not there without an ADMIN_TOKEN, nor where nothing is counted", async () => {
		for (const deps of [{ scrape }, { adminToken }]) {
			const { app } = await startTestServer(deps);
			expect((await app.request("/metrics", as(adminToken))).status).toBe(404);
		}
	});
});
