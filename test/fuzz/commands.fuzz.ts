/** All dialects' commands over a real database: what is refused changes nothing, and nobody touches another's. */
import type { Element } from "@xmpp/xml";
import fc from "fast-check";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { createRegistrar } from "../../src/registering/xmpp-registrar.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createInvites } from "../../src/store/invites.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { servicesWithoutNetwork } from "../services/without-network.ts";
import { ALL_APPS, NO_NODES } from "../xmpp/commands/commands-fixture.ts";
import { parse } from "../xmpp/parse.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { COMMANDS } from "./corpus.ts";
import { eventually, type Fuzzed } from "./property.ts";
import { openQuickDatabase } from "./quick-database.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const database = await openQuickDatabase();
const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
const services = await servicesWithoutNetwork(ALL_APPS);
const registrations = createRegistrations(database.db, { owner: 50, address: 1000, host: 1000 });
/** Each case comes long after the one before: these are about what is asked, and not how often. */
let now = Date.now();
const registrar = createRegistrar({
	registrations,
	keyring,
	services,
	apps: ALL_APPS,
	allow: ["example.org"],
	nodes: createNodeSource(keyring, NO_NODES, []),
	now: () => (now += 10_000),
	async testPush(node) {
		same(
			before.some((row) => row.node === node && row.owner === "juliet@example.org"),
			true,
			"tested",
		);
		return { kind: "done", how: "delivered" };
	},
	address: "push@example.net/push",
	rate: createRegistrationRate({ isProven: registrations.isProven, now: () => (now += 10_000) }),
	invites: createInviteDesk(createInvites(database.db)),
});

const VICTIM = "victim@example.org";
const SESSION = "session-1";
const victims = await registrations.register(
	{ owner: VICTIM, app: "fcm", device: "phone", token: "token-of-the-victim", jid: "push@example.net/push" },
	() => keyring.createNode(),
);
if (victims.kind !== "created") throw new Error(victims.kind);
const victim = victims.registration;
const victimsSecret = await keyring.secretOf(victim.node);

const rows = async () => (await database.client.execute("SELECT * FROM registrations ORDER BY node")).rows;
/** Those of others than the victim are few, so that a case is quick. */
const MOST = 12;
let before = await rows();

/** Names what there is: the corpus knows no nodes. */
function withNodes(stanza: Element, node: string): void {
	stanza.children = stanza.children.map((child) =>
		child === "{node}" ? node : child === "{victim}" ? victim.node : child,
	);
	for (const child of stanza.getChildElements()) withNodes(child, node);
}

/** What Juliet called her devices. */
const names = (all: typeof before) =>
	all
		.filter(({ owner }) => owner !== VICTIM)
		.flatMap(({ device_name }) => (device_name ? [String(device_name)] : []));

async function handled(stanza: Element) {
	const faults: unknown[] = [];
	const handle = createStanzaHandler({
		publish: async () => ({ kind: "wait", reason: "these tests publish nothing" }),
		commands: { registrar, onFault: (error) => faults.push(error), newSessionId: () => SESSION },
		version: "1",
	});
	const reply = await handle(stanza);
	same(faults, []);
	const after = await rows();
	const others = (all: typeof after) => all.filter(({ owner }) => owner !== "juliet@example.org");
	same(others(after), others(before), "another's registration");
	const text = String(reply ?? "");
	// A device may bear the victim's node as its name: who wrote it there knew it.
	const told = names(after).reduce((rest, name) => rest.replaceAll(name, ""), text);
	for (const secret of [victimsSecret, "token-of-the-victim", victim.node])
		claim(!told.includes(secret), text);
	if (!reply || reply.attrs.type === "error") same(after, before, "refused, and");
	const error = reply?.getChild("error");
	const said = error?.getChildText("text", NS.stanzaErrors);
	if (said) claimSentence(`${said.replace(/[.?]?$/, "")}.`);
	const done = reply?.getChild("command", NS.commands);
	if (done) {
		claim(["completed", "executing", "canceled"].includes(done.attrs.status), `status ${done.attrs.status}`);
		claim(Boolean(done.attrs.sessionid), "no session id");
		if (done.attrs.status !== "completed") same(after, before, done.attrs.status);
	}
	before = after;
	if (after.length > MOST) {
		await database.client.execute("DELETE FROM registrations WHERE owner <> 'victim@example.org'");
		before = await rows();
	}
	if (reply) parse(text);
}

export const fuzzed: Fuzzed = {
	name: "ad-hoc commands",
	properties: [
		eventually(
			"any command is done or refused, refused ones change nothing, and none touches what is another's",
			{ weight: 16, most: 30_000 },
			fc.tuple(spoiltStanza(COMMANDS), fc.nat(MOST)),
			async ([stanza, which]) => {
				const its = before.filter(({ owner }) => owner !== VICTIM);
				withNodes(stanza, String(its[which % Math.max(1, its.length)]?.node ?? victim.node));
				await handled(stanza);
			},
		),
	],
	close: database.close,
};
