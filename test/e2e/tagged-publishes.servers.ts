/** What a real Prosody publishes with mod_cloud_notify_extensions, against what was recorded of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createDecipheriv, randomBytes } from "node:crypto";
import xml, { type Element } from "@xmpp/xml";
import { startProsody } from "../peers/prosody.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { parse } from "../xmpp/parse.ts";
import { type TaggedPublish, taggedPublishes } from "../xmpp/tagged-publishes.ts";

const key = randomBytes(16);
let server: XmppServer;
let appServer: User;
let alice: User;

const login = (username: string, resource?: string) =>
	connectUser({
		service: server.websocketUrl,
		domain: server.host,
		username,
		password: "secret",
		...(resource !== undefined && { resource }),
	});

beforeAll(async () => {
	server = await startProsody({ modulesEnabled: ["cloud_notify_extensions"] });
	await server.addUsers(["push", "alice", "bob"], "secret");
	appServer = await login("push", "push");
	appServer.client.iqCallee.set("http://jabber.org/protocol/pubsub", "pubsub", () => true);
	alice = await login("alice", "phone");
}, 60_000);
afterAll(async () => {
	await Promise.all([appServer, alice].map((user) => user?.goOffline()));
	await server?.stop();
}, 60_000);

const notificationOf = (publish: Element) =>
	publish.getChild("pubsub")?.getChild("publish")?.getChild("item")?.getChild("notification");

/** Comparable: in Lua attributes have no order, and what is encrypted differs each time. */
function canonical({ name, attrs, children }: Element): unknown {
	const isEncrypted = name === "encrypted";
	return [
		name,
		{ ...attrs, ...(isEncrypted && { iv: "SVY=" }) },
		isEncrypted
			? ["REFUQQ=="]
			: children.map((child) => (typeof child === "string" ? child : canonical(child))),
	];
}

/** AES-128-GCM with the key that the device gave its server. */
function decrypt(encrypted: Element): unknown {
	const data = Buffer.from(encrypted.getText(), "base64");
	const decipher = createDecipheriv("aes-128-gcm", key, Buffer.from(encrypted.attrs.iv, "base64"));
	decipher.setAuthTag(data.subarray(-16));
	return JSON.parse(Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString());
}

const sleeps: [name: string, sleep: (device: User) => Promise<void>][] = [
	["offline", (device) => device.goOffline()],
	["cut off, with a session that waits to be resumed", (device) => device.cutConnection()],
];
const asks: [name: string, form: "encrypted" | "plain"][] = [
	["that asked for encryption", "encrypted"],
	["that did not", "plain"],
];

describe.each(sleeps)("to a device that is %s", (name, sleep) => {
	test.each(asks)(
		"%s, each kind of message is published as recorded",
		async (_asked, form) => {
			const node = crypto.randomUUID();
			const isThis = (stanza: Element) => stanza.getChild("pubsub")?.getChild("publish")?.attrs.node === node;
			const encrypt = xml(
				"encrypt",
				{ xmlns: "tigase:push:encrypt:0", alg: "aes-128-gcm" },
				key.toString("base64"),
			);
			const device = await login("bob");
			await device.online();
			await device.iq(
				"set",
				xml(
					"enable",
					{ xmlns: "urn:xmpp:push:0", jid: appServer.jid, node },
					...(form === "encrypted" ? [encrypt] : []),
				),
			);
			await sleep(device);

			const hear = async ({ kind, message, says, ...recorded }: TaggedPublish) => {
				await alice.send(parse(`<message type="chat" to="${device.bareJid}" id="m2">${message}</message>`));
				const times = name === "offline" ? 1 : recorded.timesWhenResumable;
				for (let time = 0; time < times; time++) {
					const notification = notificationOf(await appServer.waitForStanza(isThis));
					if (!notification) throw new Error(`${kind}: published without a notification`);
					const expected = parse(`<notification xmlns="urn:xmpp:push:0">${recorded[form]}</notification>`);
					expect(canonical(notification)).toEqual(canonical(expected));
					const encrypted = notification.getChild("encrypted");
					if (encrypted) expect(decrypt(encrypted)).toEqual(says);
				}
			};
			for (const recorded of taggedPublishes) await hear(recorded);

			const back = await login("bob");
			await back.disablePush({ jid: appServer.jid });
			await back.goOffline();
			// Nothing was published that was not waited for: it would lie there before what comes now.
			await expect(appServer.waitForStanza(isThis, 0)).rejects.toThrow("no such stanza");
		},
		60_000,
	);
});
