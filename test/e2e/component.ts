/** Reveille as a component (XEP-0114) of a real server, alone and beside an account of its own. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import { startConnection } from "../../src/connector/connection.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { type ServerName, startServer } from "./scene.ts";

export const DOMAIN = "push.example.org";
const SECRET = "the component's secret";
const ADMIN_TOKEN = "the-token-of-those-who-look-at-metrics";

const endpoint = startWebPushServer();
export const ends: (() => unknown)[] = [];
afterEach(async () => {
	endpoint.respondNormally();
	for (const end of ends.splice(0).reverse()) await end();
	endpoint.clear();
}, 60_000);
afterAll(() => endpoint.stop());

export const startWithComponent = (program: ServerName) =>
	startServer(program, {
		hosts: ["example.org", "example.com"],
		components: [{ domain: DOMAIN, secret: SECRET }],
	});

export const asComponent = (server: XmppServer, secret = SECRET) => ({
	XMPP_SERVICE: server.componentUrl,
	XMPP_DOMAIN: DOMAIN,
	XMPP_PASSWORD: secret,
	PUSH_INTERVAL_MS: "0",
	ADMIN_TOKEN,
});

export async function reveille(
	settings: Record<string, string>,
	until: "ready" | "health" = "ready",
): Promise<Reveille> {
	const started = await startReveille({ settings }, until);
	ends.push(() => started.stop());
	return started;
}

export async function login(server: XmppServer, username: string, domain = server.host): Promise<User> {
	const user = await connectUser({ service: server.websocketUrl, domain, username, password: "secret" });
	ends.push(() => user.goOffline().catch(() => {}));
	return user;
}

/** A device of nobody's, registered over HTTP: a component opens that to everybody. */
export async function register(at: Reveille) {
	const device = endpoint.createSubscription({ applicationServerKey: await at.vapidPublicKey() });
	return { device, address: await at.register(device.subscription, "no token") };
}

/** What a server publishes for a user, sent by hand to see the answer. */
export const publish = ({ node, secret }: { node: string; secret: string }) =>
	xml(
		"pubsub",
		{ xmlns: "http://jabber.org/protocol/pubsub" },
		xml("publish", { node }, xml("item", {}, xml("notification", { xmlns: "urn:xmpp:push:0" }))),
		xml(
			"publish-options",
			{},
			xml(
				"x",
				{ xmlns: "jabber:x:data", type: "submit" },
				xml("field", { var: "secret" }, xml("value", {}, secret)),
			),
		),
	);

export async function metric(of: Reveille, line: string): Promise<number> {
	const answer = await fetch(`${of.url}/metrics`, { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } });
	const found = (await answer.text()).split("\n").find((each) => each.startsWith(`${line} `));
	return Number(found?.split(" ")[1] ?? 0);
}

