/** A connection in moments that real servers cannot be brought to at will. */
import { afterEach, describe, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import { type Connection, type ConnectionDeps, startConnection } from "../../src/connector/connection.ts";
import type { StreamState, Streams } from "../../src/store/local/streams.ts";
import { makeCertificates } from "../peers/apns-certificates.ts";
import { account, startXmppDouble, type XmppDouble, type XmppDoubleOptions } from "./xmpp-double.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** The connector's file, in memory. */
function memory(): Streams & { kept(): StreamState | undefined } {
	let kept: StreamState | undefined;
	return {
		kept: () => kept,
		load: async () => kept,
		async save(_address, state) {
			kept = { ...state };
		},
		async forget() {
			kept = undefined;
		},
	};
}

function double(options: XmppDoubleOptions = {}): XmppDouble {
	const started = startXmppDouble(options);
	ends.push(() => started.stop());
	return started;
}

async function connect(server: XmppDouble, deps: Partial<ConnectionDeps> = {}): Promise<Connection> {
	const connection = await startConnection({
		settings: account(server.service),
		streams: memory(),
		handle: async ({ attrs }) => xml("iq", { type: "result", id: attrs.id, to: attrs.from }),
		onBacklog: async () => {},
		log: getLogger("test"),
		...deps,
	});
	ends.push(() => connection.stop(async () => {}));
	return connection;
}

const publish = (id: string) =>
	`<iq xmlns="jabber:client" type="set" id="${id}" from="example.org"><x/></iq>`;

test("a server that says nothing to <resume/> is asked three times in all, and then for a new session", async () => {
	// An ejabberd does so whose session hangs: each question of it is answered by its own deadline, or never.
	let isSilent = false;
	const server = double({
		onResume(_h, self) {
			if (!isSilent) self.send(`<resumed xmlns="urn:xmpp:sm:3" h="0" previd="session"/>`);
		},
	});
	const connection = await connect(server, { timing: { deadline: 300, backoffFirst: 1 } });
	await connection.online;
	isSilent = true;
	server.cut();
	const count = (word: string) => server.received.filter((text) => text.startsWith(word)).length;
	while (count("<enable") < 2) await Bun.sleep(5);
	expect(count("<resume")).toBe(3);
	while (connection.status().kind !== "online") await Bun.sleep(5);
	server.send(publish("after"));
	await server.until(/id="after"/);
}, 20_000);

describe("a stranger's stanza", () => {
	test.each([
		["a ping", `<ping xmlns="urn:xmpp:ping"/>`],
		["a bind", `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>push@localhost/push</jid></bind>`],
	])("with any id, %s, is a stanza like others, also on a resumed stream", async (_name, payload) => {
		const server = double();
		const streams = memory();
		const connection = await connect(server, { streams });
		await connection.online;
		server.cut();
		await server.until(/<resume /);
		const bound = /id="([^"]+)"[^>]*><bind/.exec(server.received.join(""))?.[1];
		for (const id of ["bind", bound, "other"]) {
			server.send(
				`<iq xmlns="jabber:client" type="set" id="${id}" from="mallory@example.org/x">${payload}</iq>`,
			);
			expect(await server.until(new RegExp(`type="result" id="${id}"`))).toContain("mallory@example.org/x");
		}
		expect(connection.status()).toEqual({ kind: "online" });
		expect(server.connections()).toBe(2);
		expect(server.received.filter((text) => text.startsWith("<enable"))).toHaveLength(1);
		expect(streams.kept()?.id).toBe("session");
	});
});

describe("stopping", () => {
	test("while connecting ends at once, and no session is left behind that nobody answers", async () => {
		const open = Promise.withResolvers<void>();
		const server = double({ open: open.promise });
		const connection = await connect(server);
		await server.until(/<open/);
		await connection.stop(async () => {});
		open.resolve();
		expect(connection.status().kind).toBe("away");
	});

	test("sends the last answers, saves the count and hears that the server has them", async () => {
		const server = double();
		const streams = memory();
		const answers = Promise.withResolvers<void>();
		const connection = await connect(server, {
			streams,
			async handle({ attrs }) {
				await answers.promise;
				return xml("iq", { type: "result", id: attrs.id });
			},
		});
		await connection.online;
		server.send(publish("last"));
		server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
		await server.until(/<a /);
		const stopped = connection.stop(async () => answers.resolve());
		await server.until(/<r /);
		server.send(`<a xmlns="urn:xmpp:sm:3" h="1"/>`);
		await stopped;
		const order = server.received.filter((text) => /^<(iq .*"last"|r |a .*h="1")/.test(text));
		expect(order.map((text) => text.slice(1, 3).trim())).toEqual(["iq", "a", "r"]);
		expect(streams.kept()?.inbound).toBe(1);
	});
});

