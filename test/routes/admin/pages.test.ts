import { afterEach, describe, expect, test } from "bun:test";
import { PER_PAGE } from "../../../src/routes/admin/registration-pages.tsx";
import { askingFor, startTestServer, subscription, type TestServer } from "../routes-fixture.ts";

const adminToken = "the-operators-own-token-of-32-characters";
const PAGES = ["register", "unregister", "push", "settings"];

let server: TestServer;
afterEach(() => server.close());

const start = async (deps: Parameters<typeof startTestServer>[0] = {}) => {
	server = await startTestServer({ debugPages: { adminToken }, ...deps });
};
/** As a browser does, once its user gave the token as password. */
const asOperator = { Authorization: `Basic ${btoa(`operator:${adminToken}`)}` };
const get = (page: string, headers: Record<string, string> = asOperator) =>
	server.app.request(page.startsWith("/") ? page : `/push_appserver/v1/${page}`, { headers });
const textOf = async (page: string) => {
	const answer = await get(page);
	expect(answer.status).toBe(200);
	return answer.text();
};
/** A page's elements that fit a selector, with their attributes. */
async function elements(html: string, selector: string): Promise<Map<string, string>[]> {
	const found: Map<string, string>[] = [];
	const rewriter = new HTMLRewriter().on(selector, {
		element(element) {
			found.push(new Map([...element.attributes].map(([name = "", value = ""]) => [name, value])));
		},
	});
	await rewriter.transform(new Response(html)).text();
	return found;
}
const values = async (html: string, selector: string, attribute: string) =>
	(await elements(html, selector)).map((element) => element.get(attribute) ?? "");

describe("who may look", () => {
	test.each([...PAGES, "settings/some-node"])("nobody sees %s while DEBUG_PAGES is off", async (page) => {
		await start({ debugPages: undefined, adminToken });
		const answer = await get(page);
		expect(answer.status).toBe(403);
		expect(await answer.text()).toStartWith("ERROR\n");
	});

	test.each([...PAGES, "settings/some-node"])(
		"a browser that opens %s is to ask for the token",
		async (page) => {
			await start();
			const { node } = await server.registered();
			for (const headers of [
				{},
				{ Authorization: "Bearer another-token-of-thirty-two-characters!!" },
				{ Authorization: `Basic ${btoa("operator:")}` },
				{ Authorization: `Basic ${btoa(`${adminToken}:`)}` },
				{ Authorization: "Basic %%%" },
			]) {
				const answer = await get(page, headers);
				expect(answer.status).toBe(401);
				expect(answer.headers.get("www-authenticate")).toBe('Basic realm="admin", charset="UTF-8"');
				const said = await answer.text();
				expect(said).toContain("ADMIN_TOKEN");
				expect(said).not.toContain(node.slice(0, 6));
			}
		},
	);

	test.each(PAGES)(
		"whoever has the token sees %s, as password of any name or as bearer token",
		async (page) => {
			await start();
			for (const Authorization of [
				`Basic ${btoa(`:${adminToken}`)}`,
				`Basic ${btoa(`anybody:${adminToken}`)}`,
				`Bearer ${adminToken}`,
			]) {
				const answer = await get(page, { Authorization });
				expect(answer.status).toBe(200);
				expect(answer.headers.get("content-type")).toStartWith("text/html");
				expect(answer.headers.get("cache-control")).toBe("no-store");
			}
		},
	);

	test("programs post as before, whatever a browser would have to show", async () => {
		await start();
		const fields = { type: "webpush", node: "device-1", token: "https://push.example/token-1" };
		expect(await (await server.form("register", fields)).text()).toStartWith("OK\n");
	});
});

describe("each page", () => {
	test.each(PAGES)(
		"%s may load nothing but its own style and the icon, and post nowhere else",
		async (page) => {
			await start();
			const answer = await get(page);
			const policy = answer.headers.get("content-security-policy") ?? "";
			const html = await answer.text();
			const [nonce] = await values(html, "style", "nonce");
			expect(policy).toContain("default-src 'none'");
			expect(policy).toContain("form-action 'self'");
			expect(policy).toContain(`style-src 'nonce-${nonce}'`);
			expect(await elements(html, "script, img, link:not([rel=icon]), [style], [onclick]")).toEqual([]);
		},
	);

	test.each(PAGES)("%s says where one is, and leads to the others", async (page) => {
		await start();
		const html = await textOf(page);
		expect(await values(html, "nav a", "href")).toEqual(PAGES.map((name) => `/push_appserver/v1/${name}`));
		expect(await values(html, "nav a[aria-current=page]", "href")).toEqual([`/push_appserver/v1/${page}`]);
	});
});

