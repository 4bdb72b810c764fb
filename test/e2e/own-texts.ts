/** Messages that come in a row, whose text the device is shown: each is worth it, and the newest is never left out. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ReceivedPush } from "../peers/web-push-server.ts";
import { openScene, type Scene, type ServerName, type Sleeper } from "./scene.ts";

/** Has the tests of one server run. */
export function testOwnTexts(program: ServerName): void {
	describe(`from a real ${program} whose publishes have the messages' text`, () => {
		let scene: Scene;
		beforeAll(async () => {
			// With the default throttle.
			scene = await openScene(program, { users: ["bob", "carol"], xmpp: { pushWith: { body: true } } });
		}, 60_000);
		afterAll(() => scene?.stop(), 60_000);

		/** Sends messages in a row; resolves once the last one is shown. @returns what was shown, in its order */
		async function shownOf(count: number, name: string) {
			const [sleeper] = (await scene.sleepers(name)) as [Sleeper];
			const { endpoint } = sleeper.device.subscription;
			const alice = await scene.login("alice");
			const before = performance.now();
			for (let n = 1; n <= count; n++) await alice.sendMessage(sleeper.jid, `Message ${n}`);
			const bodyOf = (push: ReceivedPush) => scene.read(push, sleeper).body;
			const isIts = (push: ReceivedPush) => push.endpoint === endpoint;
			// Those that are sent at once overtake each other; of more the newest comes last.
			if (count <= 5) await scene.endpoint.waitForPushes(count, isIts);
			else
				await scene.endpoint.waitForPush(
					(push) => isIts(push) && bodyOf(push) === `Message ${count}`,
					60_000,
				);
			const seconds = (performance.now() - before) / 1_000;
			const pushes = scene.endpoint.pushes.filter(isIts);
			for (const { headers } of pushes) expect(headers.get("topic")).toBeNull();
			return { shown: pushes.map((push) => Number(bodyOf(push)?.slice("Message ".length))), seconds };
		}

		test("five in a row are shown, all five", async () => {
			const { shown } = await shownOf(5, "bob");
			expect(shown.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
		}, 90_000);

		test("of thirty in a row the first five are, then one a second, and the newest is among them", async () => {
			const { shown, seconds } = await shownOf(30, "carol");
			expect(shown.slice(0, 5).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
			expect(shown.at(-1)).toBe(30);
			expect(shown.length).toBeLessThanOrEqual(5 + Math.ceil(seconds));
			expect(shown.length).toBeGreaterThan(10);
			expect(new Set(shown).size).toBe(shown.length);
		}, 120_000);
	});
}
