/** The console's page over HTTP: its own files and nothing else, for whoever asks, where there is an ADMIN_TOKEN. */
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { startTestServer } from "../routes-fixture.ts";

const bundle = JSON.parse(readFileSync(join(import.meta.dir, "../../../dist/web.json"), "utf8")) as {
	console: Record<string, { type: string; etag: string; gzip: string }>;
};
const TYPES = {
	"": "text/html; charset=utf-8",
	"logo.svg": "image/svg+xml",
	"main.js": "text/javascript; charset=utf-8",
	"style.css": "text/css; charset=utf-8",
};
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const server = await startTestServer({ adminToken: "a token of the operator" });
const without = await startTestServer();
afterAll(() => Promise.all([server.close(), without.close()]));

test("there are the files that the page is made of, each of its type", () => {
	const types = Object.fromEntries(Object.entries(bundle.console).map(([path, { type }]) => [path, type]));
	expect(types).toEqual(TYPES);
});

describe.each(Object.keys(TYPES))("/admin/%s", (path) => {
	const get = async (headers: Record<string, string> = {}) =>
		server.app.request(`/admin/${path}`, { headers });
	const { gzip = "", etag = "" } = bundle.console[path] ?? {};

	test("goes out packed or not, without a cookie or a token, under its policy", async () => {
		const packed = await get({ "Accept-Encoding": "gzip" });
		expect(packed.status).toBe(200);
		expect(packed.headers.get("Content-Encoding")).toBe("gzip");
		expect(Buffer.from(await packed.arrayBuffer()).toString("base64")).toBe(gzip);
		const plain = await get();
		expect(Buffer.from(await plain.arrayBuffer())).toEqual(gunzipSync(Buffer.from(gzip, "base64")));
		for (const { headers } of [packed, plain]) {
			expect(headers.get("Content-Type")).toBe(TYPES[path as keyof typeof TYPES]);
			expect(headers.get("Content-Security-Policy")).toBe(POLICY);
			expect(headers.get("Cache-Control")).toBe("no-cache");
			expect(headers.get("X-Frame-Options")).toBe("DENY");
			expect(headers.get("Referrer-Policy")).toBe("no-referrer");
			expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
			expect(headers.get("Cross-Origin-Resource-Policy")).toBe("same-origin");
			expect(headers.get("Access-Control-Allow-Origin")).toBeNull();
			expect(headers.get("X-Robots-Tag")).toBe("noindex");
			expect(headers.get("Set-Cookie")).toBeNull();
		}
	});

	test("is not sent to who has it, and takes no change", async () => {
		const known = await get({ "If-None-Match": etag });
		expect([known.status, await known.text()]).toEqual([304, ""]);
		expect(known.headers.get("Content-Security-Policy")).toBe(POLICY);
		const { status } = await server.app.request(`/admin/${path}`, { method: "POST" });
		expect(status).toBe(405);
	});

	test("is not there without an ADMIN_TOKEN", async () => {
		expect((await without.app.request(`/admin/${path}`)).status).toBe(404);
	});
});

test("/admin leads to /admin/, where there is one", async () => {
	const { status, headers } = await server.app.request("/admin");
	expect([status, headers.get("Location")]).toEqual([301, "/admin/"]);
	expect((await without.app.request("/admin")).status).toBe(404);
});

test.each(["nothing", "main.js/", "sw.js", "../src/server.ts", "settings.json"])(
	"/admin/%s is not there",
	async (path) => {
		expect((await server.app.request(`/admin/${path}`)).status).toBe(404);
	},
);

test("it is less than 55 KB, packed, and has no script or style within its page", () => {
	const bytes = Object.values(bundle.console).reduce(
		(sum, { gzip }) => sum + Buffer.from(gzip, "base64").byteLength,
		0,
	);
	console.log(`the console: ${(bytes / 1000).toFixed(1)} kB, packed`);
	expect(bytes).toBeLessThan(55_000);
	const page = gunzipSync(Buffer.from(bundle.console[""]?.gzip ?? "", "base64")).toString();
	expect(page).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=/);
});