describe("a form", () => {
	test.each([
		["register", ["type", "node", "token", "p256dh", "auth"]],
		["unregister", ["type", "node", "secret", "token"]],
		["push", ["node", "secret"]],
	])(
		"%s has the fields that programs send, each with its label, and posts them to its own address",
		async (page, names) => {
			await start();
			const html = await textOf(page);
			expect(await values(html, "form input, form select", "name")).toEqual(names);
			expect(await values(html, "form label", "for")).toEqual(
				await values(html, "form input, form select", "id"),
			);
			const described = (await values(html, "form [aria-describedby]", "aria-describedby")).toSorted();
			expect(described).toEqual((await values(html, "form .hint", "id")).toSorted());
			const [form, ...others] = await elements(html, "form");
			expect([form?.get("method"), form?.get("action"), others]).toEqual(["post", undefined, []]);
		},
	);

	test("offers the types that are served", async () => {
		await start();
		const offered = ["mozilla", "unifiedpush", "webpush"];
		expect((await values(await textOf("register"), "option", "value")).toSorted()).toEqual(offered);
		expect((await values(await textOf("unregister"), "option", "value")).toSorted()).toEqual(offered);
	});

	test("as it is sent by a browser, empty fields and all, registers, pushes and unregisters", async () => {
		await start();
		const registered = await server.form(
			"register",
			{ type: "webpush", node: "device-1", token: "https://push.example/token-1", p256dh: "", auth: "" },
			asOperator,
		);
		const [ok, node = "", secret = ""] = (await registered.text()).split("\n");
		expect(ok).toBe("OK");
		expect(await (await server.form("push", { node, secret }, asOperator)).text()).toBe(`OK\n${node}`);
		expect(server.pushed).toHaveLength(1);
		const ended = await server.form("unregister", { type: "webpush", node, secret, token: "" }, asOperator);
		expect(await ended.text()).toStartWith("OK\n");
		expect(await server.rows()).toEqual([]);
	});

	test("has a field for the registration token where one is asked for, and that opens registering", async () => {
		const token = "the-registration-token-of-32-characters";
		await start({ registration: askingFor(token) });
		expect(await values(await textOf("register"), "input[type=password]", "name")).toEqual(["access_token"]);
		const fields = { type: "webpush", node: "device-1", token: "https://push.example/token-1" };
		for (const access_token of ["", adminToken]) {
			const refused = await server.form("register", { ...fields, access_token }, asOperator);
			expect(refused.status).toBe(403);
		}
		expect(await server.rows()).toEqual([]);
		const taken = await server.form("register", { ...fields, access_token: token }, asOperator);
		expect(await taken.text()).toStartWith("OK\n");
	});
});

