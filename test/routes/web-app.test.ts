/** The web app over HTTP: its own files and nothing else, as they were bundled, under the strictest policy. */
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { startTestServer } from "./routes-fixture.ts";

interface Bundled {
	files: Record<string, { type: string; etag: string; gzip: string }>;
}
const ROOT = join(import.meta.dir, "../../");
const { files } = JSON.parse(readFileSync(join(ROOT, "dist/web.json"), "utf8")) as Bundled;
const TYPES = {
	"": "text/html; charset=utf-8",
	"main.js": "text/javascript; charset=utf-8",
	"sw.js": "text/javascript; charset=utf-8",
	"push.js": "text/javascript; charset=utf-8",
	"converse-push.js": "text/javascript; charset=utf-8",
	"site-sw.js": "text/javascript; charset=utf-8",
	"style.css": "text/css; charset=utf-8",
	"manifest.webmanifest": "application/manifest+json",
	"logo.svg": "image/svg+xml",
	"icon-192.png": "image/png",
	"icon-512.png": "image/png",
	"apple-touch-icon.png": "image/png",
};
/** What pages of other origins load. */
const FOR_SITES = ["push.js", "converse-push.js", "site-sw.js"];
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; manifest-src 'self'; " +
	"worker-src 'self'; connect-src 'self' https: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const webApp = { address: "push@example.net/push", open: "xmpp:{jid}", servers: {}, isHttps: true };
const server = await startTestServer({ webApp });
const onThisMachine = await startTestServer({ webApp: { ...webApp, isHttps: false } });
const without = await startTestServer();
afterAll(() => Promise.all([server, onThisMachine, without].map((each) => each.close())));

const get = async (path: string, headers: Record<string, string> = {}) =>
	server.app.request(`/app/${path}`, { headers });
const contentOf = (path: string) => gunzipSync(Buffer.from(files[path]?.gzip ?? "", "base64"));
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

test("there are the files that a page and its service worker are made of, each of its type", () => {
	expect(Object.fromEntries(Object.entries(files).map(([path, { type }]) => [path, type]))).toEqual(TYPES);
});

describe.each(Object.keys(TYPES))("/app/%s", (path) => {
	test("goes out packed as it is kept, to whom takes that", async () => {
		for (const accepted of ["gzip", "br, GZIP;q=0.5", "*"]) {
			const response = await get(path, { "Accept-Encoding": accepted });
			expect(response.headers.get("Content-Encoding")).toBe("gzip");
			expect((await bytesOf(response)).toString("base64")).toBe(files[path]?.gzip ?? "");
		}
	});

	test("goes out unpacked to others, also the second time", async () => {
		for (const accepted of ["", "br", "gzip;q=0", "*;q=0", "gzip;q=0.0, *", "gzip;q=0, br"]) {
			const response = await get(path, { "Accept-Encoding": accepted });
			expect(response.headers.get("Content-Encoding")).toBeNull();
			expect(await bytesOf(response)).toEqual(contentOf(path));
		}
		const response = await get(path);
		expect(await bytesOf(response)).toEqual(contentOf(path));
	});

	test("says what it is, and is asked for again each time", async () => {
		const { status, headers } = await get(path);
		expect(status).toBe(200);
		expect(headers.get("Content-Type")).toBe(TYPES[path as keyof typeof TYPES]);
		expect(headers.get("Cache-Control")).toBe("no-cache");
		expect(headers.get("Vary")).toBe("Accept-Encoding");
		expect(headers.get("ETag")).toMatch(/^W\/"[\w-]{22}"$/);
	});

	test("is not sent to who has it", async () => {
		const etag = files[path]?.etag ?? "";
		for (const known of [etag, `"other", ${etag}`, "*"]) {
			const response = await get(path, { "If-None-Match": known });
			expect(response.status).toBe(304);
			expect(response.headers.get("ETag")).toBe(etag);
			expect(response.headers.get("Content-Security-Policy")).toBe(POLICY);
			expect(await response.text()).toBe("");
		}
		expect((await get(path, { "If-None-Match": 'W/"of another version"' })).status).toBe(200);
	});

	test("answers HEAD without a body, and no method that changes something", async () => {
		const head = await server.app.request(`/app/${path}`, { method: "HEAD" });
		expect([head.status, await head.text()]).toEqual([200, ""]);
		expect(head.headers.get("ETag")).toBe(files[path]?.etag ?? "");
		for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
			const { status, headers } = await server.app.request(`/app/${path}`, { method });
			expect([method, status, headers.get("Allow")]).toEqual([method, 405, "GET, HEAD"]);
		}
	});
});

