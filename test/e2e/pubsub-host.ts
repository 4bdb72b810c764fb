/**
 * A pubsub service stands between a user's server and Reveille: users of a real Prosody publish to nodes on a real
 * ejabberd across s2s, and the other way round; over either transport.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import { type Neighbours, startNeighbours } from "../peers/neighbours.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser, type PushAddress, type User } from "../peers/user.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import type { ServerName, Transport } from "./scene.ts";

const PASSWORD = "secret";
const PUBSUB = "http://jabber.org/protocol/pubsub";

const endpoint = startWebPushServer();
let neighbours: Neighbours;
const open: User[] = [];
async function login(server: XmppServer, username: string): Promise<User> {
	const { websocketUrl: service, host: domain } = server;
	const user = await connectUser({ service, domain, username, password: PASSWORD });
	open.push(user);
	return user;
}

/** A form that somebody fills in, and the values of what comes back. */
async function command(user: User, to: string, node: string, fields: Record<string, string>) {
	const form = xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		...Object.entries(fields).map(([name, value]) => xml("field", { var: name }, xml("value", {}, value))),
	);
	const request = xml(
		"command",
		{ xmlns: "http://jabber.org/protocol/commands", node, action: "execute" },
		form,
	);
	const answer = (await user.iq("set", request, to)).getChild("command")?.getChild("x");
	return Object.fromEntries(
		(answer?.getChildren("field") ?? []).map((field) => [
			String(field.attrs.var),
			field.getChildText("value") ?? "",
		]),
	);
}

/** Whose users, whose nodes, and how Reveille is connected to the server of those. */
export interface Way {
	home: ServerName;
	host: ServerName;
	transport: Transport;
}

/** Has the tests of some ways run, with one pair of servers. */
export function testPubsubHost(ways: readonly Way[]): void {
	beforeAll(async () => {
		neighbours = await startNeighbours();
		const users = ["push", "alice", "bob", "carol"];
		await Promise.all(
			[neighbours.prosody, neighbours.ejabberd].map((server) => server.addUsers(users, PASSWORD)),
		);
	}, 90_000);
	afterAll(async () => {
		await neighbours?.stop();
		await endpoint.stop();
	}, 60_000);

	afterEach(async () => {
		await Promise.all(open.splice(0).map((user) => user.goOffline().catch(() => {})));
		endpoint.clear();
	}, 30_000);

	describe.each([...ways])(
		"a user of $home, a node on $host, over the $transport",
		({ home, host, transport }) => {
			let reveille: Reveille;
			let pubsub: string;
			let push: string;
			let device: ReturnType<typeof endpoint.createSubscription>;
			let address: PushAddress;

			beforeAll(async () => {
				const server = neighbours[host];
				pubsub = `pubsub.${server.host}`;
				push = transport === "account" ? `push@${server.host}/push` : `push.${server.host}`;
				const [component] = server.components;
				const settings = {
					XMPP_PUBSUB_HOST: pubsub,
					XMPP_ALLOW: "*",
					PUSH_INTERVAL_MS: "0",
					...(transport === "component" && {
						XMPP_SERVICE: server.componentUrl,
						XMPP_DOMAIN: component?.domain,
						XMPP_USERNAME: undefined,
						XMPP_PASSWORD: component?.secret,
					}),
				};
				reveille = await startReveille({ server, settings });
				await reveille.untilLogged("50 nodes are ready", 30_000);
				device = endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });
			}, 60_000);
			afterAll(() => reveille?.stop(), 30_000);

			test("registering by command gives a node there, without a secret", async () => {
				const bob = await login(neighbours[home], "bob");
				const { endpoint: token, keys } = device.subscription;
				const values = await command(bob, push, "register-push-webpush", { token, ...keys });
				// The device's own secret is for no server.
				expect(Object.keys(values).sort()).toEqual(["device-secret", "jid", "node", "vapid-public-key"]);
				expect(values.jid).toBe(pubsub);
				address = { jid: pubsub, node: values.node ?? "" };
				await bob.enablePush(address);
			}, 30_000);

			test("a message becomes a push, with the whole summary", async () => {
				const alice = await login(neighbours[home], "alice");
				await alice.sendMessage(`bob@${neighbours[home].host}`, "Wake up");
				const pushed = await endpoint.waitForPush();
				expect(JSON.parse(device.decryptText(pushed.body))).toMatchObject({
					node: address.node,
					class: "high",
				});
			}, 30_000);

			test("nobody but the owner's server and account publishes there", async () => {
				const carol = await login(neighbours[home], "carol");
				const item = xml("item", {}, xml("notification", { xmlns: "urn:xmpp:push:0" }));
				const publish = xml("pubsub", { xmlns: PUBSUB }, xml("publish", { node: address.node }, item));
				expect(await carol.iq("set", publish, pubsub).catch((error) => error)).toMatchObject({
					condition: "forbidden",
				});
			}, 30_000);

			test("what was published while Reveille was away is fetched, and is then no more in the node", async () => {
				await reveille.kill9();
				const alice = await login(neighbours[home], "alice");
				await alice.sendMessage(`bob@${neighbours[home].host}`, "Wake up later");
				await inTheNode(1);
				await reveille.start();
				const pushed = await endpoint.waitForPush();
				expect(JSON.parse(device.decryptText(pushed.body))).toMatchObject({ node: address.node });
				await inTheNode(0);
			}, 60_000);

			test("when the registration ends its node is deleted", async () => {
				const bob = await login(neighbours[home], "bob");
				await command(bob, push, "unregister-push", { nodes: address.node });
				const info = xml("query", { xmlns: "http://jabber.org/protocol/disco#info", node: address.node });
				await eventually(async () => {
					const answer = await bob.iq("get", info, pubsub).catch((error) => error.condition);
					return answer === "item-not-found";
				});
				await bob.disablePush(address);
			}, 60_000);

			/** Resolves when the node holds so many items, as its owner sees it. */
			async function inTheNode(count: number) {
				// A component is an owner that nobody else can log in as.
				if (transport === "component") return;
				const owner = await login(neighbours[host], "push");
				const ask = xml("pubsub", { xmlns: PUBSUB }, xml("items", { node: address.node }));
				await eventually(async () => {
					const answer = await owner.iq("get", ask, pubsub);
					return answer.getChild("pubsub")?.getChild("items")?.getChildren("item").length === count;
				});
			}
		},
	);
}

async function eventually(isSo: () => Promise<boolean>, deadlineMs = 20_000): Promise<void> {
	const deadline = performance.now() + deadlineMs;
	while (!(await isSo())) {
		if (performance.now() > deadline) throw new Error("it did not come to that");
		await Bun.sleep(50);
	}
}
