/**
 * Two processes with one account, on one libSQL server: one is online, and the other takes its stream over. Told of
 * each server in a file of its own, and all three stories at once: most of each is waiting until somebody is held for
 * gone.
 */
import { expect, test } from "bun:test";
import { generateVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { pauseProcess } from "../peers/process-table.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import { names, openScene, type Scene, type ServerName } from "./scene.ts";

/** Each gets one message: of several that wait together, only the newest is pushed. */
const USERS = names(60);
const EVERY_MS = 300;
const SHARED = {
	SECRET_KEY: "the-key-that-all-connectors-derive-secrets-from",
	PUSH_INTERVAL_MS: "0",
};
const STANDS_BY = "This one stands by";

async function xmppOf(one: Reveille): Promise<string> {
	return ((await (await fetch(`${one.url}/ready`)).json()) as { xmpp: string }).xmpp;
}

/** Has the tests of one server run. */
export function testStandby(program: ServerName): void {
	async function open(
		ends: AsyncDisposableStack,
	): Promise<{ scene: Scene; first: Reveille; second: Reveille; database: Sqld }> {
		const database = await startSqld();
		ends.defer(() => database.stop());
		const settings = {
			...SHARED,
			VAPID_PRIVATE_KEY: await generateVapidKey(),
			DATABASE_URL: database.httpUrl,
		};
		const scene = await openScene(program, { users: USERS, settings });
		ends.defer(() => scene.stop());
		const second = await startReveille({ server: scene.server, settings });
		ends.defer(() => second.stop());
		await second.untilLogged(STANDS_BY);
		return { scene, first: scene.reveille, second, database };
	}

	/** One user after the other gets a message, while something is done and once after. @returns how many were sent, and pushed */
	async function underMessages(scene: Scene, act: () => Promise<void>) {
		const sleepers = await scene.sleepers(...USERS);
		const alice = await scene.login("alice");
		let messages = 0;
		const write = () => alice.sendMessage(sleepers[messages]?.jid ?? "", `${messages++}`);
		let isOver = false;
		const acting = act().finally(() => {
			isOver = true;
		});
		while (!isOver && messages < USERS.length - 1) {
			await write();
			await Bun.sleep(EVERY_MS);
		}
		await acting;
		await write();
		const pushes = await scene.endpoint.waitForPushes(messages).catch(() => scene.endpoint.pushes);
		const enabled = await scene.server.pushEnabledOf(USERS);
		expect(enabled.map(({ length }) => length)).toEqual(USERS.map(() => 1));
		return { messages, pushes: pushes.length };
	}

	test.concurrent("killed under messages, the first is replaced by the second, and nothing is missed", async () => {
		await using ends = new AsyncDisposableStack();
		const { scene, first, second } = await open(ends);
		let took = 0;
		const { messages, pushes } = await underMessages(scene, async () => {
			while (scene.endpoint.pushes.length < 3) await Bun.sleep(10);
			await first.kill9();
			const killedAt = performance.now();
			await second.untilLogged("the stream was resumed, nothing was missed");
			took = performance.now() - killedAt;
			// Back again, it stands by itself.
			await first.start();
			await first.untilLogged(STANDS_BY);
		});
		console.log(
			`${program}: ${messages} messages, ${pushes} pushes; the standby took over after ${Math.round(took)} ms`,
		);
		expect(pushes).toBe(messages);
		// It watches for eight seconds, and looks every two.
		expect(took).toBeLessThan(20_000);
		expect(await xmppOf(second)).toBe("ok");
	}, 90_000);

	test.concurrent("stopped, it is replaced at once; paused for long, it leaves the address alone when it goes on", async () => {
		await using ends = new AsyncDisposableStack();
		const { scene, first, second } = await open(ends);
		let stopped = 0;
		const { messages, pushes } = await underMessages(scene, async () => {
			await first.halt();
			const at = performance.now();
			await second.untilLogged("the stream was resumed, nothing was missed");
			stopped = performance.now() - at;
			await first.start();
			await first.untilLogged(STANDS_BY);
			await pauseProcess(second.pid());
			await first.untilLogged("the stream was resumed, nothing was missed");
			process.kill(second.pid(), "SIGCONT");
			await second.untilLogged(STANDS_BY);
		});
		console.log(
			`${program}: ${messages} messages, ${pushes} pushes; after a stop it took ${Math.round(stopped)} ms`,
		);
		expect(pushes).toBeGreaterThanOrEqual(messages);
		// It was told, and did not watch for eight seconds.
		expect(stopped).toBeLessThan(7_000);
		// Neither fights: the one that took over stays.
		expect(await xmppOf(first)).toBe("ok");
		const resumed = (one: Reveille) => one.log().split("the stream was resumed").length - 1;
		expect([resumed(first), resumed(second)]).toEqual([1, 1]);
	}, 90_000);

	test.concurrent("with the database away for longer than a standby waits, the first stays, and the second leaves it alone", async () => {
		await using ends = new AsyncDisposableStack();
		const { first, second, database } = await open(ends);
		await database.kill9();
		// Longer than a standby watches: in this time nothing may happen.
		await Bun.sleep(11_000);
		await database.start();
		// Time for a standby that was wrong to show it.
		await Bun.sleep(3_000);
		expect(first.log()).not.toContain(STANDS_BY);
		expect(second.log().split("is online").length).toBe(1);
		await first.kill9();
		await second.untilLogged("the stream was resumed, nothing was missed");
	}, 90_000);
}