describe("the policy", () => {
	test.each([...Object.keys(TYPES), "settings.json"])(
		"of /app/%s lets in nothing from elsewhere",
		async (path) => {
			const { headers } = await get(path);
			expect(headers.get("Content-Security-Policy")).toBe(POLICY);
			expect(headers.get("X-Frame-Options")).toBe("DENY");
			expect(headers.get("Referrer-Policy")).toBe("no-referrer");
			expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
			expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
			const isShared = FOR_SITES.includes(path);
			expect(headers.get("Access-Control-Allow-Origin")).toBe(isShared ? "*" : null);
			expect(headers.get("Cross-Origin-Resource-Policy")).toBe(isShared ? "cross-origin" : "same-origin");
			expect(headers.get("Service-Worker-Allowed")).toBeNull();
		},
	);

	test.each(FOR_SITES)(
		"lets pages of other origins have /app/%s also where it has not changed",
		async (path) => {
			const { status, headers } = await get(path, { "If-None-Match": "*" });
			expect([status, headers.get("Access-Control-Allow-Origin")]).toEqual([304, "*"]);
			expect(headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
		},
	);

	test("allows connections without TLS to a page that has none itself, on this machine, and to no other", async () => {
		const policyOf = async (url: string) =>
			(await onThisMachine.app.request(url)).headers.get("Content-Security-Policy");
		expect(await policyOf("http://localhost:5357/app/")).toBe(POLICY.replace("wss:", "wss: ws:"));
		expect(await policyOf("https://localhost/app/")).toBe(POLICY);
	});

	test("of the other pages lets in no script at all", async () => {
		for (const path of ["/", "/docs"]) {
			const { headers } = await server.app.request(path);
			const policy = headers.get("Content-Security-Policy")?.replace(/'nonce-[^']+'/, "'nonce'");
			expect(policy).toBe(
				"default-src 'none'; style-src 'nonce'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			);
			expect(headers.get("X-Frame-Options")).toBe("DENY");
			expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
		}
	});
});

describe("below /app/", () => {
	test.each([
		"nothing",
		"main.js/",
		"main.js.map",
		"../src/server.ts",
		"..%2fpackage.json",
		"%2e%2e%2fpackage.json",
		"..%5cpackage.json",
		"/etc/passwd",
		"index.html",
		"__proto__",
		"constructor",
		"main.js%00",
		"logo.svg%2f..",
	])("there is no %s", async (path) => {
		expect((await get(path)).status).toBe(404);
	});

	test("is where /app leads", async () => {
		const response = await server.app.request("/app");
		expect([response.status, response.headers.get("Location")]).toEqual([301, "/app/"]);
	});

	test("is nothing where the web app is off, and no page links to it", async () => {
		for (const path of ["/app", "/app/", "/app/sw.js", "/app/settings.json"])
			expect((await without.app.request(path)).status).toBe(404);
		expect(await (await without.app.request("/")).text()).not.toContain("/app/");
		expect(await (await server.app.request("/")).text()).toContain('<a href="/app/">');
	});

	test("may be read as often as a client likes: it changes nothing", async () => {
		server.state.peer = "192.0.2.1";
		const statuses = new Set<number>();
		for (let at = 0; at < 200; at++) statuses.add((await get("sw.js")).status);
		server.state.peer = undefined;
		expect([...statuses]).toEqual([200]);
	});
});

describe("/app/settings.json", () => {
	const settingsWith = async (...given: Parameters<typeof startTestServer>) => {
		const started = await startTestServer(...given);
		try {
			const response = await started.app.request("/app/settings.json");
			expect(response.headers.get("Cache-Control")).toBe("no-cache");
			expect(response.headers.get("Content-Type")).toBe("application/json");
			return await response.json();
		} finally {
			await started.close();
		}
	};
	const WEB_PUSH = { name: "webpush", service: "webpush", vapidPublicKey: "B…" } as const;
	const NTFY = { name: "topics", service: "ntfy" } as const;

	test("says what the page must know", async () => {
		const servers = { "example.net": "wss://example.net/ws" };
		const open = "https://chat.example.net/#{jid}";
		expect(
			await settingsWith({
				apps: [WEB_PUSH, NTFY],
				webApp: { address: "push.example.net", open, servers, isHttps: true },
			}),
		).toEqual({
			version: "0.0.0-test",
			address: "push.example.net",
			vapidPublicKey: "B…",
			ntfy: true,
			servers,
			open,
		});
	});

	test("leaves out what there is not, and what takes no new registrations", async () => {
		const { address: _, ...unset } = webApp;
		const apps = [
			{ ...WEB_PUSH, retired: true as const },
			{ ...NTFY, retired: true as const },
		];
		expect(await settingsWith({ apps, webApp: unset })).toEqual({
			version: "0.0.0-test",
			ntfy: false,
			servers: {},
			open: "xmpp:{jid}",
		});
	});
});

describe("what it is made of", () => {
	const text = (path: string) => contentOf(path).toString();

	const packedSize = (paths: readonly string[]) =>
		paths.reduce((sum, path) => sum + Buffer.from(files[path]?.gzip ?? "", "base64").byteLength, 0);

	test("is less than 80 KB, packed", () => {
		const bytes = packedSize(Object.keys(files).filter((path) => !FOR_SITES.includes(path)));
		console.log(`the web app: ${(bytes / 1000).toFixed(1)} kB, packed`);
		expect(bytes).toBeLessThan(80_000);
	});

	test("for other sites is less than 25 KB, packed, and what their pages load less than 14", () => {
		expect(packedSize(FOR_SITES)).toBeLessThan(25_000);
		expect(packedSize(["push.js", "converse-push.js"])).toBeLessThan(14_000);
	});

	test("loads its own files and nothing else, and has no script or style within", () => {
		const page = text("");
		const loaded = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, path = ""]) => path);
		expect(loaded).toContain("main.js");
		expect(loaded).toContain("manifest.webmanifest");
		expect(loaded.filter((path) => !(path in TYPES))).toEqual([]);
		expect(page).not.toMatch(/<style|<script(?![^>]* src=)|style=|\son\w+=/);
	});

	test("can be installed: a name, a start, icons of the sizes that are said", () => {
		const manifest = JSON.parse(text("manifest.webmanifest"));
		expect(manifest).toMatchObject({
			id: "/app/",
			short_name: "Reveille",
			start_url: "/app/",
			scope: "/app/",
			display: "standalone",
		});
		for (const name of ["background_color", "theme_color"]) expect(manifest[name]).toMatch(/^#[\da-f]{6}$/);
		const icons = manifest.icons as { src: string; type: string; sizes: string; purpose: string }[];
		expect(icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`).toSorted()).toEqual(
			["192x192 any", "192x192 maskable", "512x512 any", "512x512 maskable"].toSorted(),
		);
		for (const { src, type, sizes } of [
			...icons,
			{ src: "apple-touch-icon.png", type: "image/png", sizes: "180x180" },
		]) {
			expect(files[src]?.type).toBe(type);
			// PNG §11.2.2: width and height stand at the begin of the first chunk.
			const png = contentOf(src);
			expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`).toBe(sizes);
		}
	});

	test("gives other sites a module with three functions, and its errors", () => {
		const { imports, exports } = new Bun.Transpiler({ loader: "js" }).scan(text("push.js"));
		expect(imports).toEqual([]);
		expect(exports.toSorted()).toEqual(["PushError", "disablePush", "enablePush", "keptDevice"]);
	});

	test.each(["sw.js", "site-sw.js", "converse-push.js"])("has %s as a classic script", (path) => {
		const code = text(path);
		expect(new Bun.Transpiler({ loader: "js" }).scan(code)).toEqual({ imports: [], exports: [] });
		expect(code).toMatch(/^\(/);
	});
});
