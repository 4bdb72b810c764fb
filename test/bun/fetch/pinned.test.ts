/**
 * The fetch that connects only where it has looked: with real sockets, real TLS and certificates of our own.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { createPinnedFetch } from "../../../src/bun/fetch/pinned.ts";
import type { Resolve } from "../../../src/bun/fetch/resolve.ts";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import { exchange } from "../../../src/services/exchange.ts";
import { ForbiddenAddress } from "../../../src/services/public-address.ts";

const open = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
const home = endpointPolicy({ allowHosts: ["*"], allowPrivate: true });

/** A `fetch` that keeps what it is asked, and answers 201. */
function recorder() {
	const asked: { url: string; host: string | null; serverName: string | undefined; redirect: unknown }[] = [];
	const fetch = async (url: string, init: BunFetchRequestInit) => {
		const tls = init.tls as { serverName?: string } | undefined;
		const host = new Headers(init.headers).get("host");
		asked.push({ url, host, serverName: tls?.serverName, redirect: init.redirect });
		return new Response(null, { status: 201 });
	};
	return { asked, fetch };
}

const answering =
	(...addresses: string[]): Resolve =>
	async () =>
		addresses;

describe("a host that a client names", () => {
	test("is connected to at the address that was checked, by its name", async () => {
		const { asked, fetch } = recorder();
		const pinned = createPinnedFetch({ policy: open, fetch, resolve: answering("203.0.114.7") });
		await pinned("https://push.test/e?x=1", { method: "POST", redirect: "follow" });
		expect(asked).toEqual([
			{ url: "https://203.0.114.7/e?x=1", host: "push.test", serverName: "push.test", redirect: "manual" },
		]);
	});

	test("keeps a port of its own, also in the Host header", async () => {
		const { asked, fetch } = recorder();
		await createPinnedFetch({ policy: open, fetch, resolve: answering("2a01:4f8::1") })(
			"https://push.test:8443/e",
			{},
		);
		expect(asked).toMatchObject([{ url: "https://[2a01:4f8::1]:8443/e", host: "push.test:8443" }]);
	});

	test("may be a public address itself, and nothing is resolved then", async () => {
		const { asked, fetch } = recorder();
		const resolve = () => Promise.reject(new Error("asked"));
		const pinned = createPinnedFetch({ policy: open, fetch, resolve });
		await pinned("https://203.0.114.7/e", {});
		await pinned("https://[2a01:4f8::1]/e", {});
		expect(asked.map(({ url, serverName }) => [url, serverName])).toEqual([
			["https://203.0.114.7/e", undefined],
			["https://[2a01:4f8::1]/e", undefined],
		]);
	});

	test("that answers a public address first and a private one later gains nothing", async () => {
		const { asked, fetch } = recorder();
		const answers = [["203.0.114.7"], ["127.0.0.1"]];
		let questions = 0;
		const resolve: Resolve = async () => answers[questions++] ?? [];
		const pinned = createPinnedFetch({ policy: open, fetch, resolve });
		await pinned("https://rebinding.test/e", {});
		expect([questions, asked.map(({ url }) => url)]).toEqual([1, ["https://203.0.114.7/e"]]);
		await expect(pinned("https://rebinding.test/e", {})).rejects.toBeInstanceOf(ForbiddenAddress);
		expect(asked.length).toBe(1);
	});

	test.each([
		["a private address", ["10.0.0.1"]],
		["a public one and a private one", ["203.0.114.7", "192.168.1.1"]],
		["a private one and a public one", ["192.168.1.1", "203.0.114.7"]],
		["an IPv6 one that is mapped", ["::ffff:127.0.0.1"]],
		["a public IPv4 and a private IPv6", ["203.0.114.7", "fd00::1"]],
		["link-local with a zone", ["fe80::1%eth0"]],
		["what is no address", ["rebinding.test"]],
	])("with %s is not connected to", async (_, addresses) => {
		const { asked, fetch } = recorder();
		const pinned = createPinnedFetch({ policy: open, fetch, resolve: answering(...addresses) });
		await expect(pinned("https://push.test/e", {})).rejects.toBeInstanceOf(ForbiddenAddress);
		expect(asked).toEqual([]);
	});

	test.each(["https://127.0.0.1/", "https://0x7f.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/"])(
		"that is a private address itself is not connected to: %s",
		async (url) => {
			const { asked, fetch } = recorder();
			await expect(createPinnedFetch({ policy: open, fetch })(url, {})).rejects.toBeInstanceOf(
				ForbiddenAddress,
			);
			expect(asked).toEqual([]);
		},
	);

	test("without an address, or without an answer about it, is tried again later", async () => {
		const how = { signal: AbortSignal.timeout(100), now: Date.now };
		const request = { url: "https://push.test/e", init: {} };
		const missing = Object.assign(new Error("getaddrinfo ENOTFOUND push.test"), { code: "ENOTFOUND" });
		const { fetch } = recorder();
		const failing = createPinnedFetch({ policy: open, fetch, resolve: () => Promise.reject(missing) });
		expect(await exchange(request, { ...how, fetch: failing })).toEqual({
			kind: "retry",
			reason: expect.stringMatching(/^network failure: ENOTFOUND, DNS does not know/),
		});
		const empty = createPinnedFetch({ policy: open, fetch, resolve: answering() });
		expect(await exchange(request, { ...how, fetch: empty })).toMatchObject({ kind: "retry" });
		const hanging = createPinnedFetch({ policy: open, fetch, resolve: () => new Promise(() => {}) });
		expect(await exchange(request, { ...how, fetch: hanging })).toEqual({
			kind: "retry",
			reason: "no answer in time",
		});
	});

	test("is reached at its next address when the first takes no connection", async () => {
		const asked: string[] = [];
		const fetch = async (url: string) => {
			asked.push(url);
			if (asked.length === 1) throw Object.assign(new Error("no route"), { code: "ENETUNREACH" });
			return new Response(null, { status: 201 });
		};
		const resolve = answering("2a01:4f8::1", "203.0.114.7");
		const response = await createPinnedFetch({ policy: open, fetch, resolve })("https://push.test/e", {});
		expect([response.status, asked]).toEqual([201, ["https://[2a01:4f8::1]/e", "https://203.0.114.7/e"]]);
	});

	test("is not sent to twice when the line was cut after the request", async () => {
		let asked = 0;
		const fetch = async () => {
			asked += 1;
			throw Object.assign(new Error("cut"), { code: "ECONNRESET" });
		};
		const resolve = answering("203.0.114.7", "203.0.114.8");
		await expect(
			createPinnedFetch({ policy: open, fetch, resolve })("https://push.test/e", {}),
		).rejects.toThrow("cut");
		expect(asked).toBe(1);
	});
});

