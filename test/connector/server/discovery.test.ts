/** How an account finds its server, and by what it knows it: through the connection, with a server that the test scripts. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { getLogger, type Logger } from "@logtape/logtape";
import type { Trusted, XmppAccount } from "../../../src/config/connections.ts";
import { type Connection, startConnection } from "../../../src/connector/connection.ts";
import { explainNoConnection } from "../../../src/connector/server/connection-failures.ts";
import { createWays, type Ways } from "../../../src/connector/server/discovery.ts";
import { shownFingerprint } from "../../../src/connector/server/peer-certificate.ts";
import { checkTrusted } from "../../../src/connector/server/trust.ts";
import { openAccountStream } from "../../../src/connector/stream/account-stream.ts";
import { StreamFailure } from "../../../src/connector/stream/stream.ts";
import { createStreamManagement } from "../../../src/connector/stream/stream-management.ts";
import { type SelfSigned, selfSigned } from "../../peers/certificates.ts";
import { account, startXmppDouble, type XmppDoubleOptions } from "../xmpp-double.ts";

let remove: () => void;
let own: SelfSigned;
let nameless: SelfSigned;
let other: SelfSigned;
let past: SelfSigned;
let future: SelfSigned;
beforeAll(() => {
	const all = selfSigned(
		{ host: "localhost" },
		{ host: undefined },
		{ host: "other.example" },
		{ host: "localhost", until: "20210101000000Z" },
		{ host: "localhost", from: "20990101000000Z" },
	);
	[own, nameless, other, past, future] = all.made as [
		SelfSigned,
		SelfSigned,
		SelfSigned,
		SelfSigned,
		SelfSigned,
	];
	({ remove } = all);
});
afterAll(() => remove());

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

function double(options: XmppDoubleOptions) {
	const server = startXmppDouble(options);
	ends.push(() => server.stop());
	return server;
}

const log = getLogger("test");

async function connect(settings: XmppAccount): Promise<Connection> {
	const connection = await startConnection({
		settings,
		streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
		handle: async () => undefined,
		onBacklog: async () => {},
		log,
		timing: { farewell: 10, backoffFirst: 5 },
	});
	ends.push(() => connection.stop(async () => {}));
	return connection;
}

/** What is said when no connection comes about. */
async function refusal(service: string, ca?: Trusted): Promise<string> {
	const connection = await connect({ ...account(service), ...(ca && { ca }) });
	const status = () => JSON.stringify(connection.status());
	while (status().includes("connecting")) await Bun.sleep(1);
	return status();
}

