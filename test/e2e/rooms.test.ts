/** A room's messages: its service, which has a domain of its own, publishes of them, and the phone knows the room. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { type FcmServer, startFcmServer } from "../peers/fcm-server.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { withRooms } from "../peers/room-push.ts";
import { connectUser, type PushAddress, type User } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { runCommand } from "./ad-hoc.ts";

const [ROOMS, OTHERS] = ["rooms.example.org", "others.example.org"] as const;

let server: XmppServer;
let reveille: Reveille;
let fcm: FcmServer;

beforeAll(async () => {
	server = await startProsody(withRooms([ROOMS, OTHERS]));
	await server.addUsers(["push", "alice", "bob"], "secret");
	fcm = startFcmServer();
	const settings = { FCM_URL: fcm.url, FCM_SERVICE_ACCOUNT: fcm.serviceAccount, PUSH_INTERVAL_MS: "0" };
	reveille = await startReveille({ server, settings });
}, 60_000);
afterAll(async () => {
	await reveille?.stop();
	await server?.stop();
	await fcm?.stop();
}, 60_000);

const login = (username: string) =>
	connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });

const garden = (service: string) => `garden@${service}`;

async function enter(user: User, room: string) {
	const x = xml("x", { xmlns: "http://jabber.org/protocol/muc" });
	await user.send(xml("presence", { to: `${room}/alice` }, x));
	const isIn = ({ name, attrs }: Element) =>
		name === "presence" && attrs.from === `${room}/alice` && attrs.type === undefined;
	await user.waitForStanza(isIn);
}

/** Asks a room to publish of its messages. */
async function enableAt(room: string, user: User, { jid, node, secret }: Required<PushAddress>) {
	const option = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));
	const options = xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		option("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options"),
		option("secret", secret),
	);
	await user.iq("set", xml("enable", { xmlns: "urn:xmpp:push:0", jid, node }, options), room);
}

const say = (user: User, room: string) =>
	user.send(xml("message", { type: "groupchat", to: room }, xml("body", {}, "Thrice the brinded cat…")));

/** What a room's service was answered. */
async function answered(service: string): Promise<string> {
	for (;;) {
		const [, kind] =
			readFileSync(server.logPath, "utf8").match(`${service}: room push answered: (\\w+)`) ?? [];
		if (kind !== undefined) return kind;
		await Bun.sleep(20);
	}
}

test("a message in a room wakes who is not in it: its service may publish, and no other one", async () => {
	const [alice, bob] = [await login("alice"), await login("bob")];
	for (const service of [ROOMS, OTHERS]) await enter(alice, garden(service));
	const token = fcm.createDevice();
	const registration = { token, "device-id": "phone", muc: garden(ROOMS) };
	const answer = await runCommand(bob, `push@${server.host}/push`, "register-push-fcm", registration);
	const { jid = "", node = "", secret = "" } = answer;
	for (const service of [ROOMS, OTHERS]) await enableAt(garden(service), bob, { jid, node, secret });
	await bob.goOffline();

	await say(alice, garden(OTHERS));
	expect(await answered(OTHERS)).toBe("error");
	await say(alice, garden(ROOMS));
	expect(await answered(ROOMS)).toBe("result");
	const { message } = await fcm.waitForPush();
	expect(message.token).toBe(token);
	// As Conversations knows the room by.
	expect(message.data?.channel).toBe(
		createHash("sha1")
			.update(`${garden(ROOMS)}\0phone`)
			.digest("hex"),
	);
	expect(fcm.pushes).toHaveLength(1);
}, 60_000);
