import { afterAll, expect, test } from "bun:test";
import { startTestServer } from "../routes-fixture.ts";

const server = await startTestServer({
	debugPages: { adminToken: "an admin token of some length, for tests" },
});
afterAll(() => server.close());

const asOperator = { Authorization: "Bearer an admin token of some length, for tests" };

test.each(["/", "/docs", "/push_appserver/v1/settings"])(
	"%s links the icon, which its policy lets the browser fetch",
	async (path) => {
		const response = await server.app.request(path, { headers: asOperator });
		const [, href = ""] =
			/<link rel="icon" type="image\/svg\+xml" href="([^"]+)"/.exec(await response.text()) ?? [];
		expect(response.headers.get("Content-Security-Policy")).toContain("img-src 'self'");
		expect((await server.app.request(href)).headers.get("Content-Type")).toBe("image/svg+xml");
	},
);

test.each(["/favicon.svg", "/favicon.ico"])(
	"%s is small, an SVG without anything active, and kept",
	async (path) => {
		const response = await server.app.request(path);
		expect(response.status).toBe(200);
		expect(response.headers.get("Cache-Control")).toBe("public, max-age=604800");
		const svg = await response.text();
		expect(svg.length).toBeLessThan(1000);
		expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>$/);
		expect(svg).not.toMatch(/<script|href|<style|\son\w+=/);
	},
);
