/** A component's connection in moments that real servers cannot be brought to at will. */
import { afterEach, describe, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { XmppConnection } from "../../src/config/connections.ts";
import { createOthers } from "../../src/connector/address/other-databases.ts";

import { type Connection, type ConnectionDeps, startConnection } from "../../src/connector/connection.ts";
import { type Connections, createConnections } from "../../src/connector/connections.ts";

import { readableLog } from "../delivery/delivery-fixture.ts";
import {
	type ComponentDouble,
	type ComponentDoubleOptions,
	component,
	startComponentDouble,
	streamError,
} from "./component-double.ts";
import { account, startXmppDouble } from "./xmpp-double.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

async function double(options: ComponentDoubleOptions = {}): Promise<ComponentDouble> {
	const started = await startComponentDouble(options);
	ends.push(() => started.stop());
	return started;
}

const result = ({ attrs }: Element) =>
	xml("iq", { type: "result", id: attrs.id, to: attrs.from, from: attrs.to });

const deps = {
	streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
	handle: async (stanza: Element) => result(stanza),
	onBacklog: async () => {},
	log: getLogger("test"),
	timing: { farewell: 10 },
};

async function connect(server: ComponentDouble, over: Partial<ConnectionDeps> = {}): Promise<Connection> {
	const timing = { ...deps.timing, ...over.timing };
	const connection = await startConnection({ ...deps, settings: component(server.service), ...over, timing });
	ends.push(() => connection.stop(async () => {}));
	return connection;
}

const publish = (id: string, body = "") =>
	`<iq type="set" id="${id}" from="example.org" to="push.example.org"><x xmlns="y">${body}</x></iq>`;

describe("a stream", () => {
	test("begins with the proof that the secret is known, and takes no stanza before the server's consent", async () => {
		const server = await double({ onHandshake: () => `${publish("early")}<handshake/>${publish("late")}` });
		const connection = await connect(server);
		await connection.online;
		expect(await server.until(/<iq type="result" id="late"/)).toBeDefined();
		expect(server.received()).toContain('to="push.example.org"');
		expect(server.received()).not.toContain("early");
		// The proof is of the secret; the secret stays here.
		expect(server.received()).not.toContain("the secret");
	});

	test("goes to a host whose name is not ASCII, which its URL has in another form", async () => {
		const server = await double();
		const { port } = new URL(server.service);
		// What a URL makes of such a name is decoded before DNS has it: these are ASCII, so that they can be found.
		const service = `xmpp://%6cocalhost:${port}`;
		expect(new URL(service).hostname).toContain("%");
		const connection = await connect(server, { settings: component(service) });
		await connection.online;
	});

	test.each([
		["clients", "jabber:client"],
		["other servers", "jabber:server"],
	])("to the port for %s names that port, whatever the server says of the host", async (whose, namespace) => {
		const server = await double({ namespace, onHandshake: () => streamError("host-unknown") });
		const connection = await connect(server);
		while (!/port/.test(JSON.stringify(connection.status()))) await Bun.sleep(1);
		expect(connection.status()).toMatchObject({
			kind: "away",
			reason: expect.stringContaining(
				`is the server's port for ${whose}, not for components: set XMPP_SERVICE`,
			),
		});
		// The proof of the secret is not for who asks nothing of it.
		expect(server.received()).not.toContain("<handshake");
	});

	test("keeps characters whole that come in two pieces", async () => {
		const server = await double();
		const bodies: string[] = [];
		const connection = await connect(server, {
			async handle(stanza) {
				bodies.push(stanza.getChildText("x") ?? "");
				return result(stanza);
			},
		});
		await connection.online;
		const bytes = new TextEncoder().encode(publish("one", "Füße 🕊"));
		for (const byte of bytes) {
			server.send(new Uint8Array([byte]));
			await Bun.sleep(0);
		}
		await server.until(/id="one"/);
		expect(bodies).toEqual(["Füße 🕊"]);
	});

	test("is left and begun anew after a loss, and what is answered late leaves by the new one", async () => {
		const server = await double();
		const answers = Promise.withResolvers<void>();
		const connection = await connect(server, {
			async handle(stanza) {
				await answers.promise;
				return result(stanza);
			},
		});
		await connection.online;
		server.send(publish("slow"));
		server.cut();
		await server.until(/<handshake>[\s\S]*<handshake>/);
		while (connection.status().kind !== "online") await Bun.sleep(1);
		answers.resolve();
		await server.until(/<iq type="result" id="slow"/);
		expect(server.connections()).toBe(2);
	});
});

test("what keeps it away for long is said at once, and then ever more rarely, with a count", async () => {
	const server = await double({ onHandshake: () => streamError("internal-server-error") });
	const { log, lines } = readableLog();
	await connect(server, { log, timing: { backoffFirst: 1, backoffLongest: 1 } });
	while (server.connections() < 45) await server.until(/<handshake/, server.received().length);
	const tries = lines.map((line) => /"tries":"(?:It is so for (\d+) tries now. )?"/.exec(line)?.[1]);
	expect(tries).toEqual([undefined, "10", "20", "40"]);
	expect(lines[0]).toContain("internal-server-error");
});

describe("a conflict", () => {
	test("when connecting is a standby's: it tries again, and takes over", async () => {
		const server = await double({
			onHandshake: (connection) => (connection < 3 ? streamError("conflict") : "<handshake/>"),
		});
		const connection = await connect(server, { timing: { backoffFirst: 5 } });
		await connection.online;
		expect(server.connections()).toBe(3);
	});

	test("when online is another's doing: it stops rather than fights", async () => {
		const server = await double();
		const connection = await connect(server);
		await connection.online;
		server.send(streamError("conflict", "Replaced by a new connection"));
		while (connection.status().kind === "online") await Bun.sleep(1);
		expect(connection.status()).toMatchObject({
			kind: "stopped",
			reason: expect.stringContaining("push.example.org"),
		});
		expect(server.connections()).toBe(1);
	});
});

test("a server that falls silent is asked, and when it does not answer, left", async () => {
	const server = await double();
	const connection = await connect(server, { timing: { silence: 30, grace: 150 } });
	await connection.online;
	// Not to the bare domain: ejabberd's mod_privilege swallows what a component sends there.
	await server.until(/<iq type="get"[^>]* from="push.example.org\/alive" to="push.example.org\/alive"><ping/);
	await server.until(/<handshake>[\s\S]*<handshake>/);
	expect(server.connections()).toBe(2);
});

test("a server that answers is not left, however quiet it is", async () => {
	const server = await double({ echoesPings: true });
	// An answer that a busy machine keeps lying for a second is none that did not come.
	const connection = await connect(server, { timing: { silence: 20, grace: 1_500 } });
	await connection.online;
	// It asks fifteen times within the grace: that is over by then.
	while (server.received().split("<ping").length < 20) await server.until(/<ping/, server.received().length);
	expect(server.connections()).toBe(1);
});

test("a process that was stopped for longer than that reads what came meanwhile, and stays", async () => {
	const server = await double({ echoesPings: true });
	const connection = await connect(server, { timing: { silence: 30, grace: 1_500 } });
	await connection.online;
	server.send(publish("meanwhile"));
	// Nothing of this process runs, its timers neither, as when it is stopped.
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
	await server.until(/<iq type="result" id="meanwhile"/);
	expect(server.connections()).toBe(1);
});

describe("a Reveille of another database that has the same domain", () => {
	const ask = (from: string, value: string) =>
		`<iq type="get" id="q" from="${from}" to="push.example.org/alive"><ping xmlns="urn:xmpp:ping"><same xmlns="urn:reveille:0">${value}</same></ping></iq>`;

	async function beside() {
		const server = await double({ echoesPings: true });
		const others = createOthers({
			address: "push.example.org",
			value: "ours",
			log: deps.log,
			timing: { often: 1, about: 1, alone: 1 },
		});
		const connection = await connect(server, { others });
		await connection.online;
		const untilStatus = async (wished: object) => {
			while (!Bun.deepEquals(connection.status(), wished)) await Bun.sleep(1);
		};
		await untilStatus({ kind: "online" });
		return { server, connection, untilStatus };
	}

	test("is heard by its pings, told of, and forgotten when it is gone", async () => {
		const { server, connection, untilStatus } = await beside();
		expect(server.received()).toContain(ask("push.example.org/alive", "ours").slice(-90));
		server.send(ask("push.example.org/alive", "theirs"));
		await server.until(/<iq type="result" id="q"/);
		expect(connection.status()).toEqual({
			kind: "online",
			fault: expect.stringContaining("another database"),
		});
		await untilStatus({ kind: "online" });
		expect(server.connections()).toBe(1);
	});

	test("may be the one for which we were refused: what is unknown stays in doubt when we get in", async () => {
		const server = await double({
			onHandshake: (connection) => (connection === 1 ? streamError("conflict") : "<handshake/>"),
			echoesPings: true,
		});
		const others = createOthers({
			address: "push.example.org",
			value: "ours",
			log: deps.log,
			timing: { often: 1, about: 1, alone: 10_000 },
		});
		const connection = await connect(server, { others, timing: { standby: 1 } });
		await connection.online;
		while (others.fault() !== undefined) await Bun.sleep(1);
		expect(others.doubt()).toBeDefined();
		expect(connection.status()).toEqual({ kind: "online" });
	});

	test("is only believed in from our own domain", async () => {
		const { server, connection } = await beside();
		const last = ask("push.example.org.evil.example", "theirs").replace('id="q"', 'id="last"');
		server.send(ask("example.org", "theirs") + ask("push@example.org/push.example.org", "theirs") + last);
		await server.until(/<iq type="result" id="last"/);
		expect(connection.status()).toEqual({ kind: "online" });
	});
});

describe("too much at once", () => {
	test("is put off at the server: only so many stanzas are in hand, and none is lost", async () => {
		const server = await double();
		const gate = Promise.withResolvers<void>();
		let inHand = 0;
		let most = 0;
		let answered = 0;
		let backlogs = 0;
		let relieving = 0;
		let mostRelieving = 0;
		const connection = await connect(server, {
			async handle() {
				most = Math.max(most, ++inHand);
				await gate.promise;
				inHand--;
				answered++;
				return undefined;
			},
			async onBacklog() {
				backlogs++;
				mostRelieving = Math.max(mostRelieving, ++relieving);
				await Bun.sleep(10);
				relieving--;
			},
		});
		await connection.online;
		const sent = await server.untilFull(publish("many", "z".repeat(2_000)));
		expect(most).toBeGreaterThanOrEqual(4_000);
		// One read may hold some more.
		expect(most).toBeLessThan(4_400);
		expect(sent).toBeGreaterThan(most);
		expect(backlogs).toBeGreaterThan(0);
		// Not once for each stanza beyond: each would write all of them.
		expect(mostRelieving).toBe(1);
		gate.resolve();
		while (answered < sent) await Bun.sleep(5);
		expect(connection.status().kind).toBe("online");
		expect(server.connections()).toBe(1);
	}, 30_000);

	test("is counted by what is in hand: one that takes long does not stand for those answered after it", async () => {
		const server = await double();
		let backlogs = 0;
		const connection = await connect(server, {
			handle: async (stanza) => (stanza.attrs.id === "slow" ? new Promise(() => {}) : result(stanza)),
			onBacklog: async () => void backlogs++,
		});
		await connection.online;
		server.send(publish("slow"));
		for (let round = 0; round < 10; round++) {
			for (let count = 0; count < 500; count++) server.send(publish(`n${round}-${count}`));
			await server.until(new RegExp(`id="n${round}-499"`));
		}
		expect(backlogs).toBe(0);
	});
});

test("stopping answers what is in hand and what comes meanwhile, then closes the stream", async () => {
	const server = await double();
	const held = Promise.withResolvers<void>();
	const connection = await connect(server, {
		async handle(stanza) {
			if (stanza.attrs.id === "held") await held.promise;
			return result(stanza);
		},
	});
	await connection.online;
	server.send(publish("held"));
	await connection.stop(async () => {
		server.send(publish("meanwhile"));
		await server.until(/id="meanwhile"/);
		held.resolve();
	});
	expect(server.received()).toMatch(/id="meanwhile"[\s\S]*id="held"[\s\S]*<\/stream:stream>$/);
});

describe("several connections", () => {
	async function opened(...all: XmppConnection[]): Promise<Connections> {
		const connections = createConnections(all);
		await connections.start(all.map((settings) => ({ ...deps, settings })));
		return connections;
	}

	async function two() {
		const server = await double();
		const other = startXmppDouble();
		ends.push(() => other.stop());
		const connections = await opened(account(other.service), component(server.service));
		ends.push(() => connections.stop(async () => {}));
		while (connections.status() !== true) await Bun.sleep(1);
		return { server, other, connections };
	}

	test("send a stanza of ours by the one that has the address, or by the first, from an address it may have", async () => {
		const { server, other, connections } = await two();
		const told = (id: string) => xml("message", { to: "romeo@example.org", id });
		connections.sendFrom("push.example.org", told("one"));
		connections.sendFrom("old@push.example.org/x", told("two"));
		connections.sendFrom("push@localhost/push", told("three"));
		connections.sendFrom("elsewhere.example", told("four"));
		connections.sendFrom(undefined, told("five"));
		await server.until(/id="one" from="push.example.org"/);
		await server.until(/id="two" from="old@push.example.org\/x"/);
		for (const id of ["three", "four", "five"])
			await other.until(new RegExp(`id="${id}" from="push@localhost/push"`));
	});

	test("tell which of them is away, and finish once for all of them", async () => {
		const { server, connections } = await two();
		expect([...connections.isOnline()]).toEqual([
			["push@localhost/push", true],
			["push.example.org", true],
		]);
		server.send(streamError("conflict"));
		while (connections.status() === true) await Bun.sleep(1);
		expect(connections.status()).toStartWith("push.example.org: ");
		expect(connections.isOnline().get("push.example.org")).toBe(false);
		let finished = 0;
		await connections.stop(async () => void finished++);
		expect(finished).toBe(1);
	});

	test("name their server by its setting to whoever asks: its URL is the operator's", async () => {
		const gone = await double();
		gone.stop();
		const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no") });
		ends.push(() => web.stop(true));
		const nowhere = await opened(
			{ ...account(`ws://127.0.0.1:${web.port}/ws`), table: "[[connection]] 2" },
			component(gone.service),
		);
		ends.push(() => nowhere.stop(async () => {}));
		while (!/101.*REFUSED/.test(String(nowhere.status()))) await Bun.sleep(1);
		expect(nowhere.status()).toBe(
			"push@localhost/push: Cannot connect to service of [[connection]] 2 (Expected 101 status code: 200): there is no XMPP over WebSocket; check the path of service of [[connection]] 2. " +
				"push.example.org: Cannot connect to XMPP_SERVICE (ECONNREFUSED): check XMPP_SERVICE, and that the server listens for components there.",
		);
	});

	test("say what is wrong with a name", async () => {
		const nowhere = await opened(component("xmpp://nobody.invalid:5347"));
		ends.push(() => nowhere.stop(async () => {}));
		while (!/ENOTFOUND/.test(String(nowhere.status()))) await Bun.sleep(1);
		expect(nowhere.status()).toBe(
			"Cannot connect to XMPP_SERVICE (ENOTFOUND): DNS does not know the host's name: is it spelt right, and does DNS work on this machine? Else check XMPP_SERVICE, and that the server listens for components there.",
		);
	});

	test("are not ours before they are opened, and what is sent goes nowhere", () => {
		const connections = createConnections([component("xmpp://127.0.0.1:1")]);
		expect(connections.status()).toBe("The XMPP connections are not opened yet.");
		expect(connections.isOnline().size).toBe(0);
		connections.sendFrom("push.example.org", xml("message"));
	});

	test("are none without settings, and stopping finishes all the same", async () => {
		const connections = await opened();
		expect(connections.status()).toContain("XMPP_SERVICE");
		let finished = 0;
		await connections.stop(async () => void finished++);
		expect(finished).toBe(1);
	});
});
