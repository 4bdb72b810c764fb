/** Who gets in, and what others can do. */
import { afterEach, describe, expect, test } from "bun:test";
import { createSessions } from "../../../../src/routes/admin/console/sessions.ts";
import { SECRET_KEY, startTestServer } from "../../routes-fixture.ts";
import { ADMIN_TOKEN, COOKIE, type ConsoleServer, ORIGIN, startConsole } from "./console-fixture.ts";

let server: ConsoleServer;
afterEach(() => server?.close());
const start = async (...options: Parameters<typeof startConsole>) => {
	server = await startConsole(...options);
	return server;
};

const READ = [
	"session",
	"overview",
	"services",
	"registrations",
	"registrations/any",
	"events",
	"events/live",
	"bars",
	"invites",
];
const CHANGE = [
	"session/end",
	"registrations/any/test",
	"registrations/any/end",
	"bars",
	"bars/count",
	"bars/lift",
	"invites",
	"invites/revoke",
];
const problemOf = async (answer: Response | Promise<Response>) => {
	const given = await answer;
	return `${given.status} ${((await given.json()) as { type: string }).type.replace("/docs#problem-", "")}`;
};

/** Bytes that are still held once what is garbage is collected. */
function inUse(): number {
	Bun.gc(true);
	return process.memoryUsage().heapUsed;
}

describe("signing in", () => {
	test("the token is exchanged for a cookie that pages of other sites and scripts cannot use", async () => {
		const { signIn, clock } = await start();
		const answer = await signIn();
		expect(answer.status).toBe(200);
		expect(answer.headers.get("Set-Cookie")).toMatch(
			/^__Secure-reveille=[\w-]{22}\.\d+\.[\w-]{43}; Max-Age=43200; Path=\/admin; HttpOnly; Secure; SameSite=Strict$/,
		);
		expect(await answer.json()).toEqual({
			host: "push.example.net",
			version: "0.0.0-test",
			formToken: expect.stringMatching(/^[\w-]{43}$/),
			endsAt: clock.now + 12 * 3_600_000,
			live: "stream",
			webApp: false,
		});
		expect(JSON.stringify([...answer.headers])).not.toContain(ADMIN_TOKEN);
	});

	test("where nothing is encrypted the cookie has another name, and still opens /admin alone", async () => {
		const { app } = await start({ publicUrl: undefined });
		const answer = await app.request("http://127.0.0.1/admin/api/session", {
			method: "POST",
			headers: { "Content-Type": "application/json", Origin: "http://127.0.0.1" },
			body: JSON.stringify({ token: ADMIN_TOKEN }),
		});
		expect(answer.headers.get("Set-Cookie")).toMatch(
			/^reveille=\S+; Max-Age=43200; Path=\/admin; HttpOnly; SameSite=Strict$/,
		);
	});

	test("five wrong tokens a minute, with how many are left; then 429 with Retry-After, for the right one too", async () => {
		const { signIn, state } = await start();
		state.peer = "192.0.2.1";
		for (const left of [4, 3, 2, 1, 0]) {
			const answer = await signIn(`${ADMIN_TOKEN}!`);
			expect(answer.status).toBe(401);
			expect(((await answer.json()) as { triesLeft: number }).triesLeft).toBe(left);
		}
		const answer = await signIn();
		expect([answer.status, answer.headers.get("Retry-After")]).toEqual([429, "60"]);
		expect(((await answer.json()) as { triesLeft: number }).triesLeft).toBe(0);
		state.peer = "192.0.2.2";
		expect((await signIn()).status).toBe(200);
	});

	test("10,000 wrong tokens are answered quickly, few of them are in the log, and the operator signs in elsewhere", async () => {
		const { signIn, state, logged } = await start();
		const memory = inUse();
		const begun = performance.now();
		for (let i = 0; i < 10_000; i++) {
			state.peer = `2001:db8:${(i % 1000).toString(16)}:${i.toString(16)}::1`;
			const answer = await signIn(`wrong ${i}`);
			if (answer.status !== 401 && answer.status !== 429) expect(answer.status).toBe(401);
		}
		expect(performance.now() - begun).toBeLessThan(20_000);
		expect(inUse() - memory).toBeLessThan(20e6);
		expect(logged.filter((line) => line.includes("console-token-wrong")).length).toBeLessThan(3);
		expect(logged.join("\n")).not.toContain("wrong 1");
		state.peer = "203.0.113.7";
		expect((await signIn()).status).toBe(200);
	}, 60_000);

	test.each([undefined, 5, null, "", "x".repeat(3000), ADMIN_TOKEN.slice(1), ADMIN_TOKEN.toUpperCase()])(
		"%p is no token",
		async (token) => {
			const { request } = await start();
			const answer = await request("/admin/api/session", { json: { token }, headers: { Origin: ORIGIN } });
			expect([401, 422]).toContain(answer.status);
			expect(answer.headers.get("Set-Cookie")).toBeNull();
		},
	);

	test("signing out ends the session, its cookie and its streams", async () => {
		await start();
		const { get, post, cookie } = await server.browser();
		const stream = (await get("events/live")).body?.getReader();
		const answer = await post("session/end");
		expect(answer.status).toBe(204);
		expect(answer.headers.get("Set-Cookie")).toStartWith(
			"__Secure-reveille=; Max-Age=0; Path=/admin; HttpOnly; Secure",
		);
		expect(await problemOf(get("session", { Cookie: cookie }))).toBe("401 sign-in-needed");
		while (!(await stream?.read())?.done);
	});

	test("without ADMIN_TOKEN everything under /admin says what to set", async () => {
		const plain = await startTestServer();
		for (const [method, path] of [
			["GET", "/admin"],
			["GET", "/admin/"],
			["GET", "/admin/app.js"],
			["POST", "/admin/api/session"],
			["GET", "/admin/api/overview"],
		]) {
			const answer = await plain.app.request(path ?? "", { method: method ?? "" });
			expect(answer.status).toBe(404);
			expect(((await answer.json()) as { detail: string }).detail).toContain("ADMIN_TOKEN");
		}
		await plain.close();
	});
});

