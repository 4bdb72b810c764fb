/** A client nobody here wrote registers by ad-hoc command, and is woken. */
import { afterEach, expect, test } from "bun:test";
import { registerWithSlixmpp } from "../peers/slixmpp.ts";
import { openScene, type Scene, servers } from "./scene.ts";

let scene: Scene | undefined;
afterEach(() => scene?.stop());

test.each([...servers])(
	"slixmpp registers over %s, enables push, and is woken",
	async (program) => {
		scene = await openScene(program);
		const { server, endpoint, reveille } = scene;
		const device = endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });
		const { endpoint: token, keys } = device.subscription;
		const { commands, values } = await registerWithSlixmpp({
			...{ jid: `bob@${server.host}`, password: "secret", host: "127.0.0.1", port: server.ports.c2s },
			...{ push: `push@${server.host}/push`, command: "register-push-webpush" },
			fields: { token, ...keys, "device-name": "slixmpp" },
		});
		expect(commands).toContain("register-push-webpush");
		expect(values).toMatchObject({ jid: `push@${server.host}/push` });

		const alice = await scene.login("alice");
		await alice.sendMessage(`bob@${server.host}`, "Wake up");
		const push = await endpoint.waitForPush();
		expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node: values.node });
	},
	60_000,
);
