/** UnifiedPush over a real database: what is refused changes nothing, and nobody gets or ends what is another's. */
import type { Element } from "@xmpp/xml";
import fc from "fast-check";
import { createApp } from "../../src/app.ts";
import { serveUnifiedPush } from "../../src/connector/unified-push.ts";
import { createTaking } from "../../src/delivery/unified-push/taking.ts";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { withFormerSecrets } from "../../src/secrets.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import {
	keyring,
	LIFE_MS,
	openUnifiedPushFixture,
	push,
} from "../delivery/unified-push/unified-push-fixture.ts";
import { startTestServer } from "../routes/routes-fixture.ts";
import { noCommands } from "../xmpp/no-commands.ts";
import { parse } from "../xmpp/parse.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltBytes, spoiltText } from "./hostile.ts";
import { eventually, type Fuzzed } from "./property.ts";
import { quick } from "./quick-database.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const fixture = await openUnifiedPushFixture();
await quick(fixture.database);
const server = await startTestServer();
const { client } = fixture.database;
const VICTIM = "victim@example.org/phone";
const JULIET = "juliet@example.net/phone";
const hash = (letter: string) => `${letter.repeat(43)}=`;
const { token: victims } = await fixture.register(`${hash("V")} ${hash("W")}`, VICTIM);
const { token } = await fixture.register(`${hash("A")} ${hash("B")}`, JULIET);
// It waits, and its answer is what strangers would like to give: nobody sends it here.
await fixture.taking(null)(victims, push("the victim's"));
fixture.state.device = () => undefined;

/** Each case comes long after the one before: these are about what is asked, and not how often. */
const later = () => {
	fixture.clock.now += 60_000;
	return fixture.clock.now;
};
const faults: unknown[] = [];
const handle = createStanzaHandler({
	publish: async () => ({ kind: "wait", reason: "these tests publish nothing" }),
	commands: noCommands,
	version: "1",
	unifiedPush: serveUnifiedPush(
		{ publicUrl: "https://push.example.net", endpointLifeMs: LIFE_MS, sending: fixture.sending },
		{
			registrations: fixture.registrations,
			keyring,
			registrar: { mayRegister: () => true, isInvited: async () => false },
			rate: createRegistrationRate({ isProven: fixture.registrations.isProven, now: later }),
		},
		(error) => faults.push(error),
	),
});

const register = `<register xmlns="http://gultsch.de/xmpp/drafts/unified-push" application="${hash("A")}" instance="${hash("B")}"/>`;
const STANZAS = [
	`<iq type="set" id="1" from="${JULIET}" to="push.example.org">${register}</iq>`,
	`<iq type="set" id="1" from="${JULIET}" to="up@push.example.org">${register.replaceAll("A", "C")}</iq>`,
	`<presence from="${JULIET}" to="push.example.org"/>`,
	`<presence from="${JULIET}" to="push.example.org"><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="n" ver="v"/></presence>`,
	`<iq type="result" id="up-1-AAAAAAAAAAAAAAAAAAAAAA" from="${JULIET}" to="push.example.org"/>`,
	`<iq type="error" id="up-1-AAAAAAAAAAAAAAAAAAAAAA" from="${VICTIM}" to="push.example.org"><error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`,
];

const rows = async (table: "registrations" | "unifiedpush_messages") =>
	(await client.execute(`SELECT * FROM ${table} ORDER BY node`)).rows;
const isVictims = ({ owner }: Record<string, unknown>) => owner === "victim@example.org";
const before = (await rows("registrations")).filter(isVictims);
const waiting = await rows("unifiedpush_messages");

