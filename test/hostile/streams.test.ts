/**
 * XML that no server should send, on live streams: what cannot be read ends the stream, and a new one is begun; what
 * is only odd is answered or left alone; neither takes the memory or the time that others need.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { getLogger } from "@logtape/logtape";
import type { XmppConnection } from "../../src/config/connections.ts";
import { startConnection } from "../../src/connector/connection.ts";
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { component, startComponentDouble } from "../connector/component-double.ts";
import { account, startXmppDouble } from "../connector/xmpp-double.ts";
import { startReveille } from "../peers/reveille.ts";
import { noCommands } from "../xmpp/no-commands.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** What both doubles have. */
interface Peer {
	settings: XmppConnection;
	connections(): number;
	/** One message over WebSocket, some bytes over TCP. */
	send(xml: string): void;
	until(pattern: RegExp): Promise<string>;
}

const transports: Record<string, () => Promise<Peer>> = {
	"the component's socket": async () => {
		const double = await startComponentDouble();
		ends.push(() => double.stop());
		return { ...double, settings: component(double.service), until: (pattern) => double.until(pattern) };
	},
	WebSocket: async () => {
		const double = startXmppDouble();
		ends.push(() => double.stop());
		return { ...double, settings: account(double.service) };
	},
};

async function connect(peer: Peer) {
	const connection = await startConnection({
		settings: peer.settings,
		streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
		handle: createStanzaHandler({
			publish: async () => ({ kind: "done", how: "delivered" }),
			commands: noCommands,
			version: "0",
		}),
		onBacklog: async () => {},
		log: getLogger("test"),
		timing: { farewell: 10 },
	});
	ends.push(() => connection.stop(async () => {}));
	await connection.online;
	return connection;
}

const ping = (id: string) =>
	`<iq type="get" id="${id}" from="example.org" to="us"><ping xmlns="urn:xmpp:ping"/></iq>`;
const answerTo = (id: string) => new RegExp(`<iq type="result" id="${id}"`);

const UNREADABLE: [string, string][] = [
	["an entity that nobody declared", `<iq type="get" id="x"><a>&lol;</a></iq>`],
	[
		"entities that are made of entities",
		`<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><iq id="x"><a>&b;</a></iq>`,
	],
	[
		"an entity that is a file",
		`<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><iq id="x"><a>&f;</a></iq>`,
	],
	["a comment", `<iq type="get" id="x"><!-- --><a/></iq>`],
	["a processing instruction", `<iq type="get" id="x"><?php ?><a/></iq>`],
	["NUL by its number", `<iq type="get" id="&#0;"><a/></iq>`],
	["half of a surrogate pair", `<iq type="get" id="&#xD83D;"><a/></iq>`],
	["what is no character", `<iq type="get" id="&#xFFFE;"><a/></iq>`],
	["a number beyond Unicode", `<iq type="get" id="&#x110000;"><a/></iq>`],
	["an end that fits no beginning", `<iq type="get" id="x"><a></b></iq>`],
	["an end of what did not begin", `</iq></iq></iq>`],
];

/** What is sent, and what must be among the answers. */
const ODD: [string, string, RegExp?][] = [
	["10,000 levels", `<message from="a">${"<a>".repeat(10_000)}${"</a>".repeat(10_000)}</message>`],
	[
		"an IQ with 10,000 levels",
		`<iq type="set" id="deep"><a>${"<a>".repeat(10_000)}${"</a>".repeat(10_000)}</a></iq>`,
		/id="deep"/,
	],
	["an attribute of 5 MB", `<message a="${"x".repeat(5_000_000)}"/>`],
	["a text of 5 MB", `<message><body>${"x".repeat(5_000_000)}</body></message>`],
	[
		"5,000 attributes",
		`<iq type="get" id="many" ${Array.from({ length: 5_000 }, (_, i) => `a${i}="x"`).join(" ")}/>`,
		/type="error" id="many"/,
	],
	[
		"1,000 payloads",
		`<iq type="get" id="thousand">${"<ping xmlns='urn:xmpp:ping'/>".repeat(1_000)}</iq>`,
		/type="error" id="thousand"/,
	],
	["the longest id", ping("i".repeat(1024)), /<iq type="result" id="i{1024}"/],
	[
		"an id with all that needs escaping",
		ping("&quot;&apos;&lt;&gt;&amp;]]&gt;"),
		/id="&quot;&apos;&lt;&gt;&amp;\]\]&gt;"/,
	],
	[
		"an id that is a stanza",
		ping("&apos;/&gt;&lt;iq id=&apos;evil"),
		/id="&apos;\/&gt;&lt;iq id=&apos;evil"/,
	],
	[
		"an IQ without an id",
		`<iq type="get" from="a"><ping xmlns="urn:xmpp:ping"/></iq>`,
		/<iq type="result" to="a"/,
	],
	["an IQ without a type", `<iq id="x"><ping xmlns="urn:xmpp:ping"/></iq>`],
	[
		"nobody's sender",
		`<iq type="get" id="empty" from=""><ping xmlns="urn:xmpp:ping"/></iq>`,
		/id="empty" to=""/,
	],
	["no sender", `<iq type="get" id="none"><ping xmlns="urn:xmpp:ping"/></iq>`, /<iq type="result" id="none"/],
	[
		"ourselves as the sender",
		`<iq type="get" id="ours" from="us" to="us"><ping xmlns="urn:xmpp:ping"/></iq>`,
		/id="ours" to="us" from="us"/,
	],
	[
		"an answer to no question",
		`<iq type="result" id="none" from="a"/><iq type="error" id="none" from="a"><error/></iq>`,
	],
	[
		"CDATA",
		`<iq type="get" id="cdata"><ping xmlns="urn:xmpp:ping"><![CDATA[<!-- </iq> <?php &lol; ]]></ping></iq>`,
		/result" id="cdata"/,
	],
	[
		"a name that all objects have",
		`<iq type="get" id="proto" __proto__="x" constructor="y" toString="z"><__proto__/></iq>`,
		/error" id="proto"/,
	],
];

