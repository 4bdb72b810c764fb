/**
 * What rings an iPhone with Siskin, whose user's server is a real Prosody 13: with mod_cloud_notify_extensions, which
 * encrypts and tags what is important, and with mod_cloud_notify_encrypted alone, which never tags.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createDecipheriv, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { type ApnsPush, type ApnsServer, startApnsServer } from "../peers/apns-server.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { parse } from "../xmpp/parse.ts";
import { type TaggedPublish, taggedPublishes } from "../xmpp/tagged-publishes.ts";
import { runCommand } from "./ad-hoc.ts";

const PROVIDER = "tigase:messenger:apns:1";
const TOPIC = "org.example.siskin";

interface Phone {
	user: User;
	token: string;
	voipToken: string;
	/** What the device and its server encrypt with. */
	key: Buffer;
}

interface Stage {
	apple: ApnsServer;
	reveille: Reveille;
	alice: User;
	/** Registers a phone as Siskin does, enables push with encryption, and goes offline. */
	sleepingPhone(name: string): Promise<Phone>;
	stop(): Promise<void>;
}

async function openStage(module: string): Promise<Stage> {
	const folder = temporaryFolder("what-rings");
	const server: XmppServer = await startProsody({ modulesEnabled: [module] });
	await server.addUsers(["push", "alice", "bob", "carol"], "secret");
	const apple = await startApnsServer({ topics: [TOPIC] });
	writeFileSync(join(folder.path, "ca.pem"), apple.ca);
	const { key } = apple.createKey("TEAM123456", "KEY1234567");
	const app = {
		name: "siskin",
		service: "apns",
		provider: [PROVIDER],
		topic: TOPIC,
		url: apple.url,
		key,
		key_id: "KEY1234567",
		team_id: "TEAM123456",
	};
	const fields = Object.entries(app).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
	const APPS = join(folder.path, "reveille.toml");
	writeFileSync(APPS, ["[[app]]", ...fields].join("\n"));
	const settings = { APPS, NODE_EXTRA_CA_CERTS: join(folder.path, "ca.pem"), PUSH_INTERVAL_MS: "0" };
	const reveille = await startReveille({ server, settings });

	const login = (username: string, resource?: string) =>
		connectUser({
			service: server.websocketUrl,
			domain: server.host,
			username,
			password: "secret",
			...(resource !== undefined && { resource }),
		});
	return {
		apple,
		reveille,
		alice: await login("alice", "phone"),
		async sleepingPhone(name) {
			const user = await login(name);
			await user.online();
			const [token, voipToken] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
			const push = `push@${server.host}/push`;
			const device = { provider: PROVIDER, "device-token": token, "device-second-token": voipToken };
			const { node = "" } = await runCommand(user, push, "register-device", device);
			const key = randomBytes(16);
			const encryption = { xmlns: "tigase:push:encrypt:0", alg: "aes-128-gcm" };
			await user.iq(
				"set",
				xml(
					"enable",
					{ xmlns: "urn:xmpp:push:0", jid: push, node },
					xml("encrypt", encryption, key.toString("base64")),
				),
			);
			await user.goOffline();
			return { user, token, voipToken, key };
		},
		async stop() {
			await reveille.stop();
			await server.stop();
			await apple.stop();
			folder.remove();
		},
	};
}

const send = ({ alice }: Stage, { user }: Phone, { message }: TaggedPublish) =>
	alice.send(parse(`<message type="chat" to="${user.bareJid}" id="m2">${message}</message>`));

/** The next push to a phone, as Apple was told and as the phone reads it. */
async function nextAt({ apple }: Stage, { token, voipToken, key }: Phone) {
	const its = (push: ApnsPush) => push.token === token || push.token === voipToken;
	const { headers, body, token: to } = await apple.waitForPush(its);
	const { aps, encrypted = "", iv = "" } = JSON.parse(body.toString());
	const data = Buffer.from(encrypted, "base64");
	const decipher = createDecipheriv("aes-128-gcm", key, Buffer.from(iv, "base64"));
	decipher.setAuthTag(data.subarray(-16));
	const text = Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString();
	return {
		type: headers["apns-push-type"],
		priority: headers["apns-priority"],
		topic: headers["apns-topic"],
		to: to === voipToken ? "calls" : "the app",
		aps,
		says: JSON.parse(text),
	};
}

const rings = {
	type: "alert",
	priority: "10",
	topic: TOPIC,
	to: "the app",
	aps: { alert: { body: "New message" }, sound: "default", "mutable-content": 1 },
};
const isSilent = {
	type: "background",
	priority: "5",
	topic: TOPIC,
	to: "the app",
	aps: { "content-available": 1 },
};
const calls = { type: "voip", priority: "10", topic: `${TOPIC}.voip`, to: "calls", aps: {} };

const BY_KIND: Readonly<Record<string, object>> = {
	"a text": rings,
	typing: isSilent,
	"a receipt": isSilent,
	"a chat marker": isSilent,
	"a reaction": isSilent,
	"a message encrypted with OMEMO": rings,
	"OMEMO's keys alone": rings,
	"a call": calls,
	"a call taken back": isSilent,
};

const kind = (name: string): TaggedPublish => {
	const found = taggedPublishes.find((it) => it.kind === name);
	if (!found) throw new Error(`nothing was recorded of ${name}`);
	return found;
};

describe("with mod_cloud_notify_extensions", () => {
	let stage: Stage;
	let phone: Phone;
	beforeAll(async () => {
		stage = await openStage("cloud_notify_extensions");
		phone = await stage.sleepingPhone("bob");
	}, 60_000);
	afterAll(() => stage?.stop(), 60_000);

	test("what a friend does first rings, whatever it is: nobody knows of that server yet", async () => {
		await send(stage, phone, kind("typing"));
		expect(await nextAt(stage, phone)).toEqual({ ...rings, says: kind("typing").says });
	}, 60_000);

	test.each(taggedPublishes.map((recorded) => [recorded.kind, recorded] as const))(
		"%s is pushed as such, from its server's first tag on",
		async (name, recorded) => {
			await send(stage, phone, recorded);
			const expected = BY_KIND[name];
			if (!expected) throw new Error(`what is expected of ${name}?`);
			const came: object = { ...expected, says: recorded.says };
			expect(await nextAt(stage, phone)).toEqual(came as never);
			await stage.reveille.untilLogged("tags what is important");
		},
		60_000,
	);

	test("the next process knows it, and another device of that server profits too", async () => {
		await stage.reveille.halt();
		await stage.reveille.start();
		const other = await stage.sleepingPhone("carol");
		for (const device of [phone, other]) {
			await send(stage, device, kind("typing"));
			expect(await nextAt(stage, device)).toMatchObject(isSilent);
		}
	}, 60_000);
});

describe("with mod_cloud_notify_encrypted alone", () => {
	let stage: Stage;
	beforeAll(async () => {
		stage = await openStage("cloud_notify_encrypted");
	}, 60_000);
	afterAll(() => stage?.stop(), 60_000);

	test("all that is published rings: no message may stay unheard", async () => {
		const phone = await stage.sleepingPhone("bob");
		for (const name of ["a text", "a message encrypted with OMEMO", "a text"]) {
			await send(stage, phone, kind(name));
			expect(await nextAt(stage, phone)).toMatchObject(rings);
		}
	}, 60_000);
});
