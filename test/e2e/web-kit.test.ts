/** What a page does with the kit, from the login to the last goodbye, at real servers and by each kind of SCRAM. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createKit } from "../../src/web/kit/create-kit.ts";
import { Fault } from "../../src/web/kit/fault.ts";
import type { Kit, Registered, Session } from "../../src/web/kit/kit.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import type { XmppServer, XmppServerOptions } from "../peers/xmpp-server.ts";
import { type NtfyServer, startNtfyServer } from "../services/ntfy/double.ts";
import { openScene, type Scene, type ServerName, startServer } from "./scene.ts";

const PASSWORD = "secret";

/** A kit as a page of localhost has it, and all that it sent over WebSockets. */
function kitOnLoopback(): { kit: Kit; sent: string[] } {
	const sent: string[] = [];
	const openWebSocket = (url: string) => {
		const socket = new WebSocket(url, "xmpp");
		const send = socket.send.bind(socket);
		socket.send = (text) => {
			sent.push(String(text));
			send(text);
		};
		return socket;
	};
	return { kit: createKit({ isHttp: true, openWebSocket }), sent };
}

const mechanismIn = (sent: readonly string[]) =>
	sent.map((text) => /<auth [^>]*mechanism="([^"]+)"/.exec(text)?.[1]).find(Boolean);

/** Why something could not be done. */
async function reasonOf(promise: Promise<unknown>) {
	const error = await promise.then(
		() => undefined,
		(error: unknown) => error,
	);
	return error instanceof Fault ? error.reason : error;
}

type Kept = NonNullable<XmppServerOptions["passwords"]>;

/** How each keeps its passwords, which says what is chosen. */
const LIVES: [ServerName, Kept, string][] = [
	["prosody", "SHA-1", "SCRAM-SHA-1"],
	["ejabberd", "SHA-512", "SCRAM-SHA-512"],
];

