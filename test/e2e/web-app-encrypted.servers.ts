/**
 * Sender and text come encrypted for one browser alone: a real Firefox, and a real Prosody with
 * mod_cloud_notify_encrypted. All that Reveille hears of it goes through a relay, and can be read by nobody there.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDecipheriv, randomBytes } from "node:crypto";
import { xml } from "@xmpp/client";
import { en } from "../../src/web/page/texts/en.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import { startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { parse } from "../xmpp/parse.ts";
import { taggedPublishes } from "../xmpp/tagged-publishes.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { setUp } from "./web-app/reading.ts";
import { type Recorder, startRecorder } from "./web-app/recorder.ts";
import { type Relay, startRelay } from "./web-app/relay.ts";
import { type FirefoxVisitor, startVisitor } from "./web-app/visitor.ts";

const ENCRYPT = "tigase:push:encrypt:0";
/** Words that nothing else says. */
const TEXT = "Wherefore art thou, 4711?";
const SENDER = "tybalt-4711";

let server: XmppServer;
/** Between the page and the user's server. */
let pages: Relay;
/** Between Reveille and the same server. */
let reveilles: Relay;
/** Between the browser and Reveille. */
let recorder: Recorder;
let endpoint: WebPushServer;
let reveille: Reveille;
let visitor: FirefoxVisitor;
/** Each is closed, the last one first. */
const ends: (() => unknown)[] = [];

beforeAll(async () => {
	server = await startProsody({ modulesEnabled: ["cloud_notify_encrypted"] });
	ends.push(() => server.stop());
	await server.addUsers(["push", "bob", SENDER], "secret");
	[pages, reveilles] = [startRelay(server.websocketUrl), startRelay(server.websocketUrl)];
	ends.push(() => Promise.all([pages.stop(), reveilles.stop()]));
	endpoint = startWebPushServer();
	ends.push(() => endpoint.stop());
	const settings = { XMPP_SERVICE: reveilles.url, PUSH_INTERVAL_MS: "0" };
	reveille = await startReveille({ server, settings });
	ends.push(() => reveille.stop());
	recorder = startRecorder(reveille.url);
	ends.push(() => recorder.stop());
	visitor = await startVisitor({ pushServerUrl: endpoint.browserUrl });
	ends.push(() => visitor.close());
}, 90_000);
afterAll(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

const account = () => ({ jid: `bob@${server.host}`, password: "secret", server: pages.url });

const login = (username: string, resource?: string) =>
	connectUser({
		service: server.websocketUrl,
		domain: server.host,
		username,
		password: "secret",
		...(resource !== undefined && { resource }),
	});

/** The keys that the page handed to the user's server, in order. */
const keysHandedOver = () =>
	pages.said.flatMap((element) => {
		if (!element.includes("<enable")) return [];
		const encrypt = parse(element).getChild("enable")?.getChild("encrypt", ENCRYPT);
		return encrypt ? [encrypt.text()] : [];
	});

/** Closes the page, has something sent to bob, and opens it again when the service worker has the push. */
async function whileClosed(send: (friend: User) => Promise<unknown>) {
	await visitor.page.goto("about:blank");
	const friend = await login(SENDER, "phone");
	endpoint.clear();
	await send(friend);
	await endpoint.waitForPush();
	await endpoint.untilTaken();
	await friend.goOffline();
	await visitor.open(recorder.url);
}

const write = (body: string) => (friend: User) => friend.sendMessage(account().jid, body);
/** @param kind of what was recorded of a friend's client */
const sendKind = (kind: string) => (friend: User) => {
	const recorded = taggedPublishes.find((one) => one.kind === kind);
	return friend.send(
		parse(`<message type="chat" to="${account().jid}" id="m">${recorded?.message}</message>`),
	);
};

const heardByReveille = () => reveilles.heard.join("\n");
function expectNothingReadable(text: string) {
	expect(text).not.toContain("4711");
	expect(text).not.toContain(Buffer.from(TEXT).toString("base64").slice(0, 20));
}

test("a message comes with sender and text, and Reveille hears neither", async () => {
	await setUp(visitor, recorder.url, account());
	const [key = "", ...others] = keysHandedOver();
	expect(others).toEqual([]);
	expect(Buffer.from(key, "base64")).toHaveLength(16);
	const [enabled = ""] = pages.said.filter((element) => element.includes("<enable"));
	expect(enabled).toContain(`<encrypt xmlns="${ENCRYPT}" alg="aes-128-gcm">${key}</encrypt>`);

	await whileClosed(write(TEXT));
	expect(await visitor.untilNotified(({ body }) => body.includes("4711"))).toEqual({
		title: `${SENDER}@${server.host}`,
		body: TEXT,
	});
	expect(heardByReveille()).toContain(`<encrypted`);
	expectNothingReadable(heardByReveille());
	expectNothingReadable(reveille.log());
}, 120_000);

test("what leaves Reveille says no more: read by a device of the same account that has another key", async () => {
	const bob = await login("bob");
	const device = endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });
	const { jid, node, secret } = await registerByCommand(bob, `push@${server.host}/push`, device);
	const key = randomBytes(16);
	const options = parse(
		`<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var="secret"><value>${secret}</value></field></x>`,
	);
	const encrypt = xml("encrypt", { xmlns: ENCRYPT, alg: "aes-128-gcm" }, key.toString("base64"));
	await bob.iq("set", xml("enable", { xmlns: "urn:xmpp:push:0", jid, node }, options, encrypt));
	await bob.goOffline();

	endpoint.clear();
	await write(TEXT)(await login(SENDER));
	const { body } = await endpoint.waitForPush((push) => push.endpoint === device.subscription.endpoint);
	const text = device.decryptText(body);
	expectNothingReadable(text);
	const { encrypted, ...rest } = JSON.parse(text);
	expect(rest).toEqual({ node, class: "high" });
	const data = Buffer.from(encrypted.data, "base64");
	const decipher = createDecipheriv("aes-128-gcm", key, Buffer.from(encrypted.iv, "base64"));
	decipher.setAuthTag(data.subarray(-16));
	const opened = Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]);
	expect(JSON.parse(opened.toString())).toMatchObject({ sender: `${SENDER}@${server.host}`, message: TEXT });

	const again = await login("bob");
	await again.disablePush({ jid, node });
	await again.goOffline();
}, 60_000);