describe("a stream error as Prosody 13 sends it over WebSocket, without its namespace,", () => {
	/** Prosody 13.0.1's frames, letter by letter. */
	const conflict =
		"<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced by new connection</text></stream:error>";
	const hostUnknown =
		"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>This server does not serve localhost</text></stream:error>";
	const close = `<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`;

	test("that says conflict is another's doing: we stop rather than fight", async () => {
		const server = double();
		const connection = await connect(server);
		await connection.online;
		server.send(conflict);
		server.send(close);
		while (connection.status().kind === "online") await Bun.sleep(1);
		expect(connection.status()).toMatchObject({
			kind: "stopped",
			reason: expect.stringContaining("Replaced by new connection"),
		});
		expect(server.connections()).toBe(1);
	});

	test("that says host-unknown names the setting to look at", async () => {
		const server = double({ afterOpen: [hostUnknown, close] });
		const connection = await connect(server);
		const reason = () => JSON.stringify(connection.status());
		while (reason().includes("connecting")) await Bun.sleep(1);
		expect(reason()).toContain(
			"does not serve localhost: check XMPP_DOMAIN, or the domain in XMPP_USERNAME.",
		);
	});

	test("that says there is no way to log in: Prosody wants encryption", async () => {
		const noFeatures =
			"<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>No stream features to proceed with</text></stream:error>";
		const connection = await connect(double({ afterOpen: [noFeatures, close] }));
		const reason = () => JSON.stringify(connection.status());
		while (reason().includes("connecting")) await Bun.sleep(1);
		expect(reason()).toContain(
			"offers no way to log in (it says: No stream features to proceed with). Prosody does so where it wants encryption: write wss:// in XMPP_SERVICE.",
		);
	});
});

describe("a server that cannot be connected to: the sentence says what to do where", () => {
	const statusAt = async (service: string) => {
		const connection = await startConnection({
			settings: account(service),
			streams: memory(),
			handle: async () => undefined,
			onBacklog: async () => {},
			log: getLogger("test"),
		});
		ends.push(() => connection.stop(async () => {}));
		while (JSON.stringify(connection.status()).includes("connecting")) await Bun.sleep(1);
		return JSON.stringify(connection.status());
	};

	test("its certificate is of an authority that nobody here trusts", async () => {
		const { server: tls } = await makeCertificates("org.example.chat");
		const server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls, fetch: () => new Response("no") });
		ends.push(() => server.stop(true));
		expect(await statusAt(`wss://localhost:${server.port}/ws`)).toContain(
			"set XMPP_CA to the certificate of whoever signed it (PEM)",
		);
	});

	test("it speaks another protocol", async () => {
		const server = Bun.listen({
			port: 0,
			hostname: "127.0.0.1",
			socket: { data: (socket) => void socket.end("<?xml version='1.0'?>\r\n\r\n") },
		});
		ends.push(() => server.stop(true));
		expect(await statusAt(`ws://127.0.0.1:${server.port}/ws`)).toContain("check the port of XMPP_SERVICE");
	});

	test("nobody listens there", async () => {
		const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no") });
		const { port } = server;
		await server.stop(true);
		expect(await statusAt(`ws://127.0.0.1:${port}/ws`)).toContain(
			"check XMPP_SERVICE, its host and its port",
		);
	});
});

