/** Clients that take their time, lie about their bodies and send what no client sends: through a real process. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { type Reveille, startReveille } from "../peers/reveille.ts";

let reveille: Reveille;
beforeAll(async () => {
	reveille = await startReveille({
		settings: {
			REGISTRATION: "open",
			XMPP_ALLOW: "*",
			XMPP_ADDRESS: "push@example.org/push",
			TRUSTED_PROXIES: undefined,
		},
	});
}, 60_000);
afterAll(() => reveille?.stop(), 60_000);

const port = () => Number(new URL(reveille.url).port);

interface Link {
	socket: Socket;
	/** Resolves with all that came when the server has closed. */
	closed: Promise<string>;
	/** Resolves with all that came when so many answers begin in it, or the server has closed. */
	answers(count: number): Promise<string>;
}

async function open(first = ""): Promise<Link> {
	const socket = connect(port(), "127.0.0.1");
	let got = "";
	const closed = new Promise<string>((resolve) => socket.on("close", () => resolve(got)));
	socket.on("error", () => {});
	socket.on("data", (data) => {
		got += data;
	});
	await new Promise((resolve) => socket.once("connect", resolve));
	if (first) socket.write(first);
	const answers = (count: number) =>
		Promise.race([
			closed,
			new Promise<string>((resolve) => {
				const look = () => (got.split("HTTP/1.1 ").length > count ? resolve(got) : undefined);
				socket.on("data", look);
				look();
			}),
		]);
	return { socket, closed, answers };
}

const statuses = (got: string) => [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

async function stillAnswers() {
	expect((await fetch(`${reveille.url}/health`)).status).toBe(200);
}

const post = (headers: string, body = "", path = "/api/v1/registrations") =>
	`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;

test("headers and bodies that come a byte at a time are waited for some ten seconds, and nobody waits meanwhile", async () => {
	const heads = ["", "GET /health HTTP/1.1\r\nX-Slow: ", "POST /api/v1/registrations HTTP/1.1\r\n"];
	const bodies = [
		post("Content-Length: 1000", "{"),
		post("Transfer-Encoding: chunked", "1\r\n{\r\n"),
		post("Content-Length: 1000", "a", "/push_appserver/v1/register"),
		post("Content-Length: 1000", "{", "/unregister-device/a@b.example"),
	];
	const links = await Promise.all([...heads, ...bodies].map(open));
	const drip = setInterval(() => {
		for (const [index, { socket }] of links.entries()) {
			if (!socket.writable || index === 0) continue;
			socket.write(index === heads.length + 1 ? "1\r\n \r\n" : "a");
		}
	}, 500);
	await stillAnswers();
	const started = performance.now();
	const all = await Promise.all(links.map(({ closed }) => closed));
	clearInterval(drip);
	expect(performance.now() - started).toBeLessThan(20_000);
	for (const got of all.slice(heads.length)) {
		expect(statuses(got)).toEqual([400]);
		expect(got).toContain("The body did not come within 10 s.");
	}
	await stillAnswers();
}, 30_000);

describe("what is too large is refused before it is read", () => {
	test.each([
		["a length of 10 GB", post("Content-Length: 10000000000", "{}"), 413],
		["a length beyond the route's own", post("Content-Length: 100000", "{}"), 413],
		["a length of 1 MB for a form", post("Content-Length: 1000000", "a", "/push_appserver/v1/push"), 400],
		[
			"chunks beyond the route's own",
			post("Transfer-Encoding: chunked", `5000\r\n${"a".repeat(0x5000)}\r\n`),
			413,
		],
		["headers of 1 MB", `GET /health HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(1_000_000)}\r\n\r\n`, 431],
		[
			"a thousand headers",
			`GET /health HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 1000 }, (_, i) => `X-${i}: a\r\n`).join("")}\r\n`,
			431,
		],
		["a path of 100 KB", `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
	])("%s", async (_, request, status) => {
		const link = await open(request);
		expect(statuses(await link.answers(1))).toEqual([status]);
		link.socket.destroy();
		await stillAnswers();
	});
});

describe("what is not HTTP, or is to be read in two ways, is not taken for anything", () => {
	test.each([
		[
			"two lengths",
			post("Content-Length: 2\r\nContent-Length: 30", "{}GET /health HTTP/1.1\r\nHost: x\r\n\r\n"),
			[400],
		],
		[
			"a length and chunks",
			post(
				"Content-Length: 4\r\nTransfer-Encoding: chunked",
				"0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n",
			),
			[400],
		],
		["a negative length", post("Content-Length: -1", "{}"), [400]],
		["a chunk of no number", post("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"), [400]],
		["no host", "GET /health HTTP/1.1\r\n\r\n", [400]],
		["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", [400]],
		["a method that is none", "BREW /health HTTP/1.1\r\nHost: x\r\n\r\n", []],
	])("%s", async (_, request, expected) => {
		const link = await open(request);
		expect(statuses(await link.closed)).toEqual(expected);
		await stillAnswers();
	});

	test.each([
		["another method", "TRACE /health HTTP/1.1\r\nHost: x\r\n\r\n", [405]],
		["a tunnel", "CONNECT evil.example:80 HTTP/1.1\r\nHost: x\r\n\r\n", [404]],
		[
			"what follows a body is a request of its own",
			post("Content-Length: 2", "{}GET /health HTTP/1.1\r\nHost: x\r\n\r\n"),
			[422, 200],
		],
		[
			"a hundred requests at once",
			"GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100),
			Array(100).fill(200),
		],
	])("%s", async (_, request, expected) => {
		const link = await open(request);
		expect(statuses(await link.answers(expected.length))).toEqual(expected);
		link.socket.destroy();
	});
});

test("2,000 connections that say nothing keep nobody from being answered", async () => {
	const links: Link[] = [];
	for (let count = 0; count < 2_000; count += 100) {
		links.push(...(await Promise.all(Array.from({ length: 100 }, () => open()))));
	}
	const started = performance.now();
	await stillAnswers();
	// They are closed after ten seconds: it must not have waited for that.
	expect(performance.now() - started).toBeLessThan(5_000);
	for (const { socket } of links) socket.destroy();
});

test("who leaves in the middle of a body is no fault for the operator to read of", async () => {
	for (const headers of ["Content-Length: 1000", "Transfer-Encoding: chunked"]) {
		const link = await open(post(headers, "1\r\n{\r\n"));
		await Bun.sleep(50);
		link.socket.destroy();
		await link.closed;
	}
	await stillAnswers();
	expect(reveille.log()).not.toContain("ERROR");
});