describe("a server whose certificate signs itself", () => {
	const online = async (tls: SelfSigned, ca: Trusted) => {
		const server = double({ tls });
		await (await connect({ ...account(server.service), ca })).online;
	};

	test("is connected to with that certificate as XMPP_CA", () => online(own, { pem: own.cert }));

	test("is connected to with others beside it", () => online(own, { pem: `${other.cert}\n${own.cert}` }));

	test("is connected to by its fingerprint, whatever name it is for", async () => {
		await online(own, { sha256: own.sha256 });
		await online(nameless, { sha256: nameless.sha256 });
		await online(other, { sha256: other.sha256 });
	});

	test("is not connected to by another's fingerprint: the sentence has the one that was shown", async () => {
		const server = double({ tls: own });
		const said = await refusal(server.service, { sha256: other.sha256 });
		expect(said).toContain(
			`shows another certificate than the one in XMPP_CA: ${shownFingerprint(own.sha256)}`,
		);
		expect(server.received).toEqual([]);
	});

	test("is not connected to any more when it has another one, until XMPP_CA says so", async () => {
		const before = double({ tls: own });
		const connection = await connect({ ...account(before.service), ca: { sha256: own.sha256 } });
		await connection.online;
		const port = Number(new URL(before.service).port);
		before.stop();
		const after = Bun.serve({ port, hostname: "127.0.0.1", tls: other, fetch: () => new Response("no") });
		ends.push(() => after.stop(true));
		const status = () => JSON.stringify(connection.status());
		while (!status().includes(shownFingerprint(other.sha256))) await Bun.sleep(5);
		expect(status()).toContain("it shows another certificate than the one in XMPP_CA");
	});

	test("is not connected to with another certificate as XMPP_CA, nor without any", async () => {
		const { service } = double({ tls: own });
		expect(await refusal(service, { pem: other.cert })).toContain(
			`its certificate is none of those in XMPP_CA, nor signed by one of them: it shows ${shownFingerprint(own.sha256)}`,
		);
		expect(await refusal(service)).toContain(
			`set XMPP_CA to the certificate of whoever signed it (PEM) or, if it is your own server's, to its fingerprint: XMPP_CA=${shownFingerprint(own.sha256)}`,
		);
	});

	test("for another name says which names it has", async () => {
		const { service } = double({ tls: other });
		expect(await refusal(service, { pem: other.cert })).toContain(
			"its certificate is for other.example, not for localhost: XMPP_SERVICE must have a name that the certificate is for",
		);
		const without = double({ tls: nameless });
		expect(await refusal(without.service, { pem: nameless.cert })).toContain(
			`its certificate is for no name (only a common name, which does not count), not for localhost`,
		);
	});

	test("for names of any length says the beginning of each: the sentence is for everybody", async () => {
		const long = selfSigned({
			host: Array.from({ length: 4 }, () => `${"x".repeat(5_000)}.example`).join(",DNS:"),
		});
		ends.push(long.remove);
		const [tls] = long.made as [SelfSigned];
		const said = await refusal(double({ tls }).service, { pem: tls.cert });
		expect(said).toContain("xxx…, xxx");
		expect(said.length).toBeLessThan(2_000);
	});

	test("that has ended, or has not begun, leads to the clock", async () => {
		const ended = await refusal(double({ tls: past }).service, { pem: past.cert });
		expect(ended).toMatch(/has expired on 2021-01-01, and this machine has the 20\d\d-\d\d-\d\d: renew it/);
		const early = await refusal(double({ tls: future }).service, { sha256: future.sha256 });
		expect(early).toMatch(
			/not valid yet, but from 2099-01-01, and this machine has the .+: set this machine's clock/,
		);
	});
});

test("a certificate that cannot be read ends the start, and names the setting", () => {
	const pem = "-----BEGIN CERTIFICATE-----\nc2VzYW1l\n-----END CERTIFICATE-----";
	const bad = { ...account("wss://example.net"), ca: { pem } };
	expect(() => checkTrusted([bad])).toThrow("XMPP_CA is no certificate in PEM that can be read");
	expect(() => checkTrusted([{ ...bad, ca: { pem: pem.slice(0, 30) } }])).toThrow("XMPP_CA");
	expect(() => checkTrusted([{ ...bad, ca: { pem: `${own.cert}${pem}` } }])).toThrow("XMPP_CA");
	expect(() => checkTrusted([{ ...bad, ca: { pem: `${own.cert}\n${other.cert}` } }])).not.toThrow();
});

