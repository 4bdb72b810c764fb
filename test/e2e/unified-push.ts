/** UnifiedPush: Reveille as the push server of a distributor, at a real XMPP server. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import xml from "@xmpp/xml";
import { createDistributor, type Distributor, type Endpoint } from "../peers/distributor.ts";
import type { Reveille } from "../peers/reveille.ts";
import { createDevice } from "../peers/web-push-device.ts";
import { createSender } from "../peers/web-push-sender.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { asComponent, DOMAIN, ends, metric, reveille, startWithComponent } from "./component.ts";
import type { ServerName } from "./scene.ts";

const PUBLIC_URL = "https://push.example.org";

/** The settings of one that is a push server. */
export const asPushServer = (server: XmppServer) => ({
	...asComponent(server),
	UNIFIEDPUSH: "true",
	PUBLIC_URL,
});

/** An endpoint, by the way that the reverse proxy in front of Reveille would take. */
export const behindProxy = (endpoint: Endpoint, { url }: Pick<Reveille, "url">) =>
	endpoint.url.replace(PUBLIC_URL, url);

export const phoneOf = (server: XmppServer, username: string, pushServer = DOMAIN): Distributor => {
	const { host: domain, websocketUrl: service } = server;
	const phone = createDistributor({ service, domain, username, password: "secret", pushServer });
	ends.push(() => phone.goOffline().catch(() => {}));
	return phone;
};

export const post = (url: string, body: BodyInit, headers: Record<string, string> = {}) =>
	fetch(url, { method: "POST", body, headers: { TTL: "3600", ...headers } });

/** @returns the status; what is waited for is answered 201 */
const send = async (...sent: Parameters<typeof post>) => (await post(...sent)).status;

/** Resolves when so many wait at Reveille. */
export async function untilWaiting(one: Reveille, count: number) {
	while ((await metric(one, "reveille_unifiedpush_waiting")) !== count) await Bun.sleep(20);
}

const CHAT = "org.example.chat";

/** An ad-hoc command, executed at once (XEP-0050). */
const command = (node: string, fields: Record<string, string> = {}) =>
	xml(
		"command",
		{ xmlns: "http://jabber.org/protocol/commands", node, action: "execute" },
		xml(
			"x",
			{ xmlns: "jabber:x:data", type: "submit" },
			...Object.entries(fields).map(([name, value]) => xml("field", { var: name }, xml("value", {}, value))),
		),
	);