test("a browser's own push service is fetched by its name, without a look at its address", async () => {
	const { asked, fetch } = recorder();
	const resolve = () => Promise.reject(new Error("asked"));
	const pinned = createPinnedFetch({ policy: open, fetch, resolve });
	await pinned("https://web.push.apple.com/x", { redirect: "follow" });
	expect(asked).toEqual([
		{ url: "https://web.push.apple.com/x", host: null, serverName: undefined, redirect: "manual" },
	]);
	// Its name at another port or over http is not its own service any more.
	await expect(pinned("https://web.push.apple.com:8443/x", {})).rejects.toThrow("asked");
	await expect(pinned("http://web.push.apple.com/x", {})).rejects.toThrow("asked");
});

test("what comes compressed stays so: a small answer must not become a large one", async () => {
	const packed = Bun.gzipSync(new Uint8Array(1_000_000));
	const accepted: (string | null)[] = [];
	await using server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		fetch(request) {
			accepted.push(request.headers.get("accept-encoding"));
			return new Response(packed, { headers: { "content-encoding": "gzip" } });
		},
	});
	const fetch = createPinnedFetch({ policy: home, resolve: answering("127.0.0.1") });
	const response = await fetch(`http://push.test:${server.port}/`, {});
	expect(await response.bytes()).toEqual(packed);
	expect(accepted).toEqual(["identity"]);
});