describe("what is no XMPP over WebSocket is said in words", () => {
	const tcp = (answer: string) => {
		const server = Bun.listen({
			port: 0,
			hostname: "127.0.0.1",
			socket: { data: (socket) => void socket.end(answer) },
		});
		ends.push(() => server.stop(true));
		return server.port;
	};
	const web = (status: number, headers: Record<string, string> = {}) => {
		const server = Bun.serve({
			port: 0,
			hostname: "127.0.0.1",
			fetch: () => new Response("no", { status, headers }),
		});
		ends.push(() => server.stop(true));
		return `ws://127.0.0.1:${server.port}/ws`;
	};

	test("a port of XMPP over TCP, with wss:// and with ws://", async () => {
		const port = tcp("<?xml version='1.0'?><stream:stream/>");
		expect(await refusal(`wss://localhost:${port}/`)).toContain(
			"there is no TLS at that port; check the port of XMPP_SERVICE",
		);
		expect(await refusal(`ws://127.0.0.1:${port}/`)).toContain(
			"something else than HTTP listens there; check the port of XMPP_SERVICE, which is not the one of XMPP clients (5222). Prosody takes",
		);
	});

	test("TLS without a certificate, as Debian's Prosody has it at first", async () => {
		const server = createTlsServer({});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		ends.push(() => server.close());
		const { port } = server.address() as AddressInfo;
		expect(await refusal(`wss://localhost:${port}/`)).toContain(
			"TLS is there, and the server refuses to begin it: it has perhaps no certificate for localhost, or cannot read its key. Give it one, with Prosody: prosodyctl cert generate localhost, or",
		);
	});

	test("a port of TLS with ws://", async () => {
		const { service } = double({ tls: own });
		expect(await refusal(service.replace("wss:", "ws:"))).toContain(
			"check XMPP_SERVICE: perhaps it is wss:// there.",
		);
	});

	test.each([
		[
			404,
			/no XMPP over WebSocket at this path.+Prosody.+wss:\/\/localhost:5281\/xmpp-websocket.+ejabberd_http_ws/,
		],
		[301, /redirects to another address/],
		[403, /wants a login, or does not let this machine in/],
		[502, /does not reach the XMPP server behind it/],
		[200, /there is no XMPP over WebSocket; check the path of XMPP_SERVICE/],
	])("a web server that answers %d", async (status, said) => {
		expect(await refusal(web(status, status === 301 ? { Location: "/elsewhere" } : {}))).toMatch(said);
	});

	/** What is made of Bun's words, without a connection. */
	const explained = async (service: string, said: string) => {
		const { signal } = new AbortController();
		const looked = { account: account(service), way: { service }, signal };
		return (await explainNoConnection(new Error(said), looked)).message;
	};

	test("the port of XMPP clients by its number", async () => {
		const noTls = "TLS handshake failed: error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER";
		expect(await explained("wss://xmpp.example.net:5222/", noTls)).toMatch(
			/check the port of XMPP_SERVICE: port 5222 is not for WebSocket. Prosody takes .+wss:\/\/localhost:5281\/xmpp-websocket\); ejabberd .+wss:\/\/localhost:5443\/ws\)\.$/,
		);
	});

	test("a name for which the server has no certificate", async () => {
		const unnamed =
			"TLS handshake failed: error:10000458:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNRECOGNIZED_NAME";
		const message = await explained("wss://xmpp.example.net:5281/xmpp-websocket", unnamed);
		expect(message).toContain(
			"the server has no certificate for xmpp.example.net; XMPP_SERVICE must have a name that it serves: with Prosody one of its VirtualHosts",
		);
	});

	test("a name that nobody knows", async () => {
		expect(await refusal("wss://nobody.invalid/ws")).toContain("ENOTFOUND, DNS does not know nobody.invalid");
	});

	test("a port where nobody listens", async () => {
		expect(await refusal(`ws://127.0.0.1:1/ws`)).toContain(
			"nothing takes connections there; check XMPP_SERVICE, its host and its port, and that the server runs",
		);
	});
});

/** Opens a stream of an account on the way that the ways find. */
function open(ways: Pick<Ways, "find"> & Partial<Ways>, signal = new AbortController().signal) {
	return openAccountStream(account("wss://unused.example"), {
		management: createStreamManagement(undefined, { save: async () => {}, send() {}, onFault() {} }),
		ways: { failed() {}, service: () => undefined, ...ways },
		onStanza() {},
		onLife() {},
		onOpen() {},
		deadlineMs: 15_000,
		signal,
	});
}

test("nothing is connected to when the process ends while the way is looked for", async () => {
	const server = double({});
	const ending = new AbortController();
	const find = async () => {
		ending.abort();
		return { service: server.service };
	};
	await expect(open({ find }, ending.signal)).rejects.toThrow("ended");
	expect(server.connections()).toBe(0);
});