describe("the list of registrations", () => {
	test("says so when there are none", async () => {
		await start();
		expect(await textOf("settings")).toContain("There are none.");
	});

	test("shows whose they are and how they fare, and neither node, token nor keys", async () => {
		await start();
		const { node, secret } = await server.registered();
		server.state.now = Date.UTC(2031, 1, 3, 4, 5);
		await server.registrations.register(
			{
				owner: "juliet@example.net",
				app: "siskin",
				device: "tigase:1",
				dialect: "tigase",
				token: "9f86d081884c7d659a2feaa0c55ad015",
			},
			() => "another-node-of-27-letters_",
		);
		await server.registrations.record(
			[
				{ node, at: Date.UTC(2032, 1, 3, 4, 5) },
				{
					node: "another-node-of-27-letters_",
					at: Date.UTC(2033, 1, 3, 4, 5),
					error: "<b>BadDeviceToken</b>",
				},
			],
			[],
		);
		const html = await textOf("settings");
		for (const shown of ["siskin", "tigase", "juliet@example.net", "webpush", "nobody", "2031-02-03 04:05"]) {
			expect(html).toContain(shown);
		}
		for (const shown of ["2032-02-03 04:05", "2033-02-03 04:05", "&lt;b&gt;BadDeviceToken"]) {
			expect(html).toContain(shown);
		}
		const text = html.replaceAll(/<[^>]*>/g, " ");
		expect(text).toContain("anothe…ers_");
		for (const hidden of [node, "another-node-of-27-letters_"]) expect(text).not.toContain(hidden);
		for (const hidden of [secret, "9f86d081884c", "token-1", subscription().keys.auth]) {
			expect(html).not.toContain(hidden);
		}
	});

	test("names each cell's column, for screens that have no room for a table", async () => {
		await start();
		await server.registered();
		const html = await textOf("settings");
		expect(await values(html, "td", "data-label")).toEqual([
			...["Node", "App", "Dialect", "Owner", "Registered", "Renewed", "Last success", "Last error"],
		]);
		expect(await elements(html, "th[scope=col]")).toHaveLength(8);
	});

	test(`has ${PER_PAGE} to a page, and following the links shows each once, the newest first`, async () => {
		await start();
		const made: string[] = [];
		for (let i = 0; i < 2 * PER_PAGE + 1; i++) {
			const node = `node-${i}`;
			const wanted = { owner: "", app: "webpush", device: `device-${i}`, token: `https://push.example/${i}` };
			await server.registrations.register(wanted, () => node);
			made.push(`/push_appserver/v1/settings/${node}`);
		}
		const shown: string[][] = [];
		let next: string | undefined = "settings";
		while (next) {
			const html = await textOf(next);
			shown.push(await values(html, "td a", "href"));
			[next] = await values(html, "a[rel=next]", "href");
		}
		expect(shown.map(({ length }) => length)).toEqual([PER_PAGE, PER_PAGE, 1]);
		expect(shown.flat()).toEqual(made.toReversed());
	});

	test("tells where to begin, when it is asked to begin nowhere", async () => {
		await start();
		const answer = await get("settings?before=the-beginning");
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain("/push_appserver/v1/settings");
	});
});

describe("one registration", () => {
	test("is shown with all but what one could push with", async () => {
		await start();
		const { node, secret } = await server.registered({
			subscription: subscription(),
			deviceName: "<Kitchen>",
			classes: ["high", "low"],
		});
		const [href = ""] = await values(await textOf("settings"), "td a", "href");
		expect(href).toBe(`/push_appserver/v1/settings/${node}`);
		const html = await textOf(href);
		const text = html.replaceAll(/<[^>]*>/g, " ");
		for (const shown of [
			...["&lt;Kitchen&gt;", "push.example…en-1", "webpush", "nobody", "Encrypted", "never", "high, low"],
		]) {
			expect(text).toContain(shown);
		}
		const { p256dh, auth } = subscription().keys;
		for (const hidden of [node, secret, "token-1", p256dh, auth]) expect(text).not.toContain(hidden);
		expect(html).not.toContain(secret);
	});

	test("is found whatever its node has in it: another app server's were device ids", async () => {
		await start();
		const node = 'a/b?c#d "é"%2F';
		const wanted = { owner: "", app: "webpush", device: "device", token: "https://push.example/1" };
		await server.registrations.register(wanted, () => node);
		const [href = ""] = await values(await textOf("settings"), "td a", "href");
		expect(await textOf(href)).toContain("push.example…");
	});

	test("that is gone is 404, with a way back", async () => {
		await start();
		const answer = await get("settings/gone");
		expect(answer.status).toBe(404);
		expect(await values(await answer.text(), "main a", "href")).toEqual(["/push_appserver/v1/settings"]);
	});

	test("that a replica does not have yet is read at the primary", async () => {
		await start();
		const { node } = await server.registered();
		const { registrations } = server;
		const behind = await startTestServer({
			debugPages: { adminToken },
			registrations: { ...registrations, find: async () => undefined },
		});
		const answer = await behind.app.request(`/push_appserver/v1/settings/${node}`, { headers: asOperator });
		expect(await answer.text()).toContain("push.example…");
		await behind.close();
	});
});
