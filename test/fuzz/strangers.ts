/**
 * All that a process does with what strangers send over XMPP, and what it sends for it: the parsers, the intake, the
 * commands over a real database, and what leaves. Without sockets, so that a case costs little.
 */

import { getLogger } from "@logtape/logtape";
import { Client } from "@xmpp/client-core";
import websocket from "@xmpp/websocket";
import type { Element } from "@xmpp/xml";
import fc, { type Arbitrary } from "fast-check";
import type { XmppConnection } from "../../src/config/connections.ts";
import { createOutgoing } from "../../src/connector/connection/outgoing.ts";
import { createIntake } from "../../src/connector/intake.ts";
import { readWholeStanzas } from "../../src/connector/stream/framed-stanzas.ts";
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import { domainAlone } from "../../src/messages/whom.ts";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { announceEnds } from "../../src/registering/registration-ends.ts";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createInvites } from "../../src/store/invites.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { StanzaParser } from "../../src/syntax/stanza-parser.ts";
import type { Answer } from "../../src/types.ts";
import { affiliationNone } from "../../src/xmpp/affiliation.ts";
import { component } from "../connector/component-double.ts";
import { account } from "../connector/xmpp-double.ts";
import { servicesWithoutNetwork } from "../services/without-network.ts";
import { ALL_APPS, JULIET, NO_NODES } from "../xmpp/commands/commands-fixture.ts";
import { QUESTIONS, STANZAS } from "./corpus.ts";
import { openQuickDatabase } from "./quick-database.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const HEADER = `<stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns="jabber:component:accept" id="1">`;
const OWNER = JULIET.split("/")[0] as string;

export const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** Where a stranger's stanzas come in. */
export interface Door {
	/** Takes a text as it comes over the wire; resolves, when all is done, to what was sent. */
	take(text: string): Promise<readonly Element[]>;
	/** How often no more could be read: the stream would be over. */
	faults(): number;
}

export interface Strangers {
	component(): Door;
	account(): Door;
	/** Undoes what was registered and ended since the start. */
	restore(): Promise<void>;
	close(): Promise<void>;
}

/** @param answer to each publish */
export async function openStrangers(answer: () => Answer): Promise<Strangers> {
	const database = await openQuickDatabase();
	const { db, client } = database;
	const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
	const services = await servicesWithoutNetwork(ALL_APPS);
	const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
	const stored = createRegistrations(db, { owner: 50, address: 1000, host: 1000 }, { turn, pause: turn });
	const sent: Element[] = [];
	const outgoing = createOutgoing({
		address: "push.example.org",
		mostBytes: () => stanzaBounds.sent.is,
		pass: (stanza) => sent.push(stanza),
		log: getLogger("test"),
	});
	const registrations = announceEnds(stored, (registration) => {
		const message = affiliationNone(registration);
		if (message) outgoing.send(message);
	});
	/** Each case comes long after the one before. */
	let now = Date.now();

	/** As many as one may have, with names as long as may be. */
	async function fill() {
		const name = "🕊&<".repeat(40);
		for (let device = 0; device < 50; device++) {
			await stored.register(
				{
					owner: OWNER,
					app: "fcm",
					device: String(device),
					token: `t${device}`,
					deviceName: name,
					jid: "push@example.net/push",
					dialect: "mod_push" as const,
				},
				() => keyring.createNode(),
			);
		}
		await client.execute("CREATE TABLE full AS SELECT * FROM registrations");
	}

	async function restore() {
		const { rows } = await client.execute("SELECT count(*) AS count FROM registrations NATURAL JOIN full");
		const { rows: all } = await client.execute("SELECT count(*) AS count FROM registrations");
		if (rows[0]?.count === 50 && all[0]?.count === 50) return;
		await client.batch(["DELETE FROM registrations", "INSERT INTO registrations SELECT * FROM full"]);
	}

	function intakeOf(connection: XmppConnection) {
		return createIntake(connection, {
			registrations,
			keyring,
			services,
			apps: ALL_APPS,
			version: "1.2.3",
			now: () => (now += 10_000),
			nodes: createNodeSource(keyring, NO_NODES, []),
			pubsubNodes: {} as never,
			publish: async () => answer(),
			push: async () => answer(),
			testPush: async () => answer(),
			rate: createRegistrationRate({ ...registrations, now: () => (now += 10_000) }),
			invites: createInviteDesk(createInvites(db)),
			send: outgoing.send,
			ownerForm: domainAlone,
			log: getLogger("test"),
		});
	}

	/** @param connect gives what takes a text, calling what it is given for each stanza */
	function door(
		connection: XmppConnection,
		connect: (onStanza: (stanza: Element) => void, onFault: () => void) => (text: string) => void,
	): Door {
		const { handle } = intakeOf(connection);
		let pending: Promise<void>[] = [];
		let faults = 0;
		const open = () =>
			connect(
				(stanza) => pending.push(handle(stanza).then((reply) => reply && outgoing.reply(reply))),
				() => {
					faults++;
					write = open();
				},
			);
		let write = open();
		return {
			async take(text) {
				sent.length = 0;
				pending = [];
				write(text);
				await Promise.all(pending);
				return [...sent];
			},
			faults: () => faults,
		};
	}

	await fill();
	return {
		component: () =>
			door(component("xmpp://127.0.0.1:1"), (onElement, onFault) => {
				const parser = new StanzaParser({ onElement, onSkipped() {}, onFault }, { hasHeader: true });
				parser.write(HEADER);
				return (text) => parser.write(text);
			}),
		account: () =>
			door(account("ws://127.0.0.1:1/"), (onElement, onFault) => {
				const entity = new Client({ service: "ws://127.0.0.1/", domain: "example.org" });
				websocket({ entity });
				readWholeStanzas(entity, { onSkipped() {}, onFault, isAwaited: () => false });
				const { _attachParser, _onData, transports } = entity as unknown as Framed;
				const Parser = transports[0]?.prototype.Parser;
				if (!Parser) throw new Error("no transport");
				_attachParser.call(entity, new Parser());
				entity.on("element", onElement);
				return (text) => _onData.call(entity, text);
			}),
		restore,
		close: database.close,
	};
}