async function handled(stanza: Element): Promise<void> {
	const known = await rows("registrations");
	// Whoever is the victim itself may do what is the victim's.
	const from = String(stanza.attrs.from ?? "").toLowerCase();
	if (from.startsWith("victim@example.org")) return;
	const reply = await handle(stanza);
	fixture.sending.answered(stanza);
	same(faults, []);
	const after = await rows("registrations");
	same(after.filter(isVictims), before, "the victim's");
	if (reply?.attrs.type === "error") same(after, known, "refused, and");
	const text = String(reply ?? "");
	claim(!text.includes(victims), "told the victim's endpoint");
	const said = reply?.getChild("error")?.getChildText("text");
	if (said) claimSentence(`${said.replace(/[.?]?$/, "")}.`);
	if (reply) parse(text);
	same(await rows("unifiedpush_messages"), waiting, "what waits");
	if (after.length > 20)
		await client.execute("DELETE FROM registrations WHERE owner <> 'victim@example.org'");
}

/** As processes have it: a node that names no key of ours was never one. */
const take = createTaking({
	registrations: fixture.registrations,
	bars: { isBarred: () => false, isStillBarred: async () => false },
	keyring: withFormerSecrets(keyring, { hashOf: async () => undefined, retire: async () => {} }),
	messages: fixture.messages,
	isOpen: false,
	endpointLifeMs: LIFE_MS,
	now: later,
});
const app = createApp({
	...server.deps,
	unifiedPush: { publicUrl: "https://push.example.net", take },
	now: later,
});

async function posted([path, body, [ttl, topic, urgency]]: [
	string,
	Uint8Array<ArrayBuffer>,
	(string | null)[],
]): Promise<void> {
	later();
	await fixture.register(`${hash("A")} ${hash("B")}`, JULIET);
	const headers = Object.entries({ TTL: ttl, Topic: topic, Urgency: urgency }).filter(([, value]) => value);
	const response = await app.request(
		`https://push.example.net/up/${encodeURIComponent(path.toWellFormed())}`,
		{
			method: "POST",
			body,
			headers: headers as [string, string][],
		},
	);
	const { status } = response;
	claim([201, 400, 404, 410, 413].includes(status), `status ${status}`);
	const after = await rows("unifiedpush_messages");
	const kept = after.filter(({ node }) => node !== waiting[0]?.node);
	same(kept.length, status === 201 ? 1 : 0, "kept");
	same(after.length - kept.length, waiting.length, "the victim's");
	if (status === 201) {
		same(path, token, "the endpoint");
		same(Buffer.from(String(kept[0]?.body), "base64"), Buffer.from(body));
		claim(Number(response.headers.get("TTL")) <= 604_800, "granted");
		await client.execute({
			sql: "DELETE FROM unifiedpush_messages WHERE node <> ?",
			args: [waiting[0]?.node ?? ""],
		});
	}
	const text = await response.text();
	claim(text.length < 600 && !text.includes(token), text);
	same(server.logged, [], "logged");
}

const headerText = anyText.map((text) => text.replaceAll(/[^\t\u0020-\u007e\u00a0-\u00ff]/g, "").trim());
const header = (...good: string[]) =>
	fc.oneof({ weight: 3, arbitrary: fc.constantFrom(null, ...good) }, { weight: 1, arbitrary: headerText });

export const fuzzed: Fuzzed = {
	name: "UnifiedPush",
	properties: [
		eventually(
			"any stanza is done or refused, refused ones change nothing, and none touches what is another's",
			{ weight: 8, most: 5_000 },
			spoiltStanza(STANZAS),
			handled,
		),
		eventually(
			"any post is kept for its endpoint, or refused and forgotten",
			{ weight: 8, most: 5_000 },
			fc.tuple(
				fc.oneof(
					{ weight: 3, arbitrary: fc.constant(token) },
					{ weight: 1, arbitrary: spoiltText(fc.constant(token)) },
				),
				fc.oneof(
					spoiltBytes(fc.constant(new TextEncoder().encode("a push"))),
					fc.integer({ min: 4_090, max: 4_100 }).map((length) => new Uint8Array(length)),
				),
				fc.tuple(
					header("0", "60", "604800", "999999999999999"),
					header("topic", "x".repeat(32)),
					header("low", "HIGH"),
				),
			),
			posted,
		),
	],
	async close() {
		await fixture.close();
		await server.close();
	},
};