test.each([
	["a call", "WHO is calling", "Tap to answer in your chat app."],
	// With a count, where there were others.
	["a message encrypted with OMEMO", "WHO", "Tap to read it in your chat app."],
	["typing", "Something new", "Your chat app shows what it is."],
])(
	"%s is shown as such",
	async (kind, title, text) => {
		await whileClosed(sendKind(kind));
		const start = title.replace("WHO", `${SENDER}@${server.host}`);
		await visitor.untilNotified((shown) => shown.title.startsWith(start) && shown.body === text);
		expectNothingReadable(heardByReveille());
	},
	60_000,
);

test("no script of the page can read the key, and no request to Reveille had it", async () => {
	const kept = await visitor.page.evaluate(
		() =>
			new Promise<unknown>((resolve) => {
				indexedDB.open("reveille").onsuccess = ({ target }) => {
					const { result } = target as IDBOpenDBRequest;
					result.transaction("devices").objectStore("devices").getAll().onsuccess = async (event) => {
						const [device] = (event.target as IDBRequest<{ contentKey: CryptoKey }[]>).result;
						result.close();
						const key = device?.contentKey;
						const read =
							key &&
							(await crypto.subtle.exportKey("raw", key).then(
								() => "read",
								() => "not read",
							));
						resolve({ extractable: key?.extractable, usages: key?.usages, read });
					};
				};
			}),
	);
	expect(kept).toEqual({ extractable: false, usages: ["decrypt"], read: "not read" });
	expectNoKey();
});

/** In what Reveille was asked, by the browser and by way of the server, and in what it wrote down. */
function expectNoKey() {
	const keys = keysHandedOver();
	expect(keys.length).toBeGreaterThan(0);
	expect(recorder.asked.length).toBeGreaterThan(0);
	const reached = [
		...recorder.asked.flatMap(({ path, headers, body }) => [path, headers, body]),
		...reveilles.heard,
		reveille.log(),
	];
	for (const key of keys) for (const text of reached) expect(text).not.toContain(key.slice(0, 22));
}

test("a device that an older page enabled says that there is a message, and gets a key at the next sign-in", async () => {
	const [former] = keysHandedOver();
	await visitor.page.evaluate(
		() =>
			new Promise<void>((resolve) => {
				indexedDB.open("reveille").onsuccess = ({ target }) => {
					const { result } = target as IDBOpenDBRequest;
					const transaction = result.transaction("devices", "readwrite");
					const devices = transaction.objectStore("devices");
					devices.getAll().onsuccess = (event) => {
						for (const { contentKey: _, ...device } of (event.target as IDBRequest).result)
							devices.put(device);
					};
					transaction.oncomplete = () => {
						result.close();
						resolve();
					};
				};
			}),
	);
	await whileClosed(write("Without a key, 4711"));
	expect(await visitor.untilNotified(({ title }) => title.startsWith("New message"))).toEqual({
		title: "New message",
		body: "Tap to read it in your chat app.",
	});

	await visitor.open(recorder.url, `#/devices/${encodeURIComponent(account().jid)}`);
	await visitor.untilHeading(en.devices.title);
	await visitor.type(en.signIn.password, "secret");
	await visitor.click(en.devices.showAll);
	await visitor.untilSaid(en.devices.nowAll);
	const keys = keysHandedOver();
	expect(keys).toHaveLength(2);
	expect(keys[1]).not.toBe(former);
	expect(await server.pushEnabled("bob")).toHaveLength(1);
	await whileClosed(write("With another key, 4711"));
	expect(await visitor.untilNotified(({ body }) => body.includes("another key"))).toMatchObject({
		title: expect.stringContaining(`${SENDER}@${server.host}`),
		body: "With another key, 4711",
	});
	expectNothingReadable(heardByReveille());
	expectNoKey();
}, 120_000);
