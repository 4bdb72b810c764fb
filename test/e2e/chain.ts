/** The main job: a message to someone whose app is asleep becomes one push that the device can read. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startFirefox } from "../peers/firefox.ts";
import { releaseOf } from "../peers/xmpp-server.ts";
import { openScene, type Scene, type ServerName, type Sleeper } from "./scene.ts";

/** Has the tests of one server run. */
export function testChain(program: ServerName): void {
	describe(`through a real ${program}`, () => {
		let scene: Scene;
		let bob: Sleeper;
		let witness: Sleeper;

		beforeAll(async () => {
			scene = await openScene(program, {
				users: ["bob", "witness", "fox"],
				xmpp: { pushWith: { body: true, sender: true } },
				settings: { PUSH_INTERVAL_MS: "0" },
			});
			[bob, witness] = (await scene.sleepers("bob", "witness")) as [Sleeper, Sleeper];
		}, 60_000);
		afterAll(() => scene?.stop(), 60_000);

		/** Pushes so far to a sleeper, once a later message has made it through the whole chain. */
		async function pushesTo(sleeper: Sleeper) {
			const alice = await scene.login("alice");
			await alice.sendMessage(witness.jid, "Are they all through?");
			const endpointOf = ({ device }: Sleeper) => device.subscription.endpoint;
			await scene.endpoint.waitForPush((push) => push.endpoint === endpointOf(witness));
			return scene.endpoint.pushes.filter((push) => push.endpoint === endpointOf(sleeper));
		}

		test("a message to an offline user becomes exactly one push with what the server published", async () => {
			const alice = await scene.login("alice");
			await alice.sendMessage(bob.jid, "Wake up, Bob!");
			const push = await scene.endpoint.waitForPush();
			expect<unknown>(scene.read(push, bob)).toEqual({
				node: bob.address.node,
				class: "high",
				// ejabberd counts nothing.
				...(program === "prosody" && { count: 1 }),
				// ejabberd 23.01 tells the resource, 24.12 does not.
				sender: program === "ejabberd" && releaseOf(program) >= 24 ? alice.bareJid : alice.jid,
				body: "Wake up, Bob!",
			});
			expect(push.headers.get("urgency")).toBe("high");
			expect(await pushesTo(bob)).toHaveLength(1);
		});

		test("a real Firefox's service worker decrypts the push", async () => {
			const firefox = await startFirefox({ pushServerUrl: scene.endpoint.browserUrl });
			try {
				const subscription = await firefox.subscribe(await scene.reveille.vapidPublicKey());
				const address = await scene.reveille.register(subscription);
				const fox = await scene.login("fox");
				await fox.online();
				await fox.enablePush(address);
				await fox.goOffline();
				const alice = await scene.login("alice");
				await alice.sendMessage(fox.bareJid, "Wake up, Firefox!");
				const content = JSON.parse(await firefox.waitForDecrypted(20_000));
				expect(content.body).toBe("Wake up, Firefox!");
			} finally {
				await firefox.close();
			}
		}, 60_000);
	});
}
