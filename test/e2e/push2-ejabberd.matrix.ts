/**
 * Push 2.0's messages by way of ejabberd, which has no module that sends them: another component does, and they come at an
 * account's full JID without presence, and at a component's domain.
 */
import { afterEach, expect, test } from "bun:test";
import { connectComponent } from "../peers/component.ts";
import { sealedFor } from "../services/webpush/relayed.ts";
import { parse } from "../xmpp/parse.ts";
import { push2Message } from "../xmpp/push2-messages.ts";
import { openScene, type Scene, type Transport } from "./scene.ts";

const SENDER = { domain: "sender.example.org", secret: "the sender's secret" };
const ENVELOPE = "<envelope xmlns='urn:xmpp:sce:1'/>";

let scene: Scene | undefined;
afterEach(async () => {
	await scene?.stop();
	scene = undefined;
}, 60_000);

test.each<Transport>(["account", "component"])(
	"by %s: what was encrypted for a browser is opened there",
	async (transport) => {
		scene = await openScene("ejabberd", {
			transport,
			xmpp: { components: [{ domain: "push.example.org", secret: "component-secret" }, SENDER] },
			settings: { PUBLIC_URL: "https://push.example.net", XMPP_ALLOW: "*" },
		});
		const { reveille, endpoint, server, address } = scene;
		const device = endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });
		const { push2: client = "" } = (await reveille.register(device.subscription, "no token")) as {
			push2?: string;
		};
		const sender = await connectComponent(server, SENDER);
		const payload = await sealedFor(device.subscription.keys, ENVELOPE);
		const message = parse(push2Message({ client, priority: "normal", payload }, "", SENDER.domain));
		message.attrs.to = address;
		sender.send(message);
		const push = await endpoint.waitForPush();
		expect(device.decryptText(push.body)).toBe(ENVELOPE);
		await sender.close();
	},
	60_000,
);
