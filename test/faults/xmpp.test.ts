/** Streams that end with every error there is, or in garbage: the connection comes back, or stops where it must not. */
import { afterEach, describe, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { type Connection, type ConnectionDeps, startConnection } from "../../src/connector/connection.ts";
import { component, startComponentDouble, streamError } from "../connector/component-double.ts";
import { account, startXmppDouble } from "../connector/xmpp-double.ts";
import { startBlackHole } from "../peers/black-hole.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** What of a server the stories below need. */
interface Server {
	connections(): number;
	send(xml: string): void;
	connection: Connection;
	/** What a publish looks like on this stream. */
	publish(id: string): string;
	/** Resolves when a publish was answered. */
	answered(id: string): Promise<unknown>;
}

/** Each session is taken for one that lasted: else the pauses between them would grow, as they must. */
const TIMING = { backoffFirst: 5, farewell: 10, stable: 0 };

async function start(over: Partial<ConnectionDeps> & Pick<ConnectionDeps, "settings">): Promise<Connection> {
	const timing = { ...TIMING, ...over.timing };
	const connection = await startConnection({
		streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
		handle: async ({ attrs }: Element) => xml("iq", { type: "result", id: attrs.id, to: attrs.from }),
		onBacklog: async () => {},
		log: getLogger("test"),
		...over,
		timing,
	});
	ends.push(() => connection.stop(async () => {}));
	await connection.online;
	return connection;
}

async function overComponent(): Promise<Server> {
	const server = await startComponentDouble();
	ends.push(() => server.stop());
	const connection = await start({ settings: component(server.service) });
	return {
		...server,
		connection,
		publish: (id) => `<iq type="set" id="${id}" from="example.org" to="push.example.org"><x/></iq>`,
		answered: (id) => server.until(new RegExp(`id="${id}"`)),
	};
}

/** @param refusesToResume the server has lost the session */
async function overWebSocket(refusesToResume = false): Promise<Server> {
	const server = startXmppDouble(
		refusesToResume
			? {
					onResume: (_h, self) =>
						self.send(
							`<failed xmlns="urn:xmpp:sm:3"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></failed>`,
						),
				}
			: {},
	);
	ends.push(() => server.stop());
	const connection = await start({ settings: account(server.service) });
	return {
		...server,
		connection,
		// What follows an error is the end of the stream.
		send(xml) {
			server.send(xml.replace("</stream:stream>", "").replace("<stream:error>", STREAM_ERROR));
			if (xml.includes("stream:error")) server.cut();
		},
		publish: (id) => `<iq xmlns="jabber:client" type="set" id="${id}" from="example.org"><x/></iq>`,
		answered: (id) => server.until(new RegExp(`id="${id}"`)),
	};
}

const STREAM_ERROR = `<stream:error xmlns:stream="http://etherx.jabber.org/streams">`;

/** RFC 6120 §4.9.3, without `conflict` and `not-authorized`. */
const CONDITIONS = [
	...["bad-format", "bad-namespace-prefix", "connection-timeout", "host-gone", "host-unknown"],
	...["improper-addressing", "internal-server-error", "invalid-from", "invalid-namespace", "invalid-xml"],
	...["not-well-formed", "policy-violation", "remote-connection-failed", "reset", "resource-constraint"],
	...["restricted-xml", "see-other-host", "system-shutdown", "undefined-condition", "unsupported-encoding"],
	...["unsupported-feature", "unsupported-stanza-type", "unsupported-version", "an-error-of-tomorrow"],
];

const GARBAGE = {
	"an element that never closes": "</never></opened>",
	"what is no XML": "</>\0\x01\xff{}[]",
	"a document type": '<!DOCTYPE x [<!ENTITY lol "lol">]><iq/>',
	"a prefix of no namespace": "<no:such/></no:other>",
};

async function untilConnections(server: Server, count: number) {
	while (server.connections() < count || server.connection.status().kind !== "online") await Bun.sleep(1);
}

describe.each([
	["a component", overComponent],
	["an account", overWebSocket],
	["an account whose session the server has lost", () => overWebSocket(true)],
] as const)("%s", (_kind, open) => {
	test("comes back from each stream error, and answers what is published then", async () => {
		const server = await open();
		let connections = 1;
		for (const condition of CONDITIONS) {
			server.send(streamError(condition, "Come again"));
			await untilConnections(server, ++connections);
			server.send(server.publish(`after-${condition}`));
			await server.answered(`after-${condition}`);
		}
		expect(server.connections()).toBe(connections);
	}, 20_000);

	test("follows the server to no other host", async () => {
		const server = await open();
		const elsewhere = await startComponentDouble();
		ends.push(() => elsewhere.stop());
		server.send(
			streamError("see-other-host").replace("/>", `>${new URL(elsewhere.service).host}</see-other-host>`),
		);
		await untilConnections(server, 2);
		expect(elsewhere.connections()).toBe(0);
	});

	test("stops rather than fights after a conflict", async () => {
		const server = await open();
		server.send(streamError("conflict"));
		while (server.connection.status().kind === "online") await Bun.sleep(1);
		await Bun.sleep(50);
		expect(server.connection.status().kind).toBe("stopped");
		expect(server.connections()).toBe(1);
	});

	test("comes back from garbage", async () => {
		const server = await open();
		let connections = 1;
		for (const [name, garbage] of Object.entries(GARBAGE)) {
			server.send(garbage);
			await untilConnections(server, ++connections);
			server.send(server.publish(`after ${name}`));
			await server.answered(`after ${name}`);
		}
	}, 20_000);
});

test("a component whose secret was changed while it was online tries again, and seldom: servers ban who tries it often", async () => {
	const server = await startComponentDouble({
		onHandshake: (connection) => (connection === 1 ? "<handshake/>" : streamError("not-authorized")),
	});
	ends.push(() => server.stop());
	const connection = await start({
		settings: component(server.service),
		timing: { backoffCredentials: 100 },
	});
	server.send(streamError("reset"));
	const startedAt = performance.now();
	while (server.connections() < 3) await Bun.sleep(1);
	expect(performance.now() - startedAt).toBeGreaterThanOrEqual(100);
	expect(connection.status()).toMatchObject({
		kind: "away",
		reason: expect.stringContaining("is not its secret"),
	});
});

describe("a connection that is open at one side only", () => {
	test("is left by a component once the server has been silent for too long, and a new one serves", async () => {
		const server = await startComponentDouble({ echoesPings: true });
		ends.push(() => server.stop());
		const hole = await startBlackHole(Number(new URL(server.service).port));
		ends.push(() => hole.stop());
		const connection = await start({
			settings: component(`xmpp://127.0.0.1:${hole.port}`),
			timing: { silence: 50, grace: 150 },
		});
		await hole.forget();
		await hole.closed(1);
		while (server.connections() < 2 || connection.status().kind !== "online") await Bun.sleep(1);
		server.send('<iq type="set" id="again" from="example.org" to="push.example.org"><x/></iq>');
		await server.until(/id="again"/);
	}, 10_000);

	test("is left by an account, which resumes over a new one", async () => {
		const server = startXmppDouble();
		ends.push(() => server.stop());
		const hole = await startBlackHole(Number(new URL(server.service).port));
		ends.push(() => hole.stop());
		const connection = await start({
			settings: account(`ws://127.0.0.1:${hole.port}/`),
			timing: { silence: 50, grace: 150 },
		});
		await hole.forget();
		await server.until(/<resume /);
		while (connection.status().kind !== "online") await Bun.sleep(1);
		server.send('<iq xmlns="jabber:client" type="set" id="again" from="example.org"><x/></iq>');
		await server.until(/id="again"/);
	}, 10_000);
});
