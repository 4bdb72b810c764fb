/**
 * SIGKILL while messages of Push 2.0 flow in by an account, which nobody would send again: some are delivered, some wait for
 * their next try, some are on their way, and some have not been handed over. None is lost.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startFcmServer } from "../peers/fcm-server.ts";
import { PUSH2_SENDER, sendPush2 } from "../peers/push2-sender.ts";
import { hasten } from "./kill/data.ts";
import { openScene, type Scene } from "./scene.ts";

const DEVICES = 12;
/** As many as may go out at once. */
const EACH = 5;

const fcm = startFcmServer();
let scene: Scene;
beforeAll(async () => {
	scene = await openScene("prosody", {
		xmpp: PUSH2_SENDER,
		settings: {
			PUBLIC_URL: "https://push.example.net",
			PUSH_INTERVAL_MS: "0",
			FCM_SERVICE_ACCOUNT: fcm.serviceAccount,
			FCM_URL: fcm.url,
		},
	});
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	await fcm.stop();
}, 60_000);

test.each([1, 10, 25, 40, 55])(
	"killed when %p of sixty were pushed, it delivers them all",
	async (killAt) => {
		const { reveille, address, login } = scene;
		const alice = await login("alice");
		const messages = Array.from({ length: DEVICES * EACH }, (_, n) => ({
			payload: new Uint8Array([killAt, n, 7]).toBase64(),
			device: n % DEVICES,
		}));
		const devices = await Promise.all(
			Array.from({ length: DEVICES }, async () => {
				const token = fcm.createDevice();
				const { push2 } = (await reveille.registerDevice({ app: "fcm", token })) as { push2?: string };
				return { token, client: push2 ?? "" };
			}),
		);
		fcm.clear();
		fcm.respondWith({ status: 503, times: 10 });
		const sending = Promise.all(
			messages.map(({ payload, device }) =>
				sendPush2(alice, address, { client: devices[device]?.client ?? "", payload }),
			),
		);
		while (fcm.pushes.length < killAt) await new Promise((resolve) => setImmediate(resolve));
		await reveille.kill9();
		await sending;
		fcm.respondNormally();
		hasten(reveille.dataFolder);
		await reveille.start();
		const isThere = ({ payload, device }: (typeof messages)[number]) =>
			fcm.pushes.some(
				({ message, status }) =>
					status === 200 && message.token === devices[device]?.token && message.data?.rfc8291 === payload,
			);
		while (!messages.every(isThere)) await Bun.sleep(20);
		expect(messages.every(isThere)).toBeTrue();
		await alice.goOffline();
	},
	60_000,
);