/** What one server does with one component. */
export function testComponent(program: ServerName): void {
	describe(`a component of a real ${program}`, () => {
		let server: XmppServer;
		beforeAll(async () => {
			server = await startWithComponent(program);
			await server.addUsers(["push", "alice", "bob"], "secret");
			await server.addUser("carol", "secret", "example.com");
		}, 60_000);
		afterAll(() => server?.stop(), 60_000);

		test("tells clients its domain; what a server publishes there is pushed and answered, also after restarts", async () => {
			const one = await reveille(asComponent(server));
			const { device, address } = await register(one);
			expect(address.jid).toBe(DOMAIN);
			const bob = await login(server, "bob");
			await bob.online();
			await bob.enablePush(address);
			await bob.goOffline();
			const wake = async () => {
				await (await login(server, "alice")).sendMessage("bob@example.org", "Wake up");
				const push = await endpoint.waitForPush();
				expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node: address.node });
				// ejabberd forgets a registration at the first error that is not `wait`.
				expect(await server.pushEnabled("bob")).toEqual([{ jid: DOMAIN, node: address.node }]);
			};
			await wake();
			// The device may be faster than our answer.
			while ((await metric(one, 'reveille_answers_total{answer="delivered"}')) < 1) await Bun.sleep(10);
			expect(await metric(one, `reveille_xmpp_online{address="${DOMAIN}"}`)).toBe(1);

			for (const graceful of [true, false]) {
				await server.restart({ graceful });
				await one.untilReady();
				await wake();
			}
			const bobAgain = await login(server, "bob");
			await bobAgain.disablePush(address);
		}, 90_000);

		test("answers from exactly the JID that was written to, whatever it is", async () => {
			const one = await reveille(asComponent(server));
			const { address } = await register(one);
			const alice = await login(server, "alice");
			for (const to of [DOMAIN, `push@${DOMAIN}`, `push@${DOMAIN}/push`]) {
				const answer = await alice.iq("set", publish(address), to);
				expect(answer.attrs).toMatchObject({ type: "result", from: to });
				await endpoint.waitForPush();
			}
		}, 60_000);

		test("with a wrong secret says so in the log and at /ready", async () => {
			const one = await reveille(asComponent(server, "another secret"), "health");
			await one.untilLogged("XMPP_PASSWORD is not its secret");
			const ready = await fetch(`${one.url}/ready`);
			expect(ready.status).toBe(503);
			expect(await ready.text()).toContain("XMPP_PASSWORD is not its secret");
			expect(one.log()).not.toContain("another secret");
		}, 60_000);

		test("a planned stop answers what is in hand, and leaves it to the next process", async () => {
			const one = await reveille(asComponent(server));
			const { address } = await register(one);
			const alice = await login(server, "alice");
			const held = Promise.withResolvers<void>();
			endpoint.respondWith({ status: 503, after: held.promise });
			const answer = alice.iq("set", publish(address), DOMAIN, 20_000);
			await endpoint.waitForPush((push) => push.status === undefined);
			const halted = one.halt();
			expect((await answer).attrs.type).toBe("result");
			await halted;
			held.resolve();
			await one.start();
			expect(await metric(one, "reveille_outbox_entries")).toBe(1);
		}, 60_000);

		test("a connection that only seems to be there is noticed, left, and replaced", async () => {
			const { port, stall, connections } = await startProxy(new URL(server.componentUrl).port);
			const warnings: string[] = [];
			const log = getLogger("test").with({});
			log.warn = ((message: unknown) => void warnings.push(String(message))) as typeof log.warn;
			const connection = await startConnection({
				settings: {
					kind: "component",
					service: `xmpp://127.0.0.1:${port}`,
					domain: DOMAIN,
					password: SECRET,
					address: DOMAIN,
					allow: ["*"],
				},
				streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
				handle: async ({ attrs: { id, from, to, type } }) =>
					type === "get" ? xml("iq", { type: "result", id, to: from, from: to }) : undefined,
				onBacklog: async () => {},
				log,
				timing: { silence: 300, grace: 1_500, backoffFirst: 50 },
			});
			ends.push(() => connection.stop(async () => {}));
			await connection.online;
			// Quiet for longer than both, and alive: the server gives our pings back, and in this time nothing happens.
			await Bun.sleep(2_500);
			expect(connections()).toBe(1);
			stall();
			while (connections() < 2 || connection.status().kind !== "online") await Bun.sleep(10);
			expect(warnings.join("\n")).toContain("has been silent");
			const alice = await login(server, "alice");
			const pong = await alice.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }), DOMAIN);
			expect(pong.attrs.type).toBe("result");
		}, 30_000);

		test("what came while its process stood still is answered, on the connection that it came by", async () => {
			const { port, connections, hold } = await startProxy(new URL(server.componentUrl).port);
			const connection = await startConnection({
				settings: {
					kind: "component",
					service: `xmpp://127.0.0.1:${port}`,
					domain: DOMAIN,
					password: SECRET,
					address: DOMAIN,
					allow: ["*"],
				},
				streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
				handle: async ({ attrs: { id, from, to, type } }) =>
					type === "get" || type === "set"
						? xml("iq", { type: "result", id, to: from, from: to })
						: undefined,
				onBacklog: async () => {},
				log: getLogger("test"),
				timing: { silence: 300, grace: 1_500, farewell: 10 },
			});
			ends.push(() => connection.stop(async () => {}));
			await connection.online;
			const alice = await login(server, "alice");
			const release = hold();
			const answer = alice.iq("set", publish({ node: "node", secret: "secret" }), DOMAIN, 20_000);
			// The server handles what she sends in order: the publish is on its way.
			await alice.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }));
			release();
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
			expect((await answer).attrs.type).toBe("result");
			expect(connections()).toBe(1);
		}, 30_000);

		test("one process serves it and an account: each tells its own address, and has its own users", async () => {
			const folder = temporaryFolder("connections");
			ends.push(() => folder.remove());
			writeFileSync(join(folder.path, "secret"), `${SECRET}\n`);
			writeFileSync(
				join(folder.path, "reveille.toml"),
				`[[connection]]\nservice = "${server.componentUrl}"\ndomain = "${DOMAIN}"\npassword = "./secret"\n`,
			);
			const account = "push@example.org/push";
			const one = await reveille({
				XMPP_SERVICE: server.websocketUrl,
				XMPP_DOMAIN: "example.org",
				XMPP_USERNAME: "push",
				XMPP_PASSWORD: "secret",
				APPS: join(folder.path, "reveille.toml"),
				PUSH_INTERVAL_MS: "0",
				ADMIN_TOKEN,
			});
			for (const address of [DOMAIN, account]) {
				expect(await metric(one, `reveille_xmpp_online{address="${address}"}`)).toBe(1);
			}
			expect(one.log()).toContain(`XMPP component  ${DOMAIN} through ${server.componentUrl}`);

			const alice = await login(server, "alice");
			for (const [user, address] of [
				["bob", account],
				["bob", DOMAIN],
				["carol@example.com", DOMAIN],
			] as const) {
				const [name = "", domain = "example.org"] = user.split("@");
				const client = await login(server, name, domain);
				const { told, device } = await registerByCommand(client, one, address);
				expect(told.jid).toBe(address);
				await client.online();
				await client.enablePush(told);
				await client.goOffline();
				expect(await server.pushEnabled(client.bareJid)).toContainEqual({ jid: address, node: told.node });
				await alice.sendMessage(client.bareJid, "Wake up");
				const push = await endpoint.waitForPush(({ endpoint: to }) => to === device.subscription.endpoint);
				expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node: told.node });
				await (await login(server, name, domain)).disablePush(told);
			}
			// The account answers for its own domain's users, the component for everybody's.
			const carol = await login(server, "carol", "example.com");
			await expect(registerByCommand(carol, one, account)).rejects.toThrow("forbidden");
		}, 90_000);
	});
}

