/** Two processes with one account, on one libSQL server: one is online, and the other takes its stream over. */
import { afterEach, describe, expect, test } from "bun:test";
import { generateVapidKey } from "../../src/services/vapid.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import { evenly } from "./fleet.ts";
import { names, openScene, type Scene, servers } from "./scene.ts";

/** Each gets one message: of several that wait together, only the newest is pushed. */
const USERS = names(80);
const PER_SECOND = 4;
const SHARED = {
	SECRET_KEY: "the-key-that-all-connectors-derive-secrets-from",
	PUSH_INTERVAL_MS: "0",
};
const STANDS_BY = "This one stands by";

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function xmppOf(one: Reveille): Promise<string> {
	return ((await (await fetch(`${one.url}/ready`)).json()) as { xmpp: string }).xmpp;
}

describe.each([...servers])("two processes with one account of a real %s", (program) => {
	async function open(): Promise<{ scene: Scene; first: Reveille; second: Reveille; database: Sqld }> {
		const database = await startSqld();
		ends.push(() => database.stop());
		const settings = {
			...SHARED,
			VAPID_PRIVATE_KEY: await generateVapidKey(),
			DATABASE_URL: database.httpUrl,
		};
		const scene = await openScene(program, { users: USERS, settings });
		ends.push(() => scene.stop());
		const second = await startReveille({ server: scene.server, settings });
		ends.push(() => second.stop());
		await second.untilLogged(STANDS_BY);
		return { scene, first: scene.reveille, second, database };
	}

	/** One user after the other gets a message, while something is done. @returns how many were sent, and pushed */
	async function underMessages(scene: Scene, seconds: number, act: () => Promise<void>) {
		const messages = PER_SECOND * seconds;
		const sleepers = await scene.sleepers(...USERS.slice(0, messages));
		const alice = await scene.login("alice");
		const acting = act();
		await evenly(PER_SECOND, seconds, (index) => alice.sendMessage(sleepers[index]?.jid ?? "", `${index}`));
		await acting;
		const pushes = await scene.endpoint
			.waitForPushes(messages, undefined, 20_000)
			.catch(() => scene.endpoint.pushes);
		for (const { name } of sleepers) expect(await scene.server.pushEnabled(name)).toHaveLength(1);
		return { messages, pushes: pushes.length };
	}

	test("killed under messages, the first is replaced by the second, and nothing is missed", async () => {
		const { scene, first, second } = await open();
		let took = 0;
		const { messages, pushes } = await underMessages(scene, 14, async () => {
			await Bun.sleep(2_000);
			await first.kill9();
			const killedAt = performance.now();
			await second.untilLogged("the stream was resumed, nothing was missed", 20_000);
			took = performance.now() - killedAt;
			// Back again, it stands by itself.
			await first.start();
			await first.untilLogged(STANDS_BY);
		});
		console.log(
			`${program}: ${messages} messages, ${pushes} pushes; the standby took over after ${Math.round(took)} ms`,
		);
		expect(pushes).toBe(messages);
		expect(took).toBeLessThan(12_000);
		expect(await xmppOf(second)).toBe("ok");
	}, 60_000);

	test("stopped, it is replaced at once; paused for long, it leaves the address alone when it goes on", async () => {
		const { scene, first, second } = await open();
		let stopped = 0;
		const { messages, pushes } = await underMessages(scene, 20, async () => {
			await first.halt();
			const at = performance.now();
			await second.untilLogged("the stream was resumed, nothing was missed");
			stopped = performance.now() - at;
			await first.start();
			await first.untilLogged(STANDS_BY);
			process.kill(second.pid(), "SIGSTOP");
			await first.untilLogged("the stream was resumed, nothing was missed", 20_000);
			process.kill(second.pid(), "SIGCONT");
			await second.untilLogged(STANDS_BY);
		});
		console.log(
			`${program}: ${messages} messages, ${pushes} pushes; after a stop it took ${Math.round(stopped)} ms`,
		);
		expect(pushes).toBeGreaterThanOrEqual(messages);
		expect(stopped).toBeLessThan(4_000);
		// Neither fights: the one that took over stays.
		expect(await xmppOf(first)).toBe("ok");
		const resumed = (one: Reveille) => one.log().split("the stream was resumed").length - 1;
		expect([resumed(first), resumed(second)]).toEqual([1, 1]);
	}, 60_000);

	test("with the database away for longer than a standby waits, the first stays, and the second leaves it alone", async () => {
		const { first, second, database } = await open();
		await database.kill9();
		await Bun.sleep(11_000);
		await database.start();
		// Time for a standby that was wrong to show it.
		await Bun.sleep(3_000);
		expect(first.log()).not.toContain(STANDS_BY);
		expect(second.log().split("is online").length).toBe(1);
		await first.kill9();
		await second.untilLogged("the stream was resumed, nothing was missed", 20_000);
	}, 60_000);
});
