/**
 * ejabberd publishes a call's proposal as it does a chat marker: with nothing in it. Apps that were served by p2 or
 * fpush are used to being woken by all of it, and so they are here.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { startEjabberd } from "../peers/ejabberd.ts";
import { type FcmServer, type ReceivedFcm, startFcmServer } from "../peers/fcm-server.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { parse } from "../xmpp/parse.ts";
import { taggedPublishes } from "../xmpp/tagged-publishes.ts";
import { runCommand } from "./ad-hoc.ts";

const PUSH_MODULE = "yaximAndroid";
const STORE = `<store xmlns="urn:xmpp:hints"/>`;

const folder = temporaryFolder("calls");
let server: XmppServer;
let fcm: FcmServer;
let reveille: Reveille;
let alice: User;

beforeAll(async () => {
	server = await startEjabberd();
	await server.addUsers(["push", "alice", "conversations", "yaxim", "silent", "other"], "secret");
	fcm = startFcmServer();
	const app = (name: string, more: object) => {
		const fields = { name, service: "fcm", service_account: fcm.serviceAccount, url: fcm.url, ...more };
		return [
			"[[app]]",
			...Object.entries(fields).map(([field, value]) => `${field} = ${JSON.stringify(value)}`),
		];
	};
	const APPS = join(folder.path, "reveille.toml");
	const push = { conversations: {}, yaxim: { push_module: [PUSH_MODULE] } };
	const silent = { push_module: ["silent"], priority: "silent" };
	writeFileSync(
		APPS,
		[...Object.entries({ ...push, silent }).flatMap(([name, more]) => app(name, more))].join("\n"),
	);
	reveille = await startReveille({ server, settings: { APPS, PUSH_INTERVAL_MS: "0" } });
	alice = await login("alice", "phone");
}, 60_000);
afterAll(async () => {
	await reveille?.stop();
	await server?.stop();
	await fcm?.stop();
	folder.remove();
}, 60_000);

const login = (username: string, resource?: string) =>
	connectUser({
		service: server.websocketUrl,
		domain: server.host,
		username,
		password: "secret",
		...(resource !== undefined && { resource }),
	});

/** A user whose phone sleeps, and the phone's token. */
interface Sleeper {
	jid: string;
	token: string;
}

/** Registers as Conversations does. @param command p2's, or another dialect's */
async function asleepAfter(name: string, command: string, fields: (token: string) => Record<string, string>) {
	const user = await login(name);
	await user.online();
	const token = fcm.createDevice();
	const {
		jid = "",
		node = "",
		secret = "",
	} = await runCommand(user, `push@${server.host}/push`, command, fields(token));
	await user.enablePush({ jid, node, secret });
	await user.goOffline();
	return { jid: user.bareJid, token };
}

/** Enables push as yaxim does: its token is the node. */
async function asleepWith(name: string, pushModule: string): Promise<Sleeper> {
	const user = await login(name);
	await user.online();
	const token = fcm.createDevice();
	const field = xml("field", { var: "pushModule" }, xml("value", {}, pushModule));
	const enable = { xmlns: "urn:xmpp:push:0", jid: `push@${server.host}/push`, node: token };
	await user.iq("set", xml("enable", enable, xml("x", { xmlns: "jabber:x:data", type: "submit" }, field)));
	await user.goOffline();
	return { jid: user.bareJid, token };
}

/** What FCM was told of the next push to a phone. */
async function nextAt({ token }: Sleeper): Promise<ReceivedFcm["message"]["android"]> {
	const { message } = await fcm.waitForPush((push) => push.token === token);
	return message.android;
}

const send = ({ jid }: Sleeper, kind: string) => {
	const message = taggedPublishes.find((it) => it.kind === kind)?.message ?? "";
	const kept = message.includes(STORE) ? message : message + STORE;
	return alice.send(parse(`<message type="chat" to="${jid}" id="m1">${kept}</message>`));
};

/** All that ejabberd publishes with nothing in it. */
const EMPTY = ["a call", "a chat marker", "OMEMO's keys alone"];

describe.each(EMPTY)("%s", (kind) => {
	const phones: [string, string, () => Promise<Sleeper>][] = [
		[
			"wakes a phone that registered as Conversations does",
			"HIGH",
			() => asleepAfter("conversations", "register-push-fcm", (token) => ({ token, "android-id": kind })),
		],
		["wakes a phone whose token is the node, as yaxim's is", "HIGH", () => asleepWith("yaxim", PUSH_MODULE)],
		[
			"does not wake the phone of an app that is to be silent",
			"NORMAL",
			() => asleepWith("silent", "silent"),
		],
		[
			"does not wake a phone that registered in another dialect",
			"NORMAL",
			() => asleepAfter("other", "v1-register-push", (token) => ({ type: "fcm", node: kind, token })),
		],
	];
	test.each(phones)(
		"%s (%s)",
		async (_what, priority, fallAsleep) => {
			const sleeper = await fallAsleep();
			await send(sleeper, kind);
			const android = await nextAt(sleeper);
			expect(android?.priority).toBe(priority);
			if (priority === "HIGH") expect(android?.collapse_key).toMatch(/^high-/);
			else expect(android?.collapse_key).toBe("low");
		},
		30_000,
	);
});