async function registerByCommand(client: User, at: Reveille, address: string) {
	const device = endpoint.createSubscription({ applicationServerKey: await at.vapidPublicKey() });
	const { endpoint: token, keys } = device.subscription;
	const fields = Object.entries({ token, ...keys }).map(([name, value]) =>
		xml("field", { var: name }, xml("value", {}, value)),
	);
	const answer = await client.iq(
		"set",
		xml(
			"command",
			{ xmlns: "http://jabber.org/protocol/commands", node: "register-push-webpush", action: "execute" },
			xml("x", { xmlns: "jabber:x:data", type: "submit" }, ...fields),
		),
		address,
	);
	const form = answer.getChild("command")?.getChild("x");
	const told = (name: string) =>
		form
			?.getChildren("field")
			.find(({ attrs }) => attrs.var === name)
			?.getChildText("value") ?? "";
	return { device, told: { jid: told("jid"), node: told("node"), secret: told("secret") } };
}

/** A way to the server that can be made to swallow everything, for the connections it has then. */
async function startProxy(target: string) {
	const links: { client: Socket; upstream: Socket }[] = [];
	const proxy = createServer((client) => {
		const upstream = new Socket();
		upstream.connect(Number(target), "127.0.0.1");
		client.pipe(upstream).pipe(client);
		// Its end is noticed on both sides, or Prosody would hold the old connection for the only one.
		client.on("close", () => upstream.destroy()).on("error", () => {});
		upstream.on("close", () => client.destroy()).on("error", () => {});
		links.push({ client, upstream });
	});
	await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
	ends.push(() => {
		for (const { client } of links) client.destroy();
		proxy.close();
	});
	return {
		port: (proxy.address() as { port: number }).port,
		connections: () => links.length,
		/** Lets what the server sends lie. @returns what ends that, from the next turn of the loop on */
		hold() {
			for (const { upstream } of links) upstream.pause();
			return () => {
				for (const { upstream } of links) upstream.resume();
			};
		},
		stall() {
			for (const { client, upstream } of links) {
				client.unpipe(upstream);
				upstream.unpipe(client);
				// Read on, into nothing: else its end would not be noticed.
				client.resume();
				upstream.resume();
			}
		},
	};
}