describe.each(Object.keys(transports))("over %s", (transport) => {
	const start = () => (transports[transport] as () => Promise<Peer>)();

	test.each(UNREADABLE)("the stream is begun anew after %s", async (_, xml) => {
		const peer = await start();
		const connection = await connect(peer);
		peer.send(xml);
		while (peer.connections() < 2 || connection.status().kind !== "online") await Bun.sleep(1);
		peer.send(ping("after"));
		expect(await peer.until(answerTo("after"))).toBeDefined();
		expect(peer.connections()).toBe(2);
	});

	test("all that is odd is answered if it asks, and leaves the stream as it was", async () => {
		const peer = await start();
		await connect(peer);
		for (const [number, [name, xml, answer]] of ODD.entries()) {
			for (const one of xml.split(/(?<=\/>)(?=<iq type="error")/)) peer.send(one);
			peer.send(ping(`after-${number}`));
			await peer.until(answerTo(`after-${number}`));
			if (answer) expect(`${name}: ${await peer.until(answer)}`).toMatch(answer);
		}
		expect(peer.connections()).toBe(1);
	});
});

test("over WebSocket a message that is not whole ends the stream: all later ones would be part of it", async () => {
	for (const part of [`<iq type="get" id="x"><a>`, `<iq type="get" id="x`, "no XML at all", `<iq a="/>`]) {
		const peer = await (transports.WebSocket as () => Promise<Peer>)();
		const connection = await connect(peer);
		peer.send(part);
		while (peer.connections() < 2 || connection.status().kind !== "online") await Bun.sleep(1);
		peer.send(ping("after"));
		expect(await peer.until(answerTo("after"))).toBeDefined();
	}
});

test("a long text takes a time that grows with its length, however it is cut into pieces", async () => {
	const peer = await (transports["the component's socket"] as () => Promise<Peer>)();
	await connect(peer);
	const started = performance.now();
	// It took more than a second for each of the 14 megabytes.
	peer.send(
		`<message a="${"x".repeat(7_000_000)}"><body>${"y".repeat(7_000_000)}</body></message>${ping("after")}`,
	);
	await peer.until(answerTo("after"));
	expect(performance.now() - started).toBeLessThan(8_000);
});

test("CDATA that comes in pieces may hold what looks like a comment", async () => {
	const peer = await (transports["the component's socket"] as () => Promise<Peer>)();
	await connect(peer);
	for (const piece of ["<message><body><![CD", "ATA[ > <!", "-- <?php > ]", "]", "></body></message>"]) {
		peer.send(piece);
		await Bun.sleep(5);
	}
	peer.send(ping("after"));
	await peer.until(answerTo("after"));
	expect(peer.connections()).toBe(1);
});

test("a stanza of too many elements is not acted on, and who asked is told", async () => {
	const peer = await (transports["the component's socket"] as () => Promise<Peer>)();
	await connect(peer);
	peer.send(
		`<iq type="set" id="huge" from="a"><ping xmlns="urn:xmpp:ping"/>${"<a/>".repeat(stanzaBounds.parts.is)}</iq>${ping("after")}`,
	);
	await peer.until(answerTo("after"));
	expect(await peer.until(/<iq type="\w+" id="huge".*?<\/iq>/)).toContain('<error type="wait"><bad-request');
	expect(peer.connections()).toBe(1);
});

test("a real process takes no more than a fixed memory from a stanza without end, and goes on behind it", async () => {
	const double = await startComponentDouble();
	ends.push(() => double.stop());
	const reveille = await startReveille(
		{
			settings: {
				XMPP_SERVICE: double.service,
				XMPP_DOMAIN: "push.example.org",
				XMPP_PASSWORD: "the secret",
				PUSH_INTERVAL_MS: "0",
			},
		},
		"ready",
	);
	ends.push(() => reveille.stop());
	const resident = () =>
		Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${reveille.pid()}/status`, "utf8"))?.[1]) / 1024;
	const before = resident();
	let most = 0;
	for (const [number, [head, piece, end]] of (
		[
			[`<message from="a">`, "<a/>", "</message>"],
			[`<message from="`, "x", `"/>`],
			[`<message `, "a='' ", "/>"],
		] as const
	).entries()) {
		double.send(head);
		const some = piece.repeat(Math.ceil(65_536 / piece.length));
		for (let sent = 0; sent <= 64 * stanzaBounds.taken.is; sent += some.length) {
			double.send(some);
			if (sent % 2 ** 22 < some.length) await double.drained();
			most = Math.max(most, resident());
		}
		double.send(end + ping(`after-${number}`));
		await double.until(answerTo(`after-${number}`));
	}
	expect(double.connections()).toBe(1);
	// Some is the engine's, which collects its garbage when it likes.
	expect(most - before).toBeLessThan(150);
}, 60_000);