test("the domain is asked anew too when its server shows a certificate that is not trusted", async () => {
	let failures = 0;
	const find = () => Promise.reject(new StreamFailure("other", "another certificate"));
	await expect(open({ find, failed: () => void failures++ })).rejects.toThrow("another certificate");
	expect(failures).toBe(1);
});

describe("an account without XMPP_SERVICE", () => {
	const { service: _, ...found } = account("wss://unused.example");
	const json = (...hrefs: string[]) =>
		Response.json({ links: hrefs.map((href) => ({ rel: "urn:xmpp:alt-connections:websocket", href })) });

	function ways(answers: (Response | Error)[], over: Partial<XmppAccount> = {}) {
		const said: string[] = [];
		const asked: string[] = [];
		const made: Ways = createWays(
			{ ...found, ...over },
			{
				log: {
					info: (message: string, values: Record<string, string>) =>
						said.push(message.replaceAll(/\{(\w+)\}/g, (_all, name) => String(values[name]))),
				} as unknown as Pick<Logger, "info">,
				async fetch(url) {
					asked.push(String(url));
					const answer = answers.shift();
					if (answer === undefined || answer instanceof Error) throw answer ?? new Error("nothing more");
					return answer;
				},
			},
		);
		return { find: async () => (await made.find(new AbortController().signal)).service, made, said, asked };
	}

	test("goes where its domain says, asks once, and asks anew when that failed: a server may move", async () => {
		const { find, made, said, asked } = ways([json("wss://old.example/ws"), json("wss://new.example/ws")]);
		expect(await find()).toBe("wss://old.example/ws");
		expect(await find()).toBe("wss://old.example/ws");
		expect(asked).toEqual(["https://localhost/.well-known/host-meta.json"]);
		made.failed();
		expect(await find()).toBe("wss://new.example/ws");
		expect(made.service()).toBe("wss://new.example/ws");
		expect(said).toEqual([
			"push@localhost/push: localhost names wss://old.example/ws as its XMPP server.",
			"push@localhost/push: localhost names wss://new.example/ws as its XMPP server.",
		]);
	});

	test("tries the addresses in turn", async () => {
		const both = () => json("wss://one.example/", "wss://two.example/");
		const { find, made } = ways([both(), both(), both()]);
		expect(await find()).toBe("wss://one.example/");
		made.failed();
		expect(await find()).toBe("wss://two.example/");
		made.failed();
		expect(await find()).toBe("wss://one.example/");
	});

	test("goes where it went before while the domain's web server is away", async () => {
		const { find, made } = ways([json("wss://old.example/ws")]);
		expect(await find()).toBe("wss://old.example/ws");
		made.failed();
		expect(await find()).toBe("wss://old.example/ws");
	});

	test("says what to set where the domain says nothing, and asks again the next time", async () => {
		const no = () => new Response("no", { status: 404 });
		const { find } = ways([no(), no(), json("wss://late.example/")]);
		const failure = find();
		await expect(failure).rejects.toMatchObject({ name: "StreamFailure", kind: "other" });
		await expect(failure).rejects.toThrow(
			"localhost does not say where its XMPP server takes WebSocket connections (XEP-0156), at localhost/.well-known/ (host-meta.json and host-meta: the web server answers 404). Set XMPP_SERVICE: with Prosody wss://localhost:5281/xmpp-websocket, with ejabberd wss://localhost:5443/ws, unless they were set up otherwise.",
		);
		expect(await find()).toBe("wss://late.example/");
	});

	test("is asked for at its name in DNS", async () => {
		const { find, asked } = ways([json("wss://a.example/")], { domain: "b\u00fccher.example" });
		await find();
		expect(asked).toEqual(["https://xn--bcher-kva.example/.well-known/host-meta.json"]);
	});
});