describe.each(LIVES)("at %s, with passwords kept as %s,", (program, passwords, mechanism) => {
	let scene: Scene;
	let ntfy: NtfyServer;
	let device: WebPushDevice;
	let session: Session;
	let registered: Registered;
	const { kit, sent } = kitOnLoopback();
	const logIn = async (password = PASSWORD, domain = scene.server.host) => {
		const servers = { [domain]: scene.server.websocketUrl };
		const found = await kit.findServer(domain, servers);
		return kit.logIn({ jid: `bob@${domain}`, password }, found);
	};
	const bodies = async () => {
		const push = await scene.endpoint.waitForPush(
			({ endpoint }) => endpoint === device.subscription.endpoint,
		);
		return JSON.parse(device.decryptText(push.body)) as { node?: string; body?: string; sender?: string };
	};

	beforeAll(async () => {
		ntfy = startNtfyServer();
		const app = { name: "ntfy", service: "ntfy", server: ntfy.url, access_token: ntfy.accessToken };
		const settings = { PUSH_INTERVAL_MS: "0", APPS: JSON.stringify([app]) };
		const pushWith = { body: true, sender: true };
		scene = await openScene(program, { users: ["bob", "carol"], xmpp: { passwords, pushWith }, settings });
		const applicationServerKey = await scene.reveille.vapidPublicKey();
		device = scene.endpoint.createSubscription({ applicationServerKey });
	}, 90_000);
	afterAll(async () => {
		await session?.close();
		await scene?.stop();
		await ntfy?.stop();
	}, 60_000);

	test("a login that cannot be says why, and what is right leads in", async () => {
		expect(await reasonOf(logIn("another"))).toEqual({ kind: "wrong-password", domain: "example.org" });
		expect(await reasonOf(logIn(PASSWORD, "example.net"))).toEqual({
			kind: "domain-unknown",
			domain: "example.net",
		});
		session = await logIn();
		expect(session).toMatchObject({ account: "bob@example.org", domain: "example.org" });
		expect(mechanismIn(sent)).toBe(mechanism);
	}, 60_000);

	test("the server has push; a browser is registered and enabled", async () => {
		expect(await session.features()).toMatchObject({ push: true });
		registered = await session.registerBrowser(scene.address, {
			subscription: device.subscription,
			name: "Firefox",
			deviceId: "one",
			classes: ["voip", "high"],
		});
		const { jid, node, secret, deviceSecret } = registered;
		expect(jid).toBe(scene.address);
		expect(new Set([node, secret, deviceSecret, undefined, ""]).size).toBe(5);
		await session.enable(registered);
		expect(await scene.server.pushEnabled("bob")).toEqual([{ jid, node }]);
		await session.close();
		await session.closed;
		expect(await reasonOf(session.list(scene.address))).toEqual({
			kind: "disconnected",
			domain: "example.org",
		});
	}, 60_000);

	test("a second session publishes a test, lists, renames and tests", async () => {
		session = await logIn();
		expect(await session.roundTrip(scene.address)).toBeGreaterThan(0);
		await session.publishTest(registered, "A test of 12:00");
		expect(await bodies()).toMatchObject({ node: registered.node, body: "A test of 12:00" });
		await session.rename(scene.address, registered.node, "Kitchen <&>");
		expect(await session.test(scene.address, registered.node)).toEqual({ result: "delivered" });
		expect(await bodies()).toMatchObject({ body: "Test" });
		const listed = await session.list(scene.address);
		expect(listed).toMatchObject([{ node: registered.node, name: "Kitchen <&>", app: "webpush" }]);
	}, 60_000);

	test("a message to who has no presence wakes the browser, with its sender and text", async () => {
		const alice = await scene.login("alice");
		await alice.sendMessage("bob@example.org", "Wake up!");
		expect(await bodies()).toMatchObject({ body: "Wake up!", sender: expect.stringMatching(/^alice@/) });
		await alice.goOffline();
	}, 60_000);

	test("an ntfy topic is a device too, and the same one the second time", async () => {
		const topic = { topic: `${ntfy.url}/wake-bob`, name: "Phone" };
		const { node } = await session.registerTopic(scene.address, topic);
		expect(await session.registerTopic(scene.address, topic)).toMatchObject({ node });
		expect(await session.test(scene.address, node)).toEqual({ result: "delivered" });
		await ntfy.arrived("wake-bob");
		const listed = await session.list(scene.address);
		expect(listed.map(({ name, app }) => [name, app])).toEqual([
			["Kitchen <&>", "webpush"],
			["Phone", "ntfy"],
		]);
		await session.end(scene.address, node);
	}, 60_000);

	test("another's registration is as one that ended, and cannot be published to", async () => {
		const { kit } = kitOnLoopback();
		const carol = { jid: "carol@example.org", password: PASSWORD };
		const other = await kit.logIn(carol, [scene.server.websocketUrl]);
		const { node } = registered;
		expect(await reasonOf(other.rename(scene.address, node, "Mine"))).toEqual({ kind: "ended" });
		expect(await reasonOf(other.test(scene.address, node))).toEqual({ kind: "ended" });
		const stolen = { ...registered, secret: "no secret of it" };
		expect(await reasonOf(other.publishTest(stolen, "x"))).toEqual({ kind: "ended" });
		const topic = { topic: "no URL", name: "Phone" };
		expect(await reasonOf(other.registerTopic(scene.address, topic))).toMatchObject({
			kind: "reveille-refused",
		});
		expect(await reasonOf(other.roundTrip("push@example.org/nobody"))).toMatchObject({
			kind: "reveille-away",
		});
		await other.close();
	}, 60_000);

	test("with the device secret the device is shown, moved and tested over HTTP", async () => {
		const api = kit.deviceApi(scene.reveille.url);
		const { node, deviceSecret = "" } = registered;
		const key = { node, deviceSecret };
		expect(await api.show(key)).toMatchObject({ name: "Kitchen <&>", classes: ["voip", "high"] });
		const applicationServerKey = await scene.reveille.vapidPublicKey();
		device = scene.endpoint.createSubscription({ applicationServerKey });
		const to = { subscription: device.subscription, name: "Hall", classes: ["high"] as const };
		expect(await api.renew(key, to)).toEqual(key);
		expect(await api.test(key)).toMatchObject({ result: "delivered" });
		expect(await bodies()).toMatchObject({ body: "Test" });
		expect(await api.show(key)).toMatchObject({ name: "Hall", classes: ["high"] });
		expect(await reasonOf(api.show({ node, deviceSecret: "another" }))).toEqual({ kind: "ended" });
	}, 60_000);

	test("ends at Reveille and at the server, twice without harm", async () => {
		const { jid, node, deviceSecret = "" } = registered;
		await session.end(scene.address, node);
		await session.end(scene.address, node);
		await kit.deviceApi(scene.reveille.url).end({ node, deviceSecret });
		await session.disable(jid, node);
		await session.disable(jid, node);
		expect(await session.list(scene.address)).toEqual([]);
		expect(await scene.server.pushEnabled("bob")).toEqual([]);
		expect(await reasonOf(session.publishTest(registered, "x"))).toEqual({ kind: "ended" });
	}, 60_000);

	test("nothing that was sent is presence, or the password", () => {
		expect(sent.filter((text) => text.includes("<presence"))).toEqual([]);
		expect(sent.filter((text) => text.includes(PASSWORD) && text.includes("<auth"))).toEqual([]);
	});

	test("a server that goes takes the session with it", async () => {
		await scene.server.halt();
		await session.closed;
		expect(await reasonOf(logIn())).toEqual({
			kind: "server-unreachable",
			service: scene.server.websocketUrl,
		});
	}, 60_000);
});

describe.each(["prosody", "ejabberd"] as const)(
	"at %s, with passwords kept as SHA-256, without push,",
	(program) => {
		let server: XmppServer;
		beforeAll(async () => {
			server = await startServer(program, {
				passwords: "SHA-256",
				// As each of them calls its half of push.
				modulesDisabled: ["cloud_notify", "mod_push", "mod_push_keepalive"],
			});
			await server.addUser("bob", PASSWORD);
		}, 60_000);
		afterAll(() => server?.stop());

		test("a login is SCRAM-SHA-256, and what is not there is said to be missing", async () => {
			const { kit, sent } = kitOnLoopback();
			const session = await kit.logIn({ jid: "bob@example.org", password: PASSWORD }, [server.websocketUrl]);
			expect(mechanismIn(sent)).toBe("SCRAM-SHA-256");
			expect(await session.features()).toMatchObject({ push: false });
			const address = "nobody@example.org/push";
			const enabled = session.enable({ jid: address, node: "n", secret: "s" });
			expect(await reasonOf(enabled)).toEqual({ kind: "no-push", domain: "example.org" });
			expect(await reasonOf(session.list(address))).toEqual({ kind: "reveille-away", address });
			await session.close();
		}, 30_000);
	},
);