describe("over real TLS", () => {
	let folder: string;
	let ca: string;
	let other: string;
	let server: Bun.Server<undefined>;
	let seen: { host: string | null; url: string }[] = [];
	let names: Server;
	const indicated: unknown[] = [];

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "reveille-tls-"));
		const { cert, key } = await certificates(folder);
		ca = await readFile(join(folder, "ca.pem"), "utf8");
		other = await readFile(join(folder, "other.pem"), "utf8");
		server = Bun.serve({
			hostname: "127.0.0.1",
			port: 0,
			tls: { cert, key },
			fetch(request) {
				seen.push({ host: request.headers.get("host"), url: request.url });
				const location = "https://push.test/elsewhere";
				return new Response(
					"ok",
					request.url.endsWith("/moved") ? { status: 307, headers: { location } } : {},
				);
			},
		});
		names = createServer({ cert, key }, (socket) => {
			indicated.push(socket.servername);
			socket.on("error", () => {});
			socket.on("data", () => socket.end("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"));
		});
		await new Promise<void>((resolve) => names.listen(0, "127.0.0.1", resolve));
	});
	afterAll(async () => {
		await server.stop(true);
		names.close();
		await rm(folder, { recursive: true });
	});

	const pinned = (authority: string | undefined) =>
		createPinnedFetch({
			policy: home,
			resolve: answering("127.0.0.1"),
			...(authority !== undefined && { ca: authority }),
		});

	test("the right name is accepted, and the server hears it", async () => {
		seen = [];
		const response = await pinned(ca)(`https://push.test:${server.port}/e`, { method: "POST", body: "x" });
		expect([response.status, await response.text()]).toEqual([200, "ok"]);
		expect(seen).toEqual([{ host: `push.test:${server.port}`, url: `https://push.test:${server.port}/e` }]);
	});

	test("the handshake indicates the name", async () => {
		const address = names.address();
		if (address === null || typeof address === "string") throw new Error("no port");
		const response = await pinned(ca)(`https://push.test:${address.port}/e`, { method: "POST" });
		expect([response.status, indicated]).toEqual([201, ["push.test"]]);
	});

	test("a wrong name is refused, also over a connection that another name has opened", async () => {
		seen = [];
		const fetch = pinned(ca);
		await (await fetch(`https://push.test:${server.port}/e`, {})).text();
		const wrong = fetch(`https://evil.test:${server.port}/e`, {});
		await expect(wrong).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
		expect(seen.length).toBe(1);
	});

	test("a certificate of someone else's is refused, and one of nobody's", async () => {
		seen = [];
		await expect(pinned(other)(`https://push.test:${server.port}/e`, {})).rejects.toThrow();
		await expect(pinned(undefined)(`https://push.test:${server.port}/e`, {})).rejects.toThrow();
		expect(seen).toEqual([]);
	});

	test("a redirect is handed back, not followed", async () => {
		seen = [];
		const response = await pinned(ca)(`https://push.test:${server.port}/moved`, { redirect: "follow" });
		expect(response.status).toBe(307);
		expect(seen.length).toBe(1);
	});
});

/** Makes a certificate authority, a certificate for `push.test`, and an authority that signed nothing. */
async function certificates(folder: string): Promise<{ cert: string; key: string }> {
	const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
	const file = (name: string) => join(folder, name);
	const authority = (name: string) =>
		openssl(
			"req",
			"-x509",
			...newKey,
			"-days",
			"2",
			"-subj",
			`/CN=${name}`,
			"-keyout",
			file(`${name}.key`),
			"-out",
			file(`${name}.pem`),
		);
	await authority("ca");
	await authority("other");
	await openssl(
		"req",
		...newKey,
		"-subj",
		"/CN=push.test",
		"-keyout",
		file("server.key"),
		"-out",
		file("server.csr"),
	);
	await writeFile(file("extensions"), "subjectAltName=DNS:push.test\n");
	const signing = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-set_serial", "1", "-days", "2"];
	const request = ["-in", file("server.csr"), "-extfile", file("extensions"), "-out", file("server.pem")];
	await openssl("x509", "-req", ...request, ...signing);
	return {
		cert: await readFile(file("server.pem"), "utf8"),
		key: await readFile(file("server.key"), "utf8"),
	};
}

async function openssl(...args: string[]): Promise<void> {
	const run = Bun.spawn(["openssl", ...args], { stdout: "ignore", stderr: "pipe" });
	if ((await run.exited) !== 0)
		throw new Error(`openssl ${args[0]}: ${await new Response(run.stderr).text()}`);
}
