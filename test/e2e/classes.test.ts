/** The classes of pushes that a registration asks for, at a push service that is called as Apple's is. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { selfSigned } from "../peers/certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../peers/connect-proxy.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { followReplies, type PublishReplies, TELLING } from "./publish-replies.ts";
import { openScene, type Scene, type Sleeper, servers } from "./scene.ts";

const APPLE = "web.push.apple.com";
const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";

describe.each([...servers])("behind a real %s", (program) => {
	let scene: Scene;
	let proxy: ConnectProxy;
	let replies: PublishReplies;
	const certificate = selfSigned({ host: APPLE });
	beforeAll(async () => {
		const [{ key, cert, path }] = certificate.made as [(typeof certificate.made)[number]];
		const endpoint = startWebPushServer({ origin: `https://${APPLE}`, tls: { key, cert } });
		proxy = await startConnectProxy({ [`${APPLE}:443`]: endpoint.port });
		scene = await openScene(program, {
			endpoint,
			users: ["bob", "carol"],
			xmpp: TELLING[program],
			settings: {
				HTTPS_PROXY: proxy.url,
				NO_PROXY: "localhost,127.0.0.1",
				NODE_EXTRA_CA_CERTS: path,
				PUSH_INTERVAL_MS: "0",
				ADMIN_TOKEN,
			},
		});
		replies = followReplies(scene.server);
	}, 60_000);
	afterAll(async () => {
		await scene?.stop();
		proxy?.stop();
		certificate.remove();
	}, 60_000);

	/** What a device was sent so far. */
	const classesAt = (sleeper: Sleeper) =>
		scene.endpoint.pushes
			.filter(({ endpoint, refused }) => endpoint === sleeper.device.subscription.endpoint && !refused)
			.map((push) => scene.read(push, sleeper).class);

	/** How many publishes were answered without a push. */
	async function skipped() {
		const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
		const metrics = await (await fetch(`${scene.reveille.url}/metrics`, { headers })).text();
		return Number(/^reveille_answers_total\{answer="skipped"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
	}

	test("class low is sent to a device that asks for it over the JSON API, and to no other", async () => {
		const [bob] = (await scene.sleepers("bob")) as [Sleeper];
		const { node, deviceSecret } = bob.address;
		const alice = await scene.login("alice");
		const before = await skipped();
		await alice.sendBodiless(bob.jid);
		expect(await replies.next(node)).toBe("result");
		await alice.sendMessage(bob.jid, "Wake up, Bob!");
		expect(await replies.next(node)).toBe("result");
		expect(classesAt(bob)).toEqual(["high"]);
		expect(await skipped()).toBe(before + 1);

		const renewal = { subscription: bob.device.subscription, classes: ["voip", "high", "low"] };
		const renewed = await scene.reveille.api("PUT", `/registrations/${node}`, deviceSecret, renewal);
		expect(await renewed.json()).toMatchObject({ node, classes: renewal.classes });
		await alice.sendBodiless(bob.jid);
		expect(await replies.next(node)).toBe("result");
		expect(classesAt(bob)).toEqual(["high", "low"]);
		expect(scene.endpoint.pushes.at(-1)?.headers.get("urgency")).toBe("low");
		expect(await skipped()).toBe(before + 1);
	}, 60_000);

	test("a device that asks for class low alone, by the command, gets no other", async () => {
		const applicationServerKey = await scene.reveille.vapidPublicKey();
		const device = scene.endpoint.createSubscription({ applicationServerKey });
		const user = await scene.login("carol");
		await user.online();
		const address = await registerByCommand(user, scene.address, device, { classes: "low" });
		await user.enablePush(address);
		await user.goOffline();
		const carol: Sleeper = { name: "carol", jid: user.bareJid, device, address };
		const alice = await scene.login("alice");
		const before = await skipped();
		await alice.sendMessage(carol.jid, "Wake up, Carol!");
		expect(await replies.next(address.node)).toBe("result");
		await alice.sendBodiless(carol.jid);
		expect(await replies.next(address.node)).toBe("result");
		expect(classesAt(carol)).toEqual(["low"]);
		expect(await skipped()).toBe(before + 1);
	}, 60_000);
});
