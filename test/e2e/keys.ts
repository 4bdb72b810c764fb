/** SECRET_KEY is changed, as docs/keys.md says it step by step, and nobody misses a message. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Registered, type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";
import { countsRefusals, type XmppServer } from "../peers/xmpp-server.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { type ServerName, startServer } from "./scene.ts";

const A = "the first key of at least thirty-two characters".replaceAll(" ", "-");
const B = "the second key of at least thirty-two characters".replaceAll(" ", "-");
const PASSWORD = "secret";
/** Prosody's `push_max_errors`, and one more. */
const ERRORS = 17;

type Address = Registered;

/** Has the tests of one server run. */
export function testKeyChange(program: ServerName): void {
	describe(`with a real ${program}`, () => {
		let server: XmppServer;
		let endpoint: WebPushServer;
		let reveille: Reveille;
		const settings: Record<string, string | undefined> = { PUSH_INTERVAL_MS: "0", SECRET_KEY: A };
		const devices = new Map<string, WebPushDevice>();
		const addresses = new Map<string, Address>();

		beforeAll(async () => {
			server = await startServer(program);
			endpoint = startWebPushServer();
			await server.addUsers(["push", "alice", "phone", "web", "late", "later"], PASSWORD);
			reveille = await startReveille({ server, settings });
			const applicationServerKey = await reveille.vapidPublicKey();
			for (const name of ["phone", "web", "late", "later"]) {
				devices.set(name, endpoint.createSubscription({ applicationServerKey }));
				await enable(name, await register(name));
			}
		}, 60_000);
		afterAll(async () => {
			await reveille?.stop();
			await server?.stop();
			await endpoint?.stop();
		}, 60_000);

		const login = (username: string) =>
			connectUser({
				service: server.websocketUrl,
				domain: server.host,
				// A device is known by its resource, where it names no other id.
				username,
				password: PASSWORD,
				resource: username,
			});
		const deviceOf = (name: string) => devices.get(name) as WebPushDevice;
		const addressOf = (name: string) => addresses.get(name) as Address;
		const isOf = (name: string) => (push: { endpoint: string }) =>
			push.endpoint === deviceOf(name).subscription.endpoint;

		/** Users of a web app register over HTTP, all others by a command. */
		async function register(name: string): Promise<Address> {
			if (["web", "later"].includes(name)) return reveille.register(deviceOf(name).subscription);
			const user = await login(name);
			await user.online();
			const address = await registerByCommand(user, `push@${server.host}/push`, deviceOf(name));
			await user.goOffline();
			return address as Address;
		}

		async function enable(name: string, address: Address) {
			const user = await login(name);
			await user.online();
			await user.enablePush(address);
			await user.goOffline();
			addresses.set(name, address);
		}

		const message = async (name: string) =>
			(await login("alice")).sendMessage(`${name}@${server.host}`, "Are you there?");

		/** The nodes that the pushes of a message name. */
		async function wakes(name: string): Promise<string> {
			await message(name);
			const push = await endpoint.waitForPush(isOf(name), 15_000);
			return JSON.parse(deviceOf(name).decryptText(push.body)).node;
		}

		async function restart(keys: { SECRET_KEY: string; SECRET_KEY_OLD?: string }) {
			await reveille.halt();
			Object.assign(settings, { SECRET_KEY_OLD: undefined, ...keys });
			await reveille.start();
			await reveille.untilReady();
		}

		const nodesAt = async (name: string) => (await server.pushEnabled(name)).map(({ node }) => node);

		/** Until the server has let go of what is answered by item-not-found: at once, after some, or never (Prosody 13). */
		async function untilForgotten(name: string, kept: string) {
			for (let i = 0; i < ERRORS && (await nodesAt(name)).length > 1; i++) await wakes(name);
			if (!countsRefusals(program)) return;
			await server.untilPushEnabled(name, (enabled) => enabled.every(({ node }) => node === kept));
		}

		test("a new key beside the old one changes nothing for those who do not renew", async () => {
			await restart({ SECRET_KEY: B, SECRET_KEY_OLD: A });
			await reveille.untilLogged("4 registrations stand on key 1 of SECRET_KEY_OLD");
			for (const name of ["phone", "web"]) expect(await wakes(name)).toBe(addressOf(name).node);
		}, 60_000);

		test("a device that registers again gets another node, and the old one works until that is used", async () => {
			const old = addressOf("phone");
			const renewed = await register("phone");
			expect(renewed.node).not.toBe(old.node);
			expect(renewed.secret).not.toBe(old.secret);
			// What if it did not come to know it?
			expect(await wakes("phone")).toBe(old.node);
			expect(await register("phone")).toEqual(renewed);

			await enable("phone", renewed);
			await message("phone");
			await endpoint.waitForPush(
				(push) =>
					isOf("phone")(push) && JSON.parse(deviceOf("phone").decryptText(push.body)).node === renewed.node,
			);
			await untilForgotten("phone", renewed.node);
			expect(await wakes("phone")).toBe(renewed.node);
		}, 60_000);

		test("a web app that renews with PUT gets them too, with the old device secret as with the new one", async () => {
			const old = addressOf("web");
			const { subscription } = deviceOf("web");
			const put = async ({ node, deviceSecret }: Address) => {
				const answer = await reveille.api("PUT", `/registrations/${node}`, deviceSecret, { subscription });
				expect(answer.status).toBe(200);
				return (await answer.json()) as Partial<Address> & { node: string };
			};
			const renewed = await put(old);
			expect(renewed.node).not.toBe(old.node);
			const { node, secret = "", deviceSecret = "" } = renewed;
			expect(await put(old)).toMatchObject({ node, secret, deviceSecret });
			const fresh = { ...old, node, secret, deviceSecret };
			const again = await put(fresh);
			expect([again.secret, again.deviceSecret]).toEqual([undefined, undefined]);
			// A test does not count as its server's first use.
			await reveille.api("POST", `/registrations/${fresh.node}/test`, fresh.deviceSecret);
			expect(await endpoint.waitForPush(isOf("web"))).toBeDefined();
			expect(await wakes("web")).toBe(old.node);

			await enable("web", fresh);
			await message("web");
			await endpoint.waitForPush(
				(push) => isOf("web")(push) && JSON.parse(deviceOf("web").decryptText(push.body)).node === fresh.node,
			);
			await untilForgotten("web", fresh.node);
			expect(await wakes("web")).toBe(fresh.node);
		}, 60_000);

		test("the log counts those who are left", async () => {
			await restart({ SECRET_KEY: B, SECRET_KEY_OLD: A });
			await reveille.untilLogged("2 registrations stand on key 1 of SECRET_KEY_OLD");
		}, 60_000);

		test("without the old key who left it is woken; who did not is not, and stays known to its server", async () => {
			await restart({ SECRET_KEY: B });
			await reveille.untilLogged("2 registrations stand on a key that is not configured");
			const pushes = endpoint.pushes.length;
			await message("late");
			for (const name of ["phone", "web"]) expect(await wakes(name)).toBe(addressOf(name).node);
			await reveille.untilLogged("Publishes come for registrations made with a key that is not configured");
			expect(endpoint.pushes.slice(pushes).some(isOf("late"))).toBe(false);
			expect(await nodesAt("late")).toEqual([addressOf("late").node]);
		}, 60_000);

		test("until it registers again, by a command to the same registration, over HTTP to a new one", async () => {
			const renewed = await register("late");
			expect(renewed.node).not.toBe(addressOf("late").node);
			await enable("late", renewed);
			expect(await wakes("late")).toBe(renewed.node);

			const { node, deviceSecret } = addressOf("later");
			const { subscription } = deviceOf("later");
			const answer = await reveille.api("PUT", `/registrations/${node}`, deviceSecret, { subscription });
			expect(answer.status).toBe(410);
			expect(await answer.text()).toContain("register again");
			const anew = await register("later");
			await enable("later", anew);
			expect(await wakes("later")).toBe(anew.node);
		}, 60_000);
	});
}
