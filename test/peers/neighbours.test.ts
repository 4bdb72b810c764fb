/** Stanzas between servers of different makes, and a pubsub service that stands between a user's server and us. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { type Neighbours, startNeighbours } from "./neighbours.ts";
import { connectUser, type PushAddress, type User } from "./user.ts";
import { countsRefusals, type XmppServer } from "./xmpp-server.ts";

const PUBSUB = "http://jabber.org/protocol/pubsub";
const OWNER = "http://jabber.org/protocol/pubsub#owner";
const PASSWORD = "secret";

type Name = XmppServer["program"];

let neighbours: Neighbours;
beforeAll(async () => {
	neighbours = await startNeighbours({ prosody: { pushMaxErrors: 1 } });
	const { prosody, ejabberd } = neighbours;
	const users = ["push", "romeo", "juliet"];
	await Promise.all([prosody, ejabberd].map((server) => server.addUsers(users, PASSWORD)));
}, 90_000);
afterAll(() => neighbours?.stop(), 60_000);

const connected: User[] = [];
async function login(server: XmppServer, username: string): Promise<User> {
	const { websocketUrl: service, host: domain } = server;
	const user = await connectUser({ service, domain, username, password: PASSWORD });
	connected.push(user);
	return user;
}

/** The least that lets publish: Prosody knows no `publish-only`. */
const AFFILIATION: Record<Name, string> = { prosody: "publisher", ejabberd: "publish-only" };

const pubsubOf = (name: Name) => `pubsub.${neighbours[name].host}`;
const configure = (owner: User, to: string, xmlns: string, ...children: Element[]) =>
	owner.iq("set", xml("pubsub", { xmlns }, ...children), to);
const form = (type: string, values: Record<string, string>) =>
	xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, `${PUBSUB}#${type}`)),
		...Object.entries(values).map(([name, value]) => xml("field", { var: name }, xml("value", {}, value))),
	);
const affiliate = (owner: User, { jid, node }: PushAddress, domain: string, affiliation: string) =>
	configure(
		owner,
		jid,
		OWNER,
		xml("affiliations", { node }, xml("affiliation", { jid: domain, affiliation })),
	);

/** A node at `host` that the users of `home` may publish to, its events coming to whoever made it. */
async function openNode(owner: User, host: Name, home: Name, settings = {}): Promise<PushAddress> {
	const address = { jid: pubsubOf(host), node: crypto.randomUUID() };
	const { jid, node } = address;
	const configuration = form("node_config", { "pubsub#access_model": "whitelist", ...settings });
	await configure(owner, jid, PUBSUB, xml("create", { node }), xml("configure", {}, configuration));
	await affiliate(owner, address, neighbours[home].host, AFFILIATION[host]);
	await configure(owner, jid, PUBSUB, xml("subscribe", { node, jid: owner.jid }));
	return address;
}

/** Resolves to the error. */
const refusal = (asked: Promise<unknown>) =>
	asked.then(
		() => {
			throw new Error("it was not refused");
		},
		(error) => error,
	);
const publish = (user: User, { jid, node }: PushAddress, ...options: Element[]) => {
	const item = xml("item", {}, xml("notification", "urn:xmpp:push:0"));
	return configure(user, jid, PUBSUB, xml("publish", { node }, item), ...options);
};
const eventOf =
	({ node }: PushAddress) =>
	(stanza: Element) =>
		stanza.getChild("event")?.getChild("items")?.attrs.node === node;
/** What an event holds, without what surrounds it. */
const itemOf = (event: Element) => event.getChild("event")?.getChild("items")?.getChild("item");

/** Romeo enables push, goes away, and is written to by a friend at the other server. */
async function sleepAndBeWrittenTo(romeo: User, address: PushAddress, friend: User) {
	await romeo.enablePush(address);
	await romeo.goOffline();
	await friend.sendMessage(romeo.bareJid, "Wake up!");
}

const directions: [home: Name, host: Name][] = [
	["prosody", "ejabberd"],
	["ejabberd", "prosody"],
];

afterEach(async () => {
	await Promise.all(connected.splice(0).map((user) => user.goOffline()));
}, 30_000);

