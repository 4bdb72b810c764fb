/**
 * Another Reveille on the account of one that runs: a copy with a data folder of its own, and so another database.
 * What it costs is counted at the users' server.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { sameElement } from "../../src/xmpp/same-database.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { followReplies, TELLING } from "./publish-replies.ts";
import { names, openScene, type Scene, type ServerName, type Sleeper, writeToAll } from "./scene.ts";

/** Each gets one message at a time: of several that wait together, only the newest is pushed. */
const USERS = names(30);
const TAKEN = "was taken over by another session";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function ready(one: Reveille) {
	const answer = await fetch(`${one.url}/ready`);
	return { status: answer.status, text: await answer.text() };
}

/**
 * Has the tests of one server run.
 * @param stays for how long the copy does that leaves the address alone, s; 0: for good
 */
export function testCopies(program: ServerName, stays: readonly number[] = [8, 0]): void {
	describe(`a copy with another data folder, on an account at a real ${program},`, () => {
		async function open() {
			const scene = await openScene(program, {
				users: USERS,
				xmpp: TELLING[program],
				settings: { PUSH_INTERVAL_MS: "0" },
			});
			ends.push(() => scene.stop());
			return { scene, first: scene.reveille, sleepers: await scene.sleepers(...USERS) };
		}

		async function copyOf({ server }: Scene, settings = {}): Promise<Reveille> {
			const copy = await startReveille({ server, settings }, "health");
			ends.push(() => copy.stop());
			return copy;
		}

		/** Each of some users gets a message, and nobody else. @returns how many were pushed */
		async function write(scene: Scene, to: Sleeper[]): Promise<number> {
			await writeToAll(scene, to);
			return (await scene.endpoint.waitForPushes(to.length)).length;
		}

		const keepAll = async ({ server }: Scene) => {
			const enabled = await server.pushEnabledOf(USERS);
			expect(enabled.map(({ length }) => length)).toEqual(USERS.map(() => 1));
		};

		test.each(
			stays.map((seconds) => [seconds > 0 ? `for ${seconds} s` : "for good", seconds * 1_000] as const),
		)(
			"started %s, leaves the address alone and says so: 30 of 30 messages are pushed, and nobody loses a registration",
			async (how, ms) => {
				const { scene, first, sleepers } = await open();
				const alice = await scene.login("alice");
				const asked = alice.iq("get", sameElement("of a stranger"), scene.address);
				await expect(asked).rejects.toThrow("service-unavailable");
				const copy = await copyOf(scene);
				await copy.untilLogged("is the address of another Reveille");
				// One after the other, spread over the time that the copy is there.
				for (const { jid } of sleepers) {
					await alice.sendMessage(jid, "Wake up!");
					await Bun.sleep(ms / sleepers.length);
				}
				if (ms > 0) await copy.halt();
				else expect(await ready(copy)).toMatchObject({ status: 503 });
				const pushes = await scene.endpoint.waitForPushes(sleepers.length);
				console.log(`${program}, a copy ${how}: ${sleepers.length} messages, ${pushes.length} pushes`);
				expect(pushes).toHaveLength(30);
				expect(await write(scene, sleepers)).toBe(30);
				await keepAll(scene);
				expect(first.log()).not.toContain(TAKEN);
				expect((await ready(first)).status).toBe(200);
				expect(copy.log()).toContain("XMPP_TAKE_ADDRESS=true");
			},
			60_000,
		);

		test("started when the first one was killed, does not wait for its session; that one, started again, has the address back, and the copy does not fight", async () => {
			const { scene, first, sleepers } = await open();
			await first.kill9();
			const copy = await copyOf(scene);
			// The server keeps the first one's session, which answers nothing.
			await copy.untilReady();
			await first.start();
			await copy.untilLogged(TAKEN);
			expect(await write(scene, sleepers)).toBe(30);
			await keepAll(scene);
			expect(first.log()).not.toContain(TAKEN);
		}, 60_000);

		test("told to take the address, has it until it is stopped: the first one then serves again by itself, and nobody loses a registration", async () => {
			const { scene, first, sleepers } = await open();
			const thirds = [sleepers.slice(0, 10), sleepers.slice(10, 20), sleepers.slice(20)] as const;
			expect(await write(scene, thirds[0])).toBe(10);
			const copy = await copyOf(scene, { XMPP_TAKE_ADDRESS: "true" });
			await copy.untilReady();
			await first.untilLogged(TAKEN);
			expect(await ready(first)).toMatchObject({ status: 503, text: expect.stringContaining(TAKEN) });
			const replies = followReplies(scene.server);
			await writeToAll(scene, thirds[1]);
			// It does not know these devices, and says so to nobody.
			for (const { address } of thirds[1]) expect(await replies.next(address.node)).toStartWith("wait ");
			await keepAll(scene);
			// Only who has asked for the address is told when it is left.
			await first.untilLogged("has it now");
			await copy.halt();
			await first.untilReady(5_000);
			expect(first.log()).toContain("This one takes it back");
			expect(copy.log()).toContain("is left to the Reveille that had it before");
			expect(await write(scene, sleepers)).toBe(30);
			await keepAll(scene);
			// Started again, it takes it again; without the setting it would not.
			await copy.start();
			await copy.untilReady();
		}, 60_000);

		test("a chat client that takes the address once does not keep it", async () => {
			const scene = await openScene(program, { settings: { PUSH_INTERVAL_MS: "0" } });
			ends.push(() => scene.stop());
			const sleepers = await scene.sleepers("bob");
			await scene.login("push", "push");
			await scene.reveille.untilLogged(TAKEN);
			await scene.reveille.untilLogged("This one takes it back");
			await scene.reveille.untilReady();
			expect(await write(scene, sleepers)).toBe(1);
			expect(await scene.server.pushEnabled("bob")).toHaveLength(1);
		}, 60_000);
	});
}
