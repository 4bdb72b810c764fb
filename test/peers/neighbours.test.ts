/** Stanzas between servers of different makes, and a pubsub service that stands between a user's server and us. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { type Neighbours, startNeighbours } from "./neighbours.ts";
import { connectUser, type PushAddress, type User } from "./user.ts";
import type { XmppServer } from "./xmpp-server.ts";

const PUBSUB = "http://jabber.org/protocol/pubsub";
const OWNER = "http://jabber.org/protocol/pubsub#owner";
const PASSWORD = "secret";

type Name = XmppServer["program"];

let neighbours: Neighbours;
beforeAll(async () => {
	neighbours = await startNeighbours();
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

/** A node that the users of one domain may publish to, its events coming to whoever made it. */
async function openNode(
	owner: User,
	pubsub: string,
	domain: string,
	affiliation: string,
): Promise<PushAddress> {
	const node = crypto.randomUUID();
	const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));
	const configuration = xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		field("FORM_TYPE", "http://jabber.org/protocol/pubsub#node_config"),
		field("pubsub#access_model", "whitelist"),
	);
	const ask = (xmlns: string, ...children: Element[]) =>
		owner.iq("set", xml("pubsub", { xmlns }, ...children), pubsub);
	await ask(PUBSUB, xml("create", { node }), xml("configure", {}, configuration));
	const publisher = xml("affiliation", { jid: domain, affiliation });
	await ask(OWNER, xml("affiliations", { node }, publisher));
	await ask(PUBSUB, xml("subscribe", { node, jid: owner.jid }));
	return { jid: pubsub, node };
}

/** Who lives where, the pubsub service at the other, and the least that lets publish there. */
const directions: { home: Name; host: Name; affiliation: string }[] = [
	{ home: "prosody", host: "ejabberd", affiliation: "publish-only" },
	{ home: "ejabberd", host: "prosody", affiliation: "publisher" },
];

describe.each(directions)("from $home to $host", ({ home, host, affiliation }) => {
	let romeo: User;
	let juliet: User;
	let push: User;
	let pubsub: string;
	beforeAll(async () => {
		pubsub = `pubsub.${neighbours[host].host}`;
		romeo = await login(neighbours[home], "romeo");
		juliet = await login(neighbours[host], "juliet");
		push = await login(neighbours[host], "push");
	}, 30_000);
	afterAll(async () => {
		await Promise.all(connected.splice(0).map((user) => user.goOffline()));
	}, 30_000);

	/** Enables push, goes away, and is written to. */
	async function sleepAndBeWrittenTo(address: PushAddress, friend: User) {
		await romeo.enablePush(address);
		await romeo.goOffline();
		await friend.sendMessage(romeo.bareJid, "Wake up!");
	}
	const backAgain = async (address: PushAddress) => {
		romeo = await login(neighbours[home], "romeo");
		await romeo.disablePush(address);
	};
	const eventOf = (node: string) => (stanza: Element) =>
		stanza.getChild("event")?.getChild("items")?.attrs.node === node;

	test("a message arrives, and so does its answer", async () => {
		await Promise.all([romeo.online(), juliet.online()]);
		await romeo.sendMessage(juliet.jid, "But soft");
		await juliet.waitForStanza((stanza) => stanza.getChildText("body") === "But soft");
		await juliet.sendMessage(romeo.jid, "Ay me");
		await romeo.waitForStanza((stanza) => stanza.getChildText("body") === "Ay me");
	}, 30_000);

	test("a publish becomes an event with its summary, for whoever has subscribed", async () => {
		const address = await openNode(push, pubsub, neighbours[home].host, affiliation);
		await sleepAndBeWrittenTo(address, juliet);
		const event = await push.waitForStanza(eventOf(address.node));
		expect(event.attrs.from).toBe(pubsub);
		const item = event.getChild("event")?.getChild("items")?.getChild("item");
		expect(item?.getChild("notification", "urn:xmpp:push:0")?.toString()).toContain("last-message-body");
		expect(await neighbours[home].pushEnabled("romeo")).toEqual([address]);
		await backAgain(address);
	}, 30_000);

	test("nobody else publishes there, and nobody else makes a node", async () => {
		const { node } = await openNode(push, pubsub, neighbours[home].host, affiliation);
		const publish = xml("publish", { node }, xml("item", {}, xml("notification", "urn:xmpp:push:0")));
		const attempts = [publish, xml("create", { node: crypto.randomUUID() })];
		for (const attempt of attempts) {
			const asked = juliet.iq("set", xml("pubsub", { xmlns: PUBSUB }, attempt), pubsub);
			expect(await asked.catch((error) => error)).toMatchObject({ type: "auth", condition: "forbidden" });
		}
	}, 30_000);
});