describe("without a session of ours", () => {
	test.each([...READ, ...CHANGE])("%s is closed", async (path) => {
		const { request, clock } = await start();
		const { cookie, session } = await server.browser();
		const others = await createSessions({
			adminToken: `${ADMIN_TOKEN}!`,
			secretKey: SECRET_KEY,
			now: () => clock.now,
		});
		const forged = `${COOKIE}=${(await others.open()).cookie}`;
		const asked = (headers: Record<string, string>) =>
			request(`/admin/api/${path}`, {
				headers: { Origin: ORIGIN, "X-Form-Token": session.formToken, ...headers },
				...(CHANGE.includes(path) && { json: {} }),
			});
		for (const headers of [
			{},
			{ Cookie: forged },
			{ Cookie: `${COOKIE}=` },
			{ Cookie: cookie.replace(COOKIE, "reveille") },
			{ Authorization: `Bearer ${ADMIN_TOKEN}` },
		])
			expect(await problemOf(asked(headers as Record<string, string>))).toBe("401 sign-in-needed");
		clock.now += 12 * 3_600_000;
		expect(await problemOf(asked({ Cookie: cookie }))).toBe("401 sign-in-needed");
	});

	test("a cookie that a neighbouring site set beside ours locks nobody out", async () => {
		await start();
		const { get, cookie } = await server.browser();
		const others = await createSessions({ adminToken: `${ADMIN_TOKEN}!`, secretKey: SECRET_KEY });
		const planted = `${COOKIE}=${(await others.open()).cookie}`;
		const asked = async (Cookie: string) => (await get("session", { Cookie })).status;
		expect(await asked(`${COOKIE}=x; ${planted}; other=1;${cookie}`)).toBe(200);
		expect(await asked(`${COOKIE}=x; ${planted}; x${cookie}`)).toBe(401);
		expect(await asked(`${`${COOKIE}=x; `.repeat(500)}${cookie}`)).toBe(401);
	});

	test("a cookie opens nothing but the console", async () => {
		const adminToken = ADMIN_TOKEN;
		await start({}, {
			adminToken,
			debugPages: { adminToken },
			scrape: async () => ({ contentType: "text/plain", text: "" }),
			readiness: async () => ({ database: true, xmpp: true, forAdmins: { notes: ["a note"], servers: [] } }),
		} as never);
		const { cookie } = await server.browser();
		const { node } = await server.registered();
		const asked = (path: string, method = "GET") =>
			server.request(path, { method, headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin" } });
		expect(await problemOf(asked("/metrics"))).toBe("401 admin-token-needed");
		expect((await asked("/push_appserver/v1/settings")).status).toBe(401);
		expect(await (await asked("/ready")).text()).not.toContain("a note");
		expect(await problemOf(asked(`/api/v1/registrations/${node}`))).toBe("401 secret-needed");
		expect(await problemOf(asked(`/api/v1/registrations/${node}`, "DELETE"))).toBe("401 secret-needed");
	});
});

describe("pages of other sites", () => {
	test.each(CHANGE)("change nothing by %s", async (path) => {
		await start();
		const { headers, post } = await server.browser();
		const { Origin: _, ...withoutOrigin } = headers;
		const sent = (more: Record<string, string>, from: Record<string, string> = headers) =>
			server.request(`/admin/api/${path}`, { json: {}, headers: { ...from, ...more } });
		for (const Origin of [
			"https://evil.example",
			"null",
			"http://push.example.net",
			`${ORIGIN}.evil.example`,
			`${ORIGIN}:444`,
		])
			expect(await problemOf(sent({ Origin }))).toBe("403 not-from-console");
		for (const site of ["cross-site", "same-site", "none"])
			expect(await problemOf(sent({ "Sec-Fetch-Site": site }, withoutOrigin))).toBe("403 not-from-console");
		expect(await problemOf(sent({}, withoutOrigin))).toBe("403 not-from-console");
		expect(await problemOf(post(path, {}, { "X-Form-Token": "" }))).toBe("403 not-from-console");
		const other = await server.browser();
		expect(await problemOf(post(path, {}, { "X-Form-Token": other.session.formToken }))).toBe(
			"403 not-from-console",
		);
		// Where a browser says no origin, it says that it is ours.
		expect((await sent({ "Sec-Fetch-Site": "same-origin" }, withoutOrigin)).status).not.toBe(403);
	});

	test("read nothing, and cannot sign anybody in", async () => {
		await start();
		const { get, headers } = await server.browser();
		for (const path of READ) {
			for (const more of [{ "Sec-Fetch-Site": "cross-site" }, { Origin: "https://evil.example" }] as Record<
				string,
				string
			>[])
				expect(await problemOf(get(path, more))).toBe("403 not-from-console");
			const preflight = await server.request(`/admin/api/${path}`, {
				method: "OPTIONS",
				headers: { ...headers, Origin: "https://evil.example", "Access-Control-Request-Method": "POST" },
			});
			expect(preflight.headers.get("Access-Control-Allow-Origin")).toBeNull();
		}
		expect(await problemOf(server.signIn(ADMIN_TOKEN, { Origin: "https://evil.example" }))).toBe(
			"403 not-from-console",
		);
	});

	test("get no further by an address of their own, whatever name they reach us by", async () => {
		await start();
		const { headers } = await server.browser();
		const json = JSON.stringify({ token: ADMIN_TOKEN });
		// A page on plain http behind the same proxy; a name of another site's that now resolves to us.
		for (const origin of ["http://push.example.net", "http://evil.example:5357", "https://192.0.2.1"]) {
			const asked = (path: string, body: string) =>
				server.app.request(`${origin}/admin/api/${path}`, {
					method: "POST",
					headers: { ...headers, Origin: origin, "Content-Type": "application/json" },
					body,
				});
			expect(await problemOf(asked("session", json))).toBe("403 not-from-console");
			expect(await problemOf(asked("bars/count", "{}"))).toBe("403 not-from-console");
		}
	});

	test("a form cannot send what is taken: it is JSON, or nothing is done", async () => {
		await start();
		const { headers } = await server.browser();
		const answer = await server.request("/admin/api/bars", {
			method: "POST",
			headers: { ...headers, "Content-Type": "text/plain" },
			body: JSON.stringify({ who: "example.net", reason: "" }),
		});
		expect(answer.status).toBe(415);
		expect(await server.console.bars.list()).toEqual([]);
	});

	test("frame nothing, keep nothing, run nothing: by the headers of every answer", async () => {
		await start();
		const { get } = await server.browser();
		const answers = [
			...READ.map((path) => get(path)),
			server.request("/admin/api/overview"),
			server.signIn("wrong"),
		];
		for (const given of answers) {
			const { headers } = await given;
			expect(headers.get("Content-Security-Policy")).toBe("default-src 'none'; frame-ancestors 'none'");
			expect(headers.get("X-Frame-Options")).toBe("DENY");
			expect(headers.get("Cache-Control")).toBe("no-store");
			expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
			expect(headers.get("Cross-Origin-Resource-Policy")).toBe("same-origin");
			expect(headers.get("Access-Control-Allow-Origin")).toBeNull();
		}
	});
});

describe("what others chose", () => {
	const HOSTILE = `<img src=x onerror=alert(1)>"'\u2028</script>\u202e`;

	test("comes back as JSON alone, word for word", async () => {
		await start();
		const { node } = await server.registered();
		await server.client.execute({
			sql: "UPDATE registrations SET owner = ?, device_name = ?, last_error = ?, last_error_at = 5, title = ?, muc = ?",
			args: [`${HOSTILE}@evil.example`, HOSTILE, HOSTILE, HOSTILE, HOSTILE],
		});
		await server.note({
			at: server.clock.now,
			kind: "ended",
			node,
			owner: HOSTILE,
			app: HOSTILE,
			reason: HOSTILE,
			decider: "provider",
			decidedBy: HOSTILE,
		});
		const { get } = await server.browser();
		for (const path of [`registrations/${node}`, "registrations", "events", "overview", "services", "bars"]) {
			const answer = await get(path);
			expect([path, answer.status]).toEqual([path, 200]);
			expect(answer.headers.get("Content-Type")).toBe("application/json");
			await answer.json();
		}
		const view = (await (await get(`registrations/${node}`)).json()) as {
			device: string;
			events: { reason: string }[];
		};
		expect([view.device, view.events[0]?.reason]).toEqual([HOSTILE, HOSTILE]);
	});

	test.each([
		"kind=<b>",
		"text=%00%ff",
		`text=${"x".repeat(600)}`,
		"before=-1'%20OR%201",
		"unknown=1",
		"period=year",
	])("a query with %s breaks nothing", async (query) => {
		await start();
		const { get } = await server.browser();
		for (const path of ["events", "registrations", "overview"]) {
			const { status } = await get(`${path}?${query}`);
			expect([200, 422]).toContain(status);
		}
	});

	test("a body that is too large is refused", async () => {
		await start();
		const { post } = await server.browser();
		expect(await problemOf(post("bars", { who: "x".repeat(5000), reason: "" }))).toBe("413 body-too-large");
		expect(await problemOf(post("bars", { who: "example.net", reason: "x".repeat(300) }))).toBe(
			"422 invalid-fields",
		);
	});
});

test("asking for the head of an event stream opens none", async () => {
	await start();
	const { cookie, get } = await server.browser();
	for (let i = 0; i < 40; i++) {
		const headers = { Cookie: cookie, "Sec-Fetch-Site": "same-origin" };
		const answer = await server.request("/admin/api/events/live", { method: "HEAD", headers });
		expect([answer.status, answer.headers.get("Content-Type")]).toEqual([
			200,
			"text/event-stream; charset=utf-8",
		]);
	}
	expect((await get("events/live")).status).toBe(200);
});

test("1,000 event streams: four of a session and 32 of all are served, the others are told to wait, all others go on", async () => {
	await start();
	const browsers = await Promise.all(Array.from({ length: 12 }, () => server.browser()));
	const statuses = new Map<number, number>();
	const readers: ReadableStreamDefaultReader[] = [];
	for (let i = 0; i < 1000; i++) {
		const answer = await browsers[i % browsers.length]?.get("events/live");
		const status = answer?.status ?? 0;
		statuses.set(status, (statuses.get(status) ?? 0) + 1);
		if (status === 200 && answer?.body) readers.push(answer.body.getReader());
		else expect(answer?.headers.get("Retry-After")).toBe("30");
	}
	expect(statuses.get(200)).toBe(32);
	expect((statuses.get(429) ?? 0) + (statuses.get(503) ?? 0)).toBe(968);
	await server.note({
		at: 1,
		kind: "gate",
		app: "webpush",
		reason: "shut",
		decider: "reveille",
		decidedBy: "Reveille",
	});
	for (const reader of readers) {
		await reader.read();
		expect(new TextDecoder().decode((await reader.read()).value as Uint8Array)).toContain('"kind":"gate"');
	}
	const begun = performance.now();
	expect((await browsers[0]?.get("overview"))?.status).toBe(200);
	expect(performance.now() - begun).toBeLessThan(1000);
	for (const reader of readers) await reader.cancel();
	expect((await browsers[0]?.get("events/live"))?.status).toBe(200);
});