test("a server that ends each session just after it began is not hammered", async () => {
	const server = double({
		onResume(_h, self) {
			self.send(`<resumed xmlns="urn:xmpp:sm:3" h="0" previd="session"/>`);
			self.cut();
		},
	});
	const delays: string[] = [];
	const log = {
		...getLogger("test"),
		warn: (_message: string, { when }: { when?: string } = {}) => when && delays.push(when),
		info() {},
		error() {},
	} as unknown as ConnectionDeps["log"];
	const connection = await connect(server, { log, random: () => 0, timing: { backoffFirst: 20 } });
	await connection.online;
	server.cut();
	while (delays.length < 5) await Bun.sleep(5);
	expect(delays.slice(0, 5)).toEqual(["at once", "in 0 s", "in 0 s", "in 0 s", "in 0.1 s"]);
});

test("a session that cannot be resumed is counted all the same: the server is answered", async () => {
	const server = double({ enabled: `<enabled xmlns="urn:xmpp:sm:3"/>` });
	const streams = memory();
	const connection = await connect(server, { streams });
	await connection.online;
	server.send(publish("one"));
	server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
	await server.until(/<a [^>]*h="1"/);
	expect(streams.kept()).toBeUndefined();
});

describe("what a server does not take", () => {
	const answerOf =
		(size: number): ConnectionDeps["handle"] =>
		async ({ attrs }) =>
			xml("iq", { type: "result", id: attrs.id, to: attrs.from }, xml("x", {}, "x".repeat(size)));

	test.each([
		["as it says", { maxBytes: 20_000 }, 19_000, 18_500],
		["where it says more than we ever send", { maxBytes: 10_000_000 }, 65_000, 64_000],
		["where it says nothing", {}, 65_000, 64_000],
		["where it says less than any server may", { maxBytes: 1 }, 9_000, 8_500],
	])(
		"is not sent, %s: whoever asked is answered by an error to wait",
		async (_, options, tooMuch, enough) => {
			const server = double(options);
			let size = tooMuch;
			const connection = await connect(server, {
				handle: (stanza) => answerOf(size)(stanza),
				timing: { farewell: 10 },
			});
			await connection.online;
			server.send(publish("large"));
			const refused = await server.until(/id="large"/);
			expect(refused).toContain(`type="error"`);
			expect(refused).toContain(`<error type="wait"><internal-server-error`);
			size = enough;
			server.send(publish("small"));
			expect(await server.until(/id="small"/)).toContain(`type="result"`);
			connection.send(xml("message", { id: "ours" }, "x".repeat(tooMuch)));
			connection.send(xml("message", { id: "last" }));
			await server.until(/id="last"/);
			expect(server.received.join("")).not.toContain(`id="ours"`);
			expect(server.connections()).toBe(1);
		},
	);

	const STREAM_ERROR = (condition: string) =>
		`<stream:error xmlns:stream="http://etherx.jabber.org/streams"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>`;

	test.each<[string, (self: XmppDouble) => void, number]>([
		[
			"once more, and not again, after a stream error",
			(self) => self.send(STREAM_ERROR("policy-violation")),
			2,
		],
		["once more, and not again, after WebSocket's word that it is too big", (self) => self.close(1009), 2],
		[
			"until it is taken after the end of a server that shuts down",
			(self) => self.send(STREAM_ERROR("system-shutdown")),
			4,
		],
		["until it is taken after a connection that is lost", (self) => self.cut(), 4],
	])("is sent again %s", async (_, end, most) => {
		let came = 0;
		const server = double({
			onResume: (_h, self) => self.send(`<failed xmlns="urn:xmpp:sm:3"/>`),
			onMessage(text, self) {
				if (text.includes(`id="poison"`) && ++came <= 3) end(self);
			},
		});
		const connection = await connect(server, { random: () => 0, timing: { backoffFirst: 1, farewell: 10 } });
		await connection.online;
		server.send(publish("poison"));
		// Each of the first three that come ends a stream.
		const streams = Math.min(most, 3) + 1;
		while (server.connections() < streams || connection.status().kind !== "online") await Bun.sleep(1);
		server.send(publish("after"));
		await server.until(/id="after"/);
		expect(came).toBe(most);
	});
});

