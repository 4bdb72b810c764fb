/**
 * Bad input through real servers: each gets an answer that says what is wrong and costs nobody a registration, and
 * the connector stays on its stream.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import type { User } from "../peers/user.ts";
import { openScene, type Scene, type Sleeper, servers } from "./scene.ts";

const PUBSUB = "http://jabber.org/protocol/pubsub";
const PUSH = "urn:xmpp:push:0";

const pubsub = (...children: Element[]) => xml("pubsub", { xmlns: PUBSUB }, ...children);
const item = (...children: Element[]) => xml("item", {}, ...children);
const notification = (...children: Element[]) => xml("notification", { xmlns: PUSH }, ...children);
const form = (...fields: [string, ...string[]][]) =>
	xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		...fields.map(([name, ...values]) =>
			xml("field", { var: name }, ...values.map((value) => xml("value", {}, value))),
		),
	);
const withSecret = (secret: string) => xml("publish-options", {}, form(["secret", secret]));

describe.each([...servers])("through a real %s", (program) => {
	let scene: Scene;
	let bob: Sleeper;
	let mallory: User;

	beforeAll(async () => {
		scene = await openScene(program, {
			users: ["bob", "mallory"],
			settings: { PUSH_INTERVAL_MS: "0" },
			xmpp: { limits: "none" },
		});
		[bob] = (await scene.sleepers("bob")) as [Sleeper];
		mallory = await scene.login("mallory");
	}, 60_000);
	afterAll(() => scene?.stop(), 60_000);

	/** What our address answers to an IQ set: `result`, or an error's type and condition. */
	async function answerTo(payload: Element): Promise<string> {
		try {
			await mallory.iq("set", payload, bob.address.jid, 20_000);
			return "result";
		} catch (error) {
			const { type, condition } = error as { type?: string; condition?: string };
			return `${type} ${condition}`;
		}
	}

	const publish = (node: string, ...children: Element[]) =>
		pubsub(xml("publish", { node }, item(notification(...children))));

	const valid = () => bob.address;

	test.each<[string, () => Element, string]>([
		["no publish at all", () => pubsub(), "wait bad-request"],
		["a publish without a node", () => pubsub(xml("publish", {}, item(notification()))), "wait bad-request"],
		["a publish without an item", () => pubsub(xml("publish", { node: valid().node })), "wait bad-request"],
		[
			"an item that is no notification",
			() => pubsub(xml("publish", { node: valid().node }, item(xml("tune", { xmlns: "urn:other" })))),
			"wait bad-request",
		],
		["a payload of another kind", () => xml("unknown", { xmlns: "urn:other" }), "wait bad-request"],
		["an unknown node", () => publish("nobody-knows-it"), "cancel item-not-found"],
		["a node without its secret", () => publish(valid().node), "cancel item-not-found"],
		[
			"a wrong secret",
			() => pubsub(xml("publish", { node: valid().node }, item(notification())), withSecret("A".repeat(43))),
			"cancel item-not-found",
		],
		[
			"a secret of a megabyte's tenth",
			() =>
				pubsub(xml("publish", { node: valid().node }, item(notification())), withSecret("A".repeat(100_000))),
			"cancel item-not-found",
		],
	])("%s", async (_name, payload, expected) => {
		expect(await answerTo(payload())).toBe(expected);
	});

	test("numbers beyond all bounds, repeated fields and a long body in a right publish are no reason to fail", async () => {
		scene.endpoint.clear();
		const summary = form(
			["FORM_TYPE", "urn:xmpp:push:summary"],
			["message-count", "9".repeat(400)],
			["pending-subscription-count", "-1"],
			["last-message-body", "x".repeat(100_000)],
			["last-message-body", "again"],
		);
		const { node, secret } = valid();
		const payload = pubsub(xml("publish", { node }, item(notification(summary))), withSecret(secret));
		expect(await answerTo(payload)).toBe("result");
		const content = scene.read(await scene.endpoint.waitForPush(), bob);
		expect(Object.keys(content).toSorted()).toEqual(["body", "class", "node"]);
		expect(content.body).toMatch(/^x{1000,}…$/);
	});

	test("deep nesting and a namespace prefix for every element are read or refused, never fatal", async () => {
		let deep = xml("value", {}, "deep");
		for (let depth = 0; depth < 2_000; depth++) deep = xml("value", {}, deep);
		const { node, secret } = valid();
		const nested = pubsub(xml("publish", { node }, item(notification(deep))), withSecret(secret));
		expect(await answerTo(nested)).toBe("result");
		const prefixed = xml(
			"p:pubsub",
			{ "xmlns:p": PUBSUB },
			xml("p:publish", { node: "unknown" }, xml("p:item", {}, xml("n:notification", { "xmlns:n": PUSH }))),
		);
		expect(await answerTo(prefixed)).toBe("cancel item-not-found");
	});

	test("an IQ with two payloads is answered, and so is the next one", async () => {
		const id = crypto.randomUUID();
		await mallory.send(
			xml("iq", { type: "set", id, to: bob.address.jid }, publish(valid().node), publish(valid().node)),
		);
		const answer = await mallory.waitForStanza((stanza) => stanza.attrs.id === id);
		expect(answer.attrs.type).toBe("error");
		expect(await answerTo(publish("nobody-knows-it"))).toBe("cancel item-not-found");
	});

	test("after all of that the stream is the first one, and the sleeper can still be woken", async () => {
		expect(scene.reveille.log().match(/is online/g)).toHaveLength(1);
		scene.endpoint.clear();
		const alice = await scene.login("alice");
		await alice.sendMessage(bob.jid, "Still there?");
		await scene.endpoint.waitForPush();
		expect(await scene.server.pushEnabled("bob")).toHaveLength(1);
	});

	test("neither tokens, secrets, nodes, JIDs nor bodies are in the log", () => {
		const log = scene.reveille.log();
		const { node, secret } = bob.address;
		const { endpoint, keys } = bob.device.subscription;
		for (const secretThing of [node, secret, endpoint, keys.auth, bob.jid, mallory.jid, "Still there?"]) {
			expect(log).not.toContain(secretThing);
		}
	});
});
