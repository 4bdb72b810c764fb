/** Where a page looks for an account's server. */
import { describe, expect, test } from "bun:test";
import { loginBounds } from "../../../src/limits/bounds/login.ts";
import { createKit } from "../../../src/web/kit/create-kit.ts";
import { faultOf } from "./faults.ts";

const WEBSOCKET = "urn:xmpp:alt-connections:websocket";
const json = (...hrefs: string[]) =>
	JSON.stringify({ links: hrefs.map((href) => ({ rel: WEBSOCKET, href })) });
const xrd = (href: string) => `<XRD xmlns='x'><Link rel='${WEBSOCKET}' href='${href}'/></XRD>`;
const JSON_URL = "https://example.org/.well-known/host-meta.json";
const XRD_URL = "https://example.org/.well-known/host-meta";
const NONE = { kind: "no-server-known", domain: "example.org" } as const;

type Page = () => Response | Promise<Response>;

/** A kit whose web has these pages, and the URLs that it asked for. */
function kitOf(pages: Record<string, Page>, { isHttp = false, isLate = false } = {}) {
	const asked: string[] = [];
	const kit = createKit({
		isHttp,
		timeout: () => (isLate ? AbortSignal.abort() : new AbortController().signal),
		async fetch(url, init) {
			asked.push(url);
			expect(init).toMatchObject({ credentials: "omit" });
			init?.signal?.throwIfAborted();
			const page = pages[url];
			// As browsers say that nobody is there, and that a page may not read it.
			if (!page) throw new TypeError("Failed to fetch");
			return page();
		},
	});
	return { kit, asked };
}

const page =
	(text: string, status = 200) =>
	() =>
		new Response(text, { status });

describe("a domain", () => {
	test("that has the list in JSON is not asked for the other, and is asked by its name in DNS", async () => {
		const { kit, asked } = kitOf({
			"https://xn--bcher-kva.example/.well-known/host-meta.json": page(json("wss://a/")),
		});
		expect(await kit.findServer("B\u00dcCHER.example", {})).toEqual(["wss://a/"]);
		expect(asked).toHaveLength(1);
	});

	test.each<[string, Page | undefined]>([
		["has no other", undefined],
		["has no page there", page("no", 404)],
		["has a page of its own there", page("<html></html>")],
		["names nothing there", page(json())],
		["names what is not encrypted", page(json("ws://a/", "http://a/"))],
		["says too much", page(json("wss://b/").padEnd(loginBounds.hostMeta.is + 1))],
	])("that %s is asked for the list in XRD", async (_, first) => {
		const { kit, asked } = kitOf({ ...(first && { [JSON_URL]: first }), [XRD_URL]: page(xrd("wss://a/")) });
		expect(await kit.findServer("example.org", {})).toEqual(["wss://a/"]);
		expect(asked).toEqual([JSON_URL, XRD_URL]);
	});

	test("that says nothing is not known, nor is one that is none", async () => {
		expect(await faultOf(kitOf({}).kit.findServer("example.org", {}))).toEqual(NONE);
		expect(await faultOf(kitOf({ [XRD_URL]: page("no XML") }).kit.findServer("example.org", {}))).toEqual(
			NONE,
		);
		const { kit, asked } = kitOf({});
		for (const domain of ["", "a/b", "me@example.org", "a b"]) {
			expect(await faultOf(kit.findServer(domain, {}))).toEqual({ kind: "no-server-known", domain });
		}
		expect(asked).toEqual([]);
	});

	test("that does not answer in time is not known", async () => {
		const { kit } = kitOf({ [JSON_URL]: page(json("wss://a/")) }, { isLate: true });
		expect(await faultOf(kit.findServer("example.org", {}))).toEqual(NONE);
	});

	test("names a few, each once", async () => {
		const many = Array.from({ length: 10 }, (_, index) => `wss://s${index}/`);
		const { kit } = kitOf({ [JSON_URL]: page(json("wss://s0/", ...many)) });
		expect(await kit.findServer("example.org", {})).toEqual(many.slice(0, loginBounds.hostMetaLinks.is));
	});
});

describe("the operator's word", () => {
	test("comes first, whatever the domain says, and whatever its letters are", async () => {
		const { kit, asked } = kitOf({ [JSON_URL]: page(json("wss://a/")) });
		expect(await kit.findServer("Example.ORG", { "example.org": "wss://b/" })).toEqual(["wss://b/"]);
		expect(asked).toEqual([]);
		expect(await kit.findServer("example.org", { "example.net": "wss://b/" })).toEqual(["wss://a/"]);
	});

	test("may be ws:// where the page came over http, and not elsewhere", async () => {
		const servers = { "example.org": "ws://localhost:5280/ws" };
		const { kit } = kitOf({}, { isHttp: true });
		expect(await kit.findServer("example.org", servers)).toEqual(["ws://localhost:5280/ws"]);
		expect(await faultOf(kitOf({}).kit.findServer("example.org", servers))).toEqual(NONE);
	});

	test("is not read out of what every object has", async () => {
		const { kit } = kitOf({});
		expect(await faultOf(kit.findServer("constructor", {}))).toMatchObject({ kind: "no-server-known" });
	});
});

test("who ends the search hears what the signal says", async () => {
	const { kit } = kitOf({});
	const ended = kit.findServer("example.org", {}, AbortSignal.abort(new Error("the person left")));
	await expect(ended).rejects.toThrow("the person left");
});

test.each(["#", "?", "\\", "%2f", "%23"])("what %p makes another place of is no domain", async (sign) => {
	const { kit, asked } = kitOf({});
	const domain = `evil.example${sign}.example.org`;
	expect(await faultOf(kit.findServer(domain, {}))).toEqual({ kind: "no-server-known", domain });
	expect(asked).toEqual([]);
});