test("a message that cannot be received at all is passed over once what came before it is answered, and the stream resumed", async () => {
	/** As servers keep them until they are told that they were handled. */
	const queue = [
		publish("before"),
		`<message xmlns="jabber:client">${"x".repeat(2 ** 27)}</message>`,
		publish("after"),
	];
	const resumedAt: number[] = [];
	const server = double({
		onResume(h, self) {
			resumedAt.push(h);
			self.send(`<resumed xmlns="urn:xmpp:sm:3" h="0" previd="session"/>`);
			for (const stanza of queue.slice(h)) self.send(stanza);
		},
	});
	const held = Promise.withResolvers<void>();
	const streams = memory();
	const connection = await connect(server, {
		streams,
		async handle({ attrs }) {
			if (attrs.id === "before") await held.promise;
			return xml("iq", { type: "result", id: attrs.id, to: attrs.from });
		},
		// What waits is put on disk, and answered.
		onBacklog: async () => held.resolve(),
		timing: { farewell: 10 },
	});
	await connection.online;
	for (const stanza of queue) server.send(stanza);
	await server.until(/id="after"/);
	await server.until(/id="before"/);
	expect(resumedAt).toEqual([2]);
	expect(connection.status()).toEqual({ kind: "online" });
	server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
	await server.until(/<a [^>]*h="3"/);
	expect(streams.kept()?.inbound).toBe(3);
}, 30_000);

test("a message that is too long is answered by nobody and counts as handled, also when it is repeated", async () => {
	const long = (more = "") =>
		`<message xmlns="jabber:client" from="a" id="long">${"x".repeat(17_000_000)}${more}</message>`;
	const server = double({
		onResume(_h, self) {
			self.send(`<resumed xmlns="urn:xmpp:sm:3" h="0" previd="session"/>`);
			// As servers do that mark what is late.
			self.send(publish("first"));
			self.send(long("<delay/>"));
			self.send(publish("seen"));
			self.send(publish("last"));
		},
	});
	const held = Promise.withResolvers<void>();
	const connection = await connect(server, {
		async handle({ attrs }) {
			if (attrs.id === "first") await held.promise;
			return xml("iq", { type: "result", id: attrs.id, to: attrs.from });
		},
		timing: { farewell: 10 },
	});
	await connection.online;
	server.send(publish("first"));
	server.send(long());
	server.send(publish("seen"));
	await server.until(/id="seen"/);
	server.cut();
	await server.until(/id="last"/);
	held.resolve();
	await server.until(/<a [^>]*h="4"/);
	expect(server.received.filter((text) => text.includes(`id="first"`))).toHaveLength(1);
	expect(server.received.join("")).not.toContain(`id="long"`);
	expect(server.connections()).toBe(2);
});

describe("what the server says of a stream", () => {
	test.each(["NaN", "-1", "1.5", "", "1e3", "4294967296", " 1"])(
		"as a count of ours must be one, and %j is none: the stream is begun anew, and nothing is taken for known",
		async (h) => {
			const server = double();
			const connection = await connect(server, { timing: { farewell: 10 } });
			await connection.online;
			server.send(`<a xmlns="urn:xmpp:sm:3" h="${h}"/>`);
			await server.until(/<resume /);
			while (connection.status().kind !== "online") await Bun.sleep(1);
			expect(server.connections()).toBe(2);
		},
	);

	test("resumes the session that was asked for, and no other", async () => {
		const server = double({
			onResume: (_h, self) => self.send(`<resumed xmlns="urn:xmpp:sm:3" h="0" previd="another"/>`),
		});
		const lines: string[] = [];
		const log = { ...getLogger("test"), info() {}, error() {} } as unknown as ConnectionDeps["log"];
		log.warn = ((_message: string, { reason }: { reason?: string } = {}) =>
			lines.push(String(reason))) as never;
		const connection = await connect(server, { log, timing: { backoffFirst: 60_000, farewell: 10 } });
		await connection.online;
		server.cut();
		while (lines.length < 2) await Bun.sleep(1);
		expect(lines[1]).toBe("The server resumed another session than the one that was asked for.");
	});

	test("cannot be resumed by an id longer than XEP-0198 allows: it would be kept on disk", async () => {
		const server = double({
			enabled: `<enabled xmlns="urn:xmpp:sm:3" id="${"i".repeat(4_001)}" resume="true"/>`,
		});
		const streams = memory();
		const connection = await connect(server, { streams, timing: { farewell: 10 } });
		await connection.online;
		server.send(publish("one"));
		server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
		await server.until(/<a [^>]*h="1"/);
		expect(streams.kept()).toBeUndefined();
	});
});
