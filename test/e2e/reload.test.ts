/** SIGHUP while a real ejabberd publishes: what has changed of an app is taken up, and nothing is lost or answered wrongly. */
import { afterEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startFcmServer } from "../peers/fcm-server.ts";
import { temporaryFolder } from "../peers/folder.ts";
import {
	asComponent,
	evenly,
	pushedCounts,
	registerMany,
	startEjabberd,
	startOne,
	startPublisher,
} from "./fleet.ts";

const PER_SECOND = 500;
const SECONDS = 6;
/** One publish to each, so that none is superseded: on a busy machine some wait for room. */
const DEVICES = PER_SECOND * SECONDS;

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

test("under 500 publishes a second an app gets another key and another life of its pushes; what has a fault changes nothing", async () => {
	const provider = startFcmServer();
	ends.push(() => provider.stop());
	const folder = temporaryFolder("reload");
	ends.push(() => folder.remove());
	const path = join(folder.path, "reveille.toml");
	const key = join(folder.path, "account.json");
	const write = (ttl: number, more = "") =>
		writeFileSync(
			path,
			`[[app]]\nname = "fcm"\nservice = "fcm"\nservice_account = "./account.json"\nurl = "${provider.url}"\nttl = ${ttl}\n${more}`,
		);
	writeFileSync(key, provider.serviceAccount);
	write(1_000);
	const server = await startEjabberd(ends);
	const one = await startOne(
		{ ...asComponent(server), APPS: path, PUSH_INTERVAL_MS: "0", LOG_LEVEL: "info" },
		ends,
	);
	const registered = await registerMany(DEVICES, one, provider);
	const { publish, answers } = await startPublisher(server, "alice", ends);
	const tokensBefore = provider.tokenRequests.length;

	const reload = async (said: string) => {
		process.kill(one.pid(), "SIGHUP");
		await one.untilLogged(said);
	};
	let reloading: Promise<void> | undefined;
	await evenly(PER_SECOND, SECONDS, (index) => {
		const to = registered[index];
		if (to) publish(to, index + 1);
		if (index === PER_SECOND * 2) {
			write(2_000, 'push_module = ["new"]\n');
			reloading = reload("Reloaded. Apps that changed: fcm.");
		}
		if (index === PER_SECOND * 4) {
			// Half written, as by an editor.
			writeFileSync(key, provider.serviceAccount.slice(0, 100));
			reloading = reloading?.then(() => reload("Nothing was reloaded"));
		}
	});
	await reloading;
	while (answers.size < DEVICES) await Bun.sleep(10);
	expect(new Set(answers.values())).toEqual(new Set(["result"]));
	const counts = pushedCounts(provider);
	while (counts.size < DEVICES) {
		await provider.waitForPush((push) => !counts.has(Number(push.message.data?.count)));
		for (const [count, times] of pushedCounts(provider)) counts.set(count, times);
	}
	expect(Math.max(...counts.values())).toBe(1);
	const ttlOf = (count: number) =>
		provider.pushes.find(({ message }) => Number(message.data?.count) === count)?.message.android?.ttl;
	expect(ttlOf(1)).toBe("1000s");
	// Less the time that it waited for room.
	expect(Number.parseInt(ttlOf(DEVICES) ?? "", 10)).toBeWithin(1_900, 2_001);
	// Another key is another token of access; the one that has a fault asks for none.
	expect(provider.tokenRequests.length).toBe(tokensBefore + 1);
	expect(one.log()).toContain("Restart Reveille for this: push_module of the app fcm.");
	expect(one.log()).toContain("App fcm: The FCM service account is not JSON");
	expect(one.log().match(/is online/g)).toHaveLength(1);
}, 90_000);