/** What one server does with a push server. */
export function testUnifiedPush(program: ServerName): void {
	describe(`a push server of UnifiedPush at a real ${program}`, () => {
		let server: XmppServer;
		beforeAll(async () => {
			server = await startWithComponent(program);
			await server.addUsers(["push", "alice", "bob"], "secret");
		}, 60_000);
		afterAll(() => server?.stop(), 60_000);
		afterEach(async () => {
			for (const end of ends.splice(0).reverse()) await end();
		}, 60_000);

		test("gives an app an endpoint, whose pushes reach it: at once, and when its phone is back", async () => {
			const one = await reveille(asPushServer(server));
			const phone = phoneOf(server, "alice");
			await phone.connect();
			const endpoint = await phone.register(CHAT);
			const { expiresAt } = endpoint;
			expect(endpoint.url).toStartWith(`${PUBLIC_URL}/up/`);
			const url = behindProxy(endpoint, one);
			expect(expiresAt - Date.now()).toBeGreaterThan(59 * 86_400_000);
			expect(url).not.toContain("alice");
			expect(await (await fetch(url)).text()).toBe('{"unifiedpush":{"version":1}}');

			const device = createDevice(url);
			const answer = await createSender().send(device.subscription, "Are you there?", { Urgency: "high" });
			expect([answer.status, answer.headers.get("TTL")]).toEqual([201, "60"]);
			expect(device.decryptText(await phone.next(CHAT))).toBe("Are you there?");

			await phone.goOffline();
			const largest = crypto.getRandomValues(new Uint8Array(4096));
			expect(await send(url, largest)).toBe(201);
			expect(await send(url, "old", { Topic: "news" })).toBe(201);
			expect(await send(url, "new", { Topic: "news" })).toBe(201);
			await untilWaiting(one, 2);
			expect(await send(url, new Uint8Array(4097))).toBe(413);
			await phone.connect();
			expect(new Uint8Array(await phone.next(CHAT))).toEqual(largest);
			expect(String(await phone.next(CHAT))).toBe("new");
			await untilWaiting(one, 0);
			expect(phone.rest()).toBe(0);

			// A renewal keeps the endpoint.
			expect((await phone.register(CHAT)).url).toBe(endpoint.url);
			const another = behindProxy(await phone.register("org.example.mail"), one);
			expect(another).not.toBe(url);

			// The user sees both, and may end one.
			const listed = await phone.user().iq("set", command("list-push-registrations"), DOMAIN);
			expect(String(listed).match(/UnifiedPush: Conversations\./g)).toHaveLength(2);
			expect(String(listed)).toContain("UnifiedPush/XMPP");
			const third = behindProxy(await phone.register("org.example.third"), one);
			const [, node = ""] = /\/up\/([^.]+)\./.exec(third) ?? [];
			await phone.user().iq("set", command("unregister-push", { nodes: node }), DOMAIN);
			expect(await send(third, "anybody?")).toBe(410);

			phone.uninstall(CHAT);
			expect(await send(url, "anybody?")).toBe(201);
			while ((await send(url, "anybody?")) !== 410) await Bun.sleep(20);
			expect(await send(another, "mail")).toBe(201);
			expect(String(await phone.next("org.example.mail"))).toBe("mail");
		}, 60_000);

		test("a flood is limited at its endpoint, and whoever may not register hears why", async () => {
			const one = await reveille({ ...asPushServer(server), XMPP_ALLOW: "bob@example.org" });
			const stranger = phoneOf(server, "alice");
			await stranger.connect();
			await expect(stranger.register(CHAT)).rejects.toThrow("forbidden");
			const phone = phoneOf(server, "bob");
			await phone.connect();
			const url = behindProxy(await phone.register(CHAT), one);
			const statuses = new Map<number, number>();
			for (let count = 0; count < 40; count++) {
				const answer = await post(url, `flood ${count}`);
				statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
				if (answer.status === 429) expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
			}
			expect([...statuses.keys()].sort()).toEqual([201, 429]);
			expect(statuses.get(201)).toBeLessThan(30);
			expect(await metric(one, 'reveille_unifiedpush_pushes_total{answer="too-often"}')).toBe(
				statuses.get(429) ?? 0,
			);
		}, 60_000);
	});
}

/** The same, where a process or the server ends in between: each start takes its seconds. */
export function testUnifiedPushRestarts(program: ServerName): void {
	describe(`a push server of UnifiedPush at a real ${program}`, () => {
		let server: XmppServer;
		beforeAll(async () => {
			server = await startWithComponent(program);
			await server.addUsers(["bob"], "secret");
		}, 60_000);
		afterAll(() => server?.stop(), 60_000);
		afterEach(async () => {
			for (const end of ends.splice(0).reverse()) await end();
		}, 60_000);

		test("loses nothing that it answered 201: restarted, killed, and while its server is away", async () => {
			const one = await reveille(asPushServer(server));
			const phone = phoneOf(server, "bob");
			await phone.connect();
			const url = behindProxy(await phone.register(CHAT), one);
			await phone.goOffline();

			expect(await send(url, "before a restart")).toBe(201);
			await one.halt();
			await one.start();
			expect(await send(url, "before a kill")).toBe(201);
			await one.kill9();
			await one.start();
			await phone.connect();
			expect(String(await phone.next(CHAT))).toBe("before a restart");
			expect(String(await phone.next(CHAT))).toBe("before a kill");

			await untilWaiting(one, 0);

			// The client does not answer: the process is killed between the answer to the sender and the delivery.
			phone.answerWith("silence");
			expect(await send(url, "not answered for")).toBe(201);
			await one.kill9();
			phone.answerWith(undefined);
			await one.start();
			expect(String(await phone.next(CHAT))).toBe("not answered for");

			await server.halt();
			expect(await send(url, "without a server")).toBe(201);
			await server.start();
			await one.untilReady();
			await phone.connect();
			expect(String(await phone.next(CHAT))).toBe("without a server");
			await untilWaiting(one, 0);
		}, 90_000);
	});
}