describe.each(directions)("users at a real %s, pubsub at a real %s", (home, host) => {
	const actors = () =>
		Promise.all([
			login(neighbours[home], "romeo"),
			login(neighbours[host], "juliet"),
			login(neighbours[host], "push"),
		]);

	test("a message arrives, and so does its answer", async () => {
		const [romeo, juliet] = await actors();
		await Promise.all([romeo.online(), juliet.online()]);
		await romeo.sendMessage(juliet.jid, "But soft");
		await juliet.waitForStanza((stanza) => stanza.getChildText("body") === "But soft");
		await juliet.sendMessage(romeo.jid, "Ay me");
		await romeo.waitForStanza((stanza) => stanza.getChildText("body") === "Ay me");
	}, 30_000);

	test("a publish becomes an event with its summary, for whoever has subscribed", async () => {
		const [romeo, juliet, push] = await actors();
		const address = await openNode(push, host, home);
		await sleepAndBeWrittenTo(romeo, address, juliet);
		const event = await push.waitForStanza(eventOf(address));
		expect(event.attrs.from).toBe(address.jid);
		const notification = itemOf(event)?.getChild("notification", "urn:xmpp:push:0");
		expect(notification?.toString()).toContain("last-message-body");
		expect(await neighbours[home].pushEnabled("romeo")).toEqual([address]);
	}, 30_000);

	test("nobody else publishes there, and nobody else makes a node", async () => {
		const [, juliet, push] = await actors();
		const address = await openNode(push, host, home);
		const forbidden = { type: "auth", condition: "forbidden" };
		expect(await refusal(publish(juliet, address))).toMatchObject(forbidden);
		const create = xml("create", { node: crypto.randomUUID() });
		expect(await refusal(configure(juliet, address.jid, PUBSUB, create))).toMatchObject(forbidden);
	}, 30_000);

	test("for a user of the same server the item breaks, and the registration goes", async () => {
		const [, juliet, push] = await actors();
		const romeo = await login(neighbours[host], "romeo");
		const address = await openNode(push, host, host);
		await sleepAndBeWrittenTo(romeo, address, juliet);
		if (!countsRefusals(host)) return;
		// One error is enough for ejabberd, and for a Prosody that was told so.
		await neighbours[host].untilPushEnabled("romeo", (kept) => kept.every(({ jid }) => jid !== address.jid));
	}, 30_000);
});

describe("a pubsub service", () => {
	const secret = () => xml("publish-options", {}, form("publish-options", { secret: "s3cret" }));

	test("at ejabberd refuses for now what carries a secret", async () => {
		const push = await login(neighbours.ejabberd, "push");
		const romeo = await login(neighbours.prosody, "romeo");
		const address = await openNode(push, "ejabberd", "prosody");
		expect(await refusal(publish(romeo, address, secret()))).toMatchObject({
			type: "wait",
			condition: "resource-constraint",
			text: expect.stringContaining("Unknown field 'secret'"),
		});
	}, 30_000);

	test("at Prosody ignores a secret", async () => {
		const push = await login(neighbours.prosody, "push");
		const romeo = await login(neighbours.ejabberd, "romeo");
		// At Prosody a domain's affiliation is not its users': ejabberd's mod_push publishes as the domain.
		const address = await openNode(push, "prosody", "ejabberd");
		await affiliate(push, address, romeo.bareJid, "publisher");
		await publish(romeo, address, secret());
		await push.waitForStanza(eventOf(address));
	}, 30_000);

	test("at Prosody knows no affiliation publish-only", async () => {
		const push = await login(neighbours.prosody, "push");
		const address = await openNode(push, "prosody", "ejabberd");
		const asked = affiliate(push, address, "ejabberd.example", "publish-only");
		expect(await refusal(asked)).toMatchObject({ type: "auth", condition: "forbidden" });
	}, 30_000);

	test("at ejabberd wakes its own users through a node without payloads, and no others", async () => {
		const push = await login(neighbours.ejabberd, "push");
		const romeo = await login(neighbours.ejabberd, "romeo");
		const stranger = await login(neighbours.prosody, "romeo");
		const bare = { "pubsub#deliver_payloads": "0", "pubsub#persist_items": "0" };
		const address = await openNode(push, "ejabberd", "ejabberd", bare);
		await affiliate(push, address, "prosody.example", "publish-only");
		await sleepAndBeWrittenTo(romeo, address, stranger);
		expect(itemOf(await push.waitForStanza(eventOf(address)))?.children).toEqual([]);
		expect(await neighbours.ejabberd.pushEnabled("romeo")).toContainEqual(address);
		const { type, element } = await refusal(publish(stranger, address));
		expect(type).toBe("modify");
		expect(element.getChild("bad-request")).toBeDefined();
	}, 30_000);
});
