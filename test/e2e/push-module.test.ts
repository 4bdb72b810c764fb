/** fpush's way, which Monal and yaxim go: nobody registers, the device's token is the node, a push module the app. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { type ServiceDouble, startServiceDouble } from "../peers/service-double.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { servers, startServer } from "./scene.ts";

describe.each([...servers])("on a real %s", (program) => {
	const folder = temporaryFolder("push-module");
	let server: XmppServer;
	let reveille: Reveille;
	let apple: ServiceDouble;

	beforeAll(async () => {
		server = await startServer(program);
		await server.addUsers(["push", "alice", "bob", "carol"], "secret");
		apple = await startServiceDouble("apns");
		// The same app, as a table that takes part in the way without registering.
		const { APNS_KEY, APNS_KEY_ID, APNS_TEAM_ID, APNS_TOPIC, APNS_URL, ...others } = apple.settings;
		const app = {
			name: "monal",
			service: "apns",
			push_module: ["monalProdiOS"],
			key: APNS_KEY,
			key_id: APNS_KEY_ID,
			team_id: APNS_TEAM_ID,
			topic: APNS_TOPIC,
			url: APNS_URL,
		};
		const fields = Object.entries(app).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
		const APPS = join(folder.path, "reveille.toml");
		writeFileSync(APPS, ["[[app]]", ...fields].join("\n"));
		reveille = await startReveille({ server, settings: { ...others, APPS } });
	}, 60_000);
	afterAll(async () => {
		await reveille?.stop();
		await server?.stop();
		await apple?.stop();
		folder.remove();
	}, 60_000);

	const login = (username: string): Promise<User> =>
		connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });

	/** XEP-0357 §5, as Monal writes it. */
	async function sleepWith(username: string, token: string, pushModule: string): Promise<User> {
		const user = await login(username);
		const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));
		const options = xml(
			"x",
			{ xmlns: "jabber:x:data", type: "submit" },
			field("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options"),
			field("pushModule", pushModule),
		);
		const enable = { xmlns: "urn:xmpp:push:0", jid: `push@${server.host}/push`, node: token };
		await user.online();
		await user.iq("set", xml("enable", enable, options));
		await user.goOffline();
		return user;
	}

	test("a message wakes the device whose token is the node", async () => {
		const token = String(apple.device("").token);
		const bob = await sleepWith("bob", token, "monalProdiOS");
		await (await login("alice")).sendMessage(bob.bareJid, "Wake up!");
		const { content } = await apple.arrived();
		expect(content).toContain("New message");
		expect(await server.pushEnabled("bob")).toHaveLength(1);
	}, 30_000);

	test("a module that no app lists is as a registration that never was", async () => {
		const carol = await sleepWith("carol", String(apple.device("").token), "somebody-else's");
		await (await login("alice")).sendMessage(carol.bareJid, "Nobody wakes");
		await reveille.untilLogged("no such push module");
	}, 30_000);
});
