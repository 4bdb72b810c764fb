/** What is said where a push service gives no answer: real failures of names, ports and TLS, each with its cure. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createHttp2Fetch } from "../../src/bun/fetch/http2.ts";
import { plainReason } from "../../src/registering/plain-reason.ts";
import { exchange, type Fetch } from "../../src/services/exchange.ts";
import { networkFailure } from "../../src/services/network-failures.ts";
import { temporaryFolder } from "../peers/folder.ts";

const folder = temporaryFolder("network-failures");
const text = (name: string) => readFileSync(join(folder.path, name), "utf8");
const servers: Bun.Server<undefined>[] = [];
const listeners: Server[] = [];
const ports = new Map<string, number>();

function openssl(command: string): void {
	const run = Bun.spawnSync(["openssl", ...command.split(" ")], { cwd: folder.path, stderr: "pipe" });
	if (run.exitCode !== 0) throw new Error(`openssl ${command}: ${run.stderr}`);
}

function serve(name: string, cert?: string): void {
	const tls = cert === undefined ? {} : { tls: { cert, key: text("own.key") } };
	const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("x"), ...tls });
	servers.push(server);
	ports.set(name, server.port ?? 0);
}

async function listen(name: string, serving: (socket: Socket) => void): Promise<Server> {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		serving(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	ports.set(name, (server.address() as { port: number }).port);
	listeners.push(server);
	return server;
}

beforeAll(async () => {
	const ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
	openssl(`req -x509 ${ec} -days 2 -subj /CN=authority -keyout authority.key -out authority.pem`);
	openssl(`req ${ec} -subj /CN=localhost -keyout own.key -out own.csr`);
	writeFileSync(join(folder.path, "localhost"), "subjectAltName=DNS:localhost\n");
	writeFileSync(join(folder.path, "elsewhere"), "subjectAltName=DNS:elsewhere.net\n");
	const by = "-CA authority.pem -CAkey authority.key -CAcreateserial";
	openssl(`x509 -req -in own.csr ${by} -days 2 -extfile localhost -out signed.pem`);
	openssl(`x509 -req -in own.csr ${by} -days 2 -extfile elsewhere -out elsewhere.pem`);
	openssl(`x509 -req -in own.csr ${by} -days -1 -extfile localhost -out expired.pem`);
	openssl("x509 -req -in own.csr -signkey own.key -days 2 -extfile localhost -out self.pem");
	serve("plain");
	serve("self-signed", text("self.pem"));
	serve("signed by an authority of one's own", text("signed.pem"));
	serve("signed by an authority that is sent along", text("signed.pem") + text("authority.pem"));
	serve("for another name", text("elsewhere.pem"));
	serve("expired", text("expired.pem"));
	await listen("cut", (socket) => socket.destroy());
	(await listen("nobody", () => {})).close();
});
afterAll(async () => {
	for (const server of servers) await server.stop(true);
	for (const listener of listeners) listener.close();
	folder.remove();
});

const ask = async (url: string, fetch: Fetch) => {
	const request = { url, init: { method: "POST", body: "push" } };
	const signal = AbortSignal.timeout(10_000);
	return exchange(request, { fetch, signal, now: Date.now });
};
/** Trusting the test's authority, or only those that everybody trusts. */
const FETCHES: Readonly<Record<string, (ca?: string) => Fetch>> = {
	"HTTP/1.1": (ca) => (url, init) => fetch(url, { ...init, ...(ca && { tls: { ca } }) }),
	"HTTP/2": (ca) => createHttp2Fetch({ ca }),
};

