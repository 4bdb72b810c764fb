/**
 * A client registers by ad-hoc command, through its own server's routing, with nothing but XMPP: the whole life of a
 * registration, from discovery to its end.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import type { User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { registerByCommand, runCommand } from "./ad-hoc.ts";
import { openScene, type Scene, servers } from "./scene.ts";

const COMMANDS = "http://jabber.org/protocol/commands";
const PUBSUB = "http://jabber.org/protocol/pubsub";
const X = "jabber:x:data";

const command = (node: string, fields?: Record<string, string>) =>
	xml("command", { xmlns: COMMANDS, node, action: "execute" }, ...(fields ? [form(fields)] : []));
const form = (fields: Record<string, string>) =>
	xml(
		"x",
		{ xmlns: X, type: "submit" },
		...Object.entries(fields).map(([name, value]) => xml("field", { var: name }, xml("value", {}, value))),
	);

/** The values of the answer's fields by name. */
function fieldsOf(answer: Element): Record<string, string> {
	const fields = answer.getChild("command", COMMANDS)?.getChild("x", X)?.getChildren("field") ?? [];
	return Object.fromEntries(fields.map((field) => [field.attrs.var, field.getChildText("value") ?? ""]));
}

describe.each([...servers])("over a real %s", (program) => {
	let scene: Scene;
	let push: string;

	beforeAll(async () => {
		scene = await openScene(program, {
			users: ["bob", "hand", "owner", "stranger"],
			settings: {
				PUSH_INTERVAL_MS: "0",
				XMPP_ALLOW: "bob@example.org, hand@example.org, owner@example.org",
			},
		});
		push = `push@${scene.server.host}/push`;
	}, 60_000);
	afterAll(() => scene?.stop(), 60_000);

	const newDevice = async (): Promise<WebPushDevice> =>
		scene.endpoint.createSubscription({ applicationServerKey: await scene.reveille.vapidPublicKey() });
	const deviceFields = ({ subscription }: WebPushDevice) => ({
		token: subscription.endpoint,
		p256dh: subscription.keys.p256dh,
		auth: subscription.keys.auth,
	});
	const registrations = async (user: User) => {
		const answer = await user.iq("set", command("list-push-registrations"), push);
		const items = answer.getChild("command", COMMANDS)?.getChild("x", X)?.getChildren("item") ?? [];
		return items.map((item) => item.getChildren("field").map((field) => field.getChildText("value")));
	};

	test("a client finds the service, registers, is woken, lists, unregisters, and is woken no more", async () => {
		const bob = await scene.login("bob");
		await bob.online();
		const info = await bob.iq("get", xml("query", { xmlns: "http://jabber.org/protocol/disco#info" }), push);
		const features =
			info
				.getChild("query")
				?.getChildren("feature")
				.map(({ attrs }) => attrs.var) ?? [];
		expect(features).toContain("urn:xmpp:push:0");
		const node = COMMANDS;
		const items = await bob.iq(
			"get",
			xml("query", { xmlns: "http://jabber.org/protocol/disco#items", node }),
			push,
		);
		const commands =
			items
				.getChild("query")
				?.getChildren("item")
				.map(({ attrs }) => attrs.node) ?? [];
		// Each once, by mod_push's name; `register-push-webpush` is the same.
		expect(commands).toContain("register-push-mozilla");
		expect(commands).not.toContain("register-push-webpush");

		const device = await newDevice();
		const registered = fieldsOf(
			await bob.iq(
				"set",
				command("register-push-webpush", {
					...deviceFields(device),
					"device-id": "phone",
					"device-name": "Phone",
				}),
				push,
			),
		);
		expect(Object.keys(registered)).toEqual(["jid", "node", "secret", "device-secret", "vapid-public-key"]);
		const address = registered as { jid: string; node: string; secret: string };
		expect(address.jid).toBe(push);
		expect(await registrations(bob)).toEqual([["Phone", address.node, "webpush", "", ""]]);
		await bob.enablePush(address);
		await bob.goOffline();

		const alice = await scene.login("alice");
		await alice.sendMessage(bob.bareJid, "Wake up, Bob!");
		const pushed = await scene.endpoint.waitForPush();
		expect(pushed.endpoint).toBe(device.subscription.endpoint);
		expect(JSON.parse(device.decryptText(pushed.body)).node).toBe(address.node);

		const again = await scene.login("bob");
		await again.online();
		await again.iq("set", command("unregister-push", { "device-id": "phone" }), push);
		expect(await registrations(again)).toEqual([]);
		// The server is told by a message to the account, which its clients get as well, those that are online.
		const told = await again.waitForStanza((stanza) => stanza.getChild("pubsub", PUBSUB) !== undefined);
		const pubsub = told.getChild("pubsub", PUBSUB);
		expect(told.attrs.from).toBe(push);
		expect(pubsub?.attrs.node).toBe(address.node);
		expect(pubsub?.getChild("affiliation")?.attrs).toEqual({ jid: bob.bareJid, affiliation: "none" });

		const publish = xml(
			"pubsub",
			{ xmlns: PUBSUB },
			xml(
				"publish",
				{ node: address.node },
				xml("item", {}, xml("notification", { xmlns: "urn:xmpp:push:0" })),
			),
			xml("publish-options", {}, form({ secret: address.secret })),
		);
		const refused = again.iq("set", publish, push);
		await expect(refused).rejects.toMatchObject({ type: "cancel", condition: "item-not-found" });
		expect(scene.endpoint.pushes.map(({ endpoint }) => endpoint)).toEqual([device.subscription.endpoint]);
	}, 60_000);

	test("a person registers by hand: asks for the form, fills it in, completes it", async () => {
		const hand = await scene.login("hand");
		const asked = await hand.iq("set", command("register-push-webpush"), push);
		const { status, sessionid } = asked.getChild("command", COMMANDS)?.attrs ?? {};
		expect(status).toBe("executing");
		const filled = xml(
			"command",
			{ xmlns: COMMANDS, node: "register-push-webpush", action: "complete", sessionid },
			form({ ...deviceFields(await newDevice()), "device-id": "", "device-name": "By hand" }),
		);
		const answer = await hand.iq("set", filled, push);
		expect(answer.getChild("command", COMMANDS)?.attrs).toMatchObject({ status: "completed", sessionid });
		expect((await registrations(hand)).map(([name]) => name)).toEqual(["By hand"]);
	});

	test("a user tests and renames a device, and its device secret looks after it over HTTP", async () => {
		const owner = await scene.login("owner");
		const other = await scene.login("hand");
		const device = await newDevice();
		const { node, secret, deviceSecret } = await registerByCommand(owner, push, device);
		const tested = await owner.iq("set", command("test-push", { node }), push);
		expect(fieldsOf(tested)).toMatchObject({ node, result: "delivered" });
		expect(tested.getChild("command", COMMANDS)?.getChildText("note")).toContain("The push service took");
		const pushed = await scene.endpoint.waitForPush(
			({ endpoint }) => endpoint === device.subscription.endpoint,
		);
		expect(JSON.parse(device.decryptText(pushed.body))).toMatchObject({ node, body: "Test" });
		await owner.iq("set", command("rename-push", { node, "device-name": "Kitchen" }), push);
		const [name, , , lastSuccess, lastError] = (await registrations(owner))[0] ?? [];
		expect([name, lastError]).toEqual(["Kitchen", ""]);
		expect(Date.parse(lastSuccess ?? "")).toBeGreaterThan(0);

		// Of another's there is nothing to be had.
		for (const fields of [{ node }, { node, "device-name": "Mine" }]) {
			const name = "device-name" in fields ? "rename-push" : "test-push";
			const refused = other.iq("set", command(name, fields), push);
			await expect(refused).rejects.toMatchObject({ type: "cancel", condition: "item-not-found" });
		}

		// The server has node and secret, and may publish: over HTTP they open nothing.
		const { api } = scene.reveille;
		const at = `/registrations/${node}`;
		const moved = { subscription: (await newDevice()).subscription };
		for (const [method, path, body] of [
			["GET", at],
			["PUT", at, moved],
			["DELETE", at],
			["POST", `${at}/test`],
		] as const) {
			expect((await api(method, path, secret, body)).status).toBe(404);
		}
		const form = async (path: string, fields: Record<string, string>) => {
			const url = `${scene.reveille.url}/push_appserver/v1/${path}`;
			const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
			return (await answer.text()).split("\n")[0];
		};
		expect(await form("push", { node, secret })).toBe("ERROR");
		expect(await form("unregister", { type: "webpush", node, secret })).toBe("ERROR");
		expect((await api("PUT", at, deviceSecret, { ...moved, deviceName: "Hall" })).status).toBe(200);
		expect((await registrations(owner)).map(([name]) => name)).toEqual(["Hall"]);
		expect((await api("DELETE", at, deviceSecret)).status).toBe(204);
		expect(await registrations(owner)).toEqual([]);
	}, 60_000);

	test("a client of mod_push_appserver registers by command, and unregisters over HTTP with its token", async () => {
		const owner = await scene.login("owner");
		await owner.online();
		const { subscription } = await newDevice();
		const fields = { type: "webpush", node: "a device id", token: subscription.endpoint };
		const { node } = await runCommand(owner, push, "v1-register-push", { ...fields, ...subscription.keys });
		const url = `${scene.reveille.url}/push_appserver/v1/unregister`;
		const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
		expect((await answer.text()).split("\n").slice(0, 2)).toEqual(["OK", node ?? ""]);
		const told = await owner.waitForStanza((stanza) => stanza.getChild("pubsub", PUBSUB) !== undefined);
		expect(told.getChild("pubsub", PUBSUB)?.attrs.node).toBe(node);
		expect(await registrations(owner)).toEqual([]);
	}, 60_000);

	test("a stranger may not register, and nothing is kept", async () => {
		const stranger = await scene.login("stranger");
		const fields = deviceFields(await newDevice());
		const refused = stranger.iq("set", command("register-push-webpush", fields), push);
		await expect(refused).rejects.toMatchObject({ type: "auth", condition: "forbidden" });
		expect(await registrations(stranger)).toEqual([]);
	});
});
