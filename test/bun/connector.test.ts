/** The connector in moments that real servers cannot be brought to at will. */
import { afterEach, describe, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import { type Connector, type ConnectorDeps, startConnector } from "../../src/bun/connector.ts";
import type { StreamState, Streams } from "../../src/store/streams.ts";
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

async function connect(server: XmppDouble, deps: Partial<ConnectorDeps> = {}): Promise<Connector> {
	const connector = await startConnector({
		connection: account(server.service),
		streams: memory(),
		handle: async ({ attrs }) => xml("iq", { type: "result", id: attrs.id, to: attrs.from }),
		onBacklog: async () => {},
		log: getLogger("test"),
		...deps,
	});
	ends.push(() => connector.stop(async () => {}));
	return connector;
}

const publish = (id: string) =>
	`<iq xmlns="jabber:client" type="set" id="${id}" from="example.org"><x/></iq>`;

describe("a stranger's stanza", () => {
	test.each([
		["a ping", `<ping xmlns="urn:xmpp:ping"/>`],
		["a bind", `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>push@localhost/push</jid></bind>`],
	])("with any id, %s, is a stanza like others, also on a resumed stream", async (_name, payload) => {
		const server = double();
		const streams = memory();
		const connector = await connect(server, { streams });
		await connector.online;
		server.cut();
		await server.until(/<resume /);
		const bound = /id="([^"]+)"[^>]*><bind/.exec(server.received.join(""))?.[1];
		for (const id of ["bind", bound, "other"]) {
			server.send(
				`<iq xmlns="jabber:client" type="set" id="${id}" from="mallory@example.org/x">${payload}</iq>`,
			);
			expect(await server.until(new RegExp(`type="result" id="${id}"`))).toContain("mallory@example.org/x");
		}
		expect(connector.status()).toEqual({ kind: "online" });
		expect(server.connections()).toBe(2);
		expect(server.received.filter((text) => text.startsWith("<enable"))).toHaveLength(1);
		expect(streams.kept()?.id).toBe("session");
	});
});

describe("stopping", () => {
	test("while connecting ends at once, and no session is left behind that nobody answers", async () => {
		const open = Promise.withResolvers<void>();
		const server = double({ open: open.promise });
		const connector = await connect(server);
		await server.until(/<open/);
		await connector.stop(async () => {});
		open.resolve();
		expect(connector.status().kind).toBe("away");
	});

	test("sends the last answers, saves the count and hears that the server has them", async () => {
		const server = double();
		const streams = memory();
		const answers = Promise.withResolvers<void>();
		const connector = await connect(server, {
			streams,
			async handle({ attrs }) {
				await answers.promise;
				return xml("iq", { type: "result", id: attrs.id });
			},
		});
		await connector.online;
		server.send(publish("last"));
		server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
		await server.until(/<a /);
		const stopped = connector.stop(async () => answers.resolve());
		await server.until(/<r /);
		server.send(`<a xmlns="urn:xmpp:sm:3" h="1"/>`);
		await stopped;
		const order = server.received.filter((text) => /^<(iq .*"last"|r |a .*h="1")/.test(text));
		expect(order.map((text) => text.slice(1, 3).trim())).toEqual(["iq", "a", "r"]);
		expect(streams.kept()?.inbound).toBe(1);
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
	} as unknown as ConnectorDeps["log"];
	const connector = await connect(server, { log, random: () => 0, timing: { backoffFirst: 20 } });
	await connector.online;
	server.cut();
	while (delays.length < 5) await Bun.sleep(5);
	expect(delays.slice(0, 5)).toEqual(["at once", "in 0 s", "in 0 s", "in 0 s", "in 0.1 s"]);
});

test("a session that cannot be resumed is counted all the same: the server is answered", async () => {
	const server = double({ enabled: `<enabled xmlns="urn:xmpp:sm:3"/>` });
	const streams = memory();
	const connector = await connect(server, { streams });
	await connector.online;
	server.send(publish("one"));
	server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
	await server.until(/<a [^>]*h="1"/);
	expect(streams.kept()).toBeUndefined();
});

describe("what the server says of a stream", () => {
	test.each(["NaN", "-1", "1.5", "", "1e3", "4294967296", " 1"])(
		"as a count of ours must be one, and %j is none: the stream is begun anew, and nothing is taken for known",
		async (h) => {
			const server = double();
			const connector = await connect(server, { timing: { farewell: 10 } });
			await connector.online;
			server.send(`<a xmlns="urn:xmpp:sm:3" h="${h}"/>`);
			await server.until(/<resume /);
			while (connector.status().kind !== "online") await Bun.sleep(1);
			expect(server.connections()).toBe(2);
		},
	);

	test("resumes the session that was asked for, and no other", async () => {
		const server = double({
			onResume: (_h, self) => self.send(`<resumed xmlns="urn:xmpp:sm:3" h="0" previd="another"/>`),
		});
		const lines: string[] = [];
		const log = { ...getLogger("test"), info() {}, error() {} } as unknown as ConnectorDeps["log"];
		log.warn = ((_message: string, { reason }: { reason?: string } = {}) =>
			lines.push(String(reason))) as never;
		const connector = await connect(server, { log, timing: { backoffFirst: 60_000, farewell: 10 } });
		await connector.online;
		server.cut();
		while (lines.length < 2) await Bun.sleep(1);
		expect(lines[1]).toBe("The server resumed another session than the one that was asked for.");
	});

	test("cannot be resumed by an id longer than XEP-0198 allows: it would be kept on disk", async () => {
		const server = double({
			enabled: `<enabled xmlns="urn:xmpp:sm:3" id="${"i".repeat(4_001)}" resume="true"/>`,
		});
		const streams = memory();
		const connector = await connect(server, { streams, timing: { farewell: 10 } });
		await connector.online;
		server.send(publish("one"));
		server.send(`<r xmlns="urn:xmpp:sm:3"/>`);
		await server.until(/<a [^>]*h="1"/);
		expect(streams.kept()).toBeUndefined();
	});
});