describe.each(Object.keys(FETCHES))("over %s, a push service", (kind) => {
	test.each<[string, RegExp, "ours" | "everybody's"]>([
		["nobody", /nothing takes connections there: is the port right/, "everybody's"],
		["cut", /the connection was cut: .+firewalls and proxies/, "everybody's"],
		["plain", /speaks no TLS that we know there: is the port right/, "everybody's"],
		["self-signed", /signed by nobody trusted here: .+NODE_EXTRA_CA_CERTS/, "everybody's"],
		[
			"signed by an authority of one's own",
			/signed by nobody trusted here: .+NODE_EXTRA_CA_CERTS/,
			"everybody's",
		],
		[
			"signed by an authority that is sent along",
			/signed by nobody trusted here: .+NODE_EXTRA_CA_CERTS/,
			"everybody's",
		],
		["for another name", /for another name: is the host right/, "ours"],
		["expired", /has expired: renew it there, or set this machine's clock/, "ours"],
	])("that is %s is said to be, with what to do", async (name, words, authority) => {
		const fetch = FETCHES[kind]?.(authority === "ours" ? text("authority.pem") : undefined) as Fetch;
		const outcome = await ask(`https://localhost:${ports.get(name)}/secret-token`, fetch);
		expect(outcome).toEqual({ kind: "retry", reason: expect.stringMatching(words) });
		const { reason } = outcome as { reason: string };
		expect(reason).not.toMatch(/secret|localhost/);
		expect(plainReason(reason)).toBe(reason);
	});

	test("whose name is not known is said to be, with what to do", async () => {
		const fetch = FETCHES[kind]?.() as Fetch;
		expect(await ask("https://secret.invalid/token", fetch)).toEqual({
			kind: "retry",
			reason: expect.stringMatching(/DNS does not know secret\.invalid: is it spelt right/),
		});
	});
});

test("a proxy that refuses is said to, and that it may want a password", async () => {
	await listen("proxy", (socket) =>
		socket.once("data", () =>
			socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
		),
	);
	const proxy = `http://127.0.0.1:${ports.get("proxy")}`;
	const outcome = await ask("https://push.net/x", (url, init) => fetch(url, { ...init, proxy }));
	expect(outcome).toMatchObject({
		reason: expect.stringMatching(/the proxy of HTTPS_PROXY refused: .+password/),
	});
});

test("a push service over HTTP/2 behind a proxy is said to need a direct way", async () => {
	const proxy = `http://127.0.0.1:${ports.get("nobody")}`;
	const http2: Fetch = (url, init) =>
		fetch(url, { ...init, proxy, protocol: "http2" } as BunFetchRequestInit);
	expect(await ask("https://push.net/x", http2)).toMatchObject({
		reason: expect.stringMatching(/HTTP2Unsupported, no HTTP\/2.+NO_PROXY/),
	});
});

test("every code's words may be shown to clients: they are short, and have neither a URL nor a token", () => {
	const codes = [
		...["ENOTFOUND", "ENODATA", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH"],
		...["EMFILE", "FailedToOpenSocket", "ERR_PROXY_TUNNEL", "HTTP2Unsupported", "EPROTO"],
		...[
			"DEPTH_ZERO_SELF_SIGNED_CERT",
			"UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
			"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
		],
		...["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "ERR_TLS_CERT_ALTNAME_INVALID"],
	];
	for (const code of codes) {
		const reason = networkFailure(Object.assign(new Error("https://secret"), { code }));
		expect(reason).toMatch(/^network failure: .+: .+/);
		expect(plainReason(reason)).toBe(reason);
	}
});

test("a code that is not known is all that is said, and one that is none is nothing", () => {
	expect(networkFailure(Object.assign(new Error(), { code: "HTTP2GoAway" }))).toBe(
		"network failure: HTTP2GoAway",
	);
	for (const code of ["toString", "constructor"])
		expect(networkFailure(Object.assign(new Error(), { code }))).toBe(`network failure: ${code}`);
	expect(networkFailure(Object.assign(new Error(), { code: "https://secret" }))).toBe("network failure");
});

test("of a proxy whose name is not known the name is not told: it is the operator's", () => {
	const error = Object.assign(new TypeError("x"), { code: "ENOTFOUND", hostname: "proxy.intranet" });
	expect(networkFailure(error, "push.net")).toContain("DNS does not know the proxy's name");
	expect(networkFailure(error, "proxy.intranet")).toContain("DNS does not know proxy.intranet");
	expect(networkFailure(error)).toContain("DNS does not know proxy.intranet");
});

test("the codes of Bun's own lookup are the system's, and what is no name is not repeated", () => {
	const error = Object.assign(new Error("x"), { code: "DNS_ENOTFOUND" });
	expect(networkFailure(error, "push.net")).toContain("ENOTFOUND, DNS does not know push.net:");
	const odd = Object.assign(new Error("x"), { code: "EAI_AGAIN", hostname: "https://a/token" });
	expect(networkFailure(odd)).toContain("no name server answers for the host's name:");
});
