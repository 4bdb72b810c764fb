/** Where a domain's server is, as the domain says it (XEP-0156). */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fetchWhole } from "../../../src/bun/fetch/plain.ts";
import { askHostMeta } from "../../../src/connector/server/host-meta.ts";
import { loginBounds } from "../../../src/limits/bounds/login.ts";
import { type SelfSigned, selfSigned } from "../../peers/certificates.ts";

const WEBSOCKET = "urn:xmpp:alt-connections:websocket";
const json = (...hrefs: unknown[]) =>
	JSON.stringify({
		links: [{ rel: "lrdd", href: "wss://no" }, ...hrefs.map((href) => ({ rel: WEBSOCKET, href }))],
	});

describe("a domain", () => {
	let own: SelfSigned;
	let remove: () => void;
	beforeAll(() => {
		const { made, ...rest } = selfSigned({ host: "localhost" });
		[own] = made as [SelfSigned];
		({ remove } = rest);
	});
	afterAll(() => remove());

	/** Serves the paths, and asks. */
	async function ask(
		pages: Record<string, () => Response>,
		{ signal = new AbortController().signal, trusts = true } = {},
	): Promise<{ found?: readonly string[]; reason?: string; asked: string[] }> {
		const asked: string[] = [];
		const server = Bun.serve({
			port: 0,
			hostname: "127.0.0.1",
			tls: { key: own.key, cert: own.cert },
			fetch(request) {
				const { pathname } = new URL(request.url);
				asked.push(pathname);
				return pages[pathname]?.() ?? new Response("no", { status: 404 });
			},
		});
		try {
			const found = await askHostMeta(
				"localhost",
				{
					tlsFor: async () =>
						trusts ? { ca: own.cert, allowPartialTrustChain: true, rejectUnauthorized: true } : undefined,
					// The port is the one of https.
					fetch: (url, most, init) =>
						fetchWhole(String(url).replace("//localhost/", `//localhost:${server.port}/`), most, init),
				},
				signal,
			);
			return { found, asked };
		} catch (error) {
			return { reason: (error as Error).message, asked };
		} finally {
			await server.stop(true);
		}
	}

	const JSON_PATH = "/.well-known/host-meta.json";
	const XRD_PATH = "/.well-known/host-meta";
	const page = (text: string) => () => new Response(text);
	const to = (location: string) => () => new Response(null, { status: 302, headers: { Location: location } });

	test("that has the list in JSON is not asked for the other", async () => {
		expect(await ask({ [JSON_PATH]: page(json("wss://a.example/ws")) })).toEqual({
			found: ["wss://a.example/ws"],
			asked: [JSON_PATH],
		});
	});

	test("that has it in XRD alone is understood", async () => {
		const xrd = `<XRD xmlns='x'><Link rel='${WEBSOCKET}' href='wss://a.example/ws'/></XRD>`;
		expect(await ask({ [XRD_PATH]: page(xrd) })).toEqual({
			found: ["wss://a.example/ws"],
			asked: [JSON_PATH, XRD_PATH],
		});
	});

	test("may name what is encrypted, and nothing else, each once and a few", async () => {
		const bad = [
			"ws://a.example/ws",
			"ws://127.0.0.1/ws",
			"https://a.example/",
			"wss://me:sesame@a.example/",
			"file:///etc",
			"x",
		];
		const { reason } = await ask({ [JSON_PATH]: page(json(...bad)) });
		expect(reason).toBe("host-meta.json: it names no wss:// address; host-meta: the web server answers 404");
		const many = Array.from({ length: 10 }, (_, index) => `wss://s${index}.example/`);
		const { found } = await ask({ [JSON_PATH]: page(json(...bad, "wss://s0.example", ...many)) });
		expect(found).toEqual(many.slice(0, loginBounds.hostMetaLinks.is));
	});

	test("may have its web site elsewhere, over https, and not in a circle", async () => {
		const pages = { [JSON_PATH]: to("/here"), "/here": page(json("wss://a.example/")) };
		expect(await ask(pages)).toMatchObject({ found: ["wss://a.example/"] });
		const circle = await ask({ [JSON_PATH]: to(JSON_PATH), [XRD_PATH]: to("http://localhost/plain") });
		expect(circle.reason).toBe(
			"host-meta.json: the web server redirects too often; host-meta: the web server redirects to what is not https://",
		);
		expect(circle.asked).toHaveLength(loginBounds.hostMetaRedirects.is + 2);
	});

	test("that sends more than a list is read no further", async () => {
		const long = json("wss://a.example/").padEnd(loginBounds.hostMeta.is + 1);
		const { reason } = await ask({ [JSON_PATH]: page(long), [XRD_PATH]: page("[".repeat(1000)) });
		expect(reason).toContain("host-meta.json: it cannot be read; host-meta: it is no XRD");
	});

	test("whose certificate is not good is not believed, and the reason is in words", async () => {
		const { reason, found } = await ask({ [JSON_PATH]: page(json("wss://a.example/")) }, { trusts: false });
		expect(found).toBeUndefined();
		expect(reason).toContain("certificate is signed by nobody trusted here");
	});

	test("is left when the process ends", async () => {
		const { asked, reason } = await ask({}, { signal: AbortSignal.abort(new Error("ended")) });
		expect(asked).toEqual([]);
		expect(reason).toBe("ended");
	});
});