/** What xmpp.js does not type. */
interface Framed {
	_attachParser(parser: unknown): void;
	_onData(message: string): void;
	transports: { prototype: { Parser: new () => unknown } }[];
}

/** What is short here may be long where it is written as an entity. */
const UNITS = [">", "&", "<", `"`, "'", "x", "é", "🕊", " ", "\n", "]]>", "@", "/", "<a/>"];
const inflation = fc.record({
	kind: fc.constantFrom("value", "text", "copies", "levels", "attributes", "id", "from", "to", "to"),
	at: fc.nat(0xffff),
	unit: fc.constantFrom(...UNITS),
	times: fc.constantFrom(10, 100, 1_000, 5_000, 30_000, 200_000),
});
type Inflation = typeof inflation extends Arbitrary<infer It> ? It : never;

const elementsOf = (element: Element): Element[] => [
	element,
	...element.getChildElements().flatMap(elementsOf),
];

/** So much is made of copies, characters. */
const MOST_COPIED = 2_000_000;

/** Makes one part of a stanza large. */
function inflate(stanza: Element, { kind, at, unit, times }: Inflation): void {
	const all = elementsOf(stanza);
	const it = all[at % all.length] as Element;
	const keys = Object.keys(it.attrs);
	const long = unit.repeat(times);
	switch (kind) {
		case "value":
			it.attrs[keys[at % Math.max(1, keys.length)] ?? "var"] = long;
			return;
		case "text":
			it.children = [long];
			return;
		case "copies":
			if (!it.parent || it === stanza) return;
			it.parent.children.push(raw(String(it)).repeat(Math.min(times, MOST_COPIED / String(it).length)));
			return;
		case "levels":
			it.children.push(raw("<a>").repeat(times) + raw("</a>").repeat(times));
			return;
		case "attributes":
			for (let count = Math.min(times, 30_000); count > 0; count--) it.attrs[`a${count}`] = unit;
			return;
		case "id":
			stanza.attrs.id = long;
			return;
		default:
			// A server lets no longer JID pass (RFC 7622 §3.1).
			stanza.attrs[kind] = `push.example.org/${long}`.slice(0, 1040);
	}
}

/** Markup in the place of a text of a tree, to be written as it is. */
const MARKUP = "<>&\"'";
const raw = (markup: string) =>
	markup.replaceAll(/[<>&"']/g, (char) => String.fromCharCode(0xe000 + MARKUP.indexOf(char)));
const written = (stanza: Element) =>
	String(stanza).replaceAll(/[\ue000-\ue004]/g, (char) => MARKUP.charAt(char.charCodeAt(0) - 0xe000));

/** Stanzas as a server writes them, of any kind, spoilt and made large. */
export const anyStanza: Arbitrary<string> = fc
	.tuple(fc.oneof(spoiltStanza(STANZAS), spoiltStanza(QUESTIONS)), fc.array(inflation, { maxLength: 3 }))
	.map(([stanza, inflations]) => {
		for (const one of inflations) inflate(stanza, one);
		return written(stanza);
	})
	// No server of the tests lets more pass at once but in tests of their own.
	.filter((xml) => xml.length < 8_000_000);
