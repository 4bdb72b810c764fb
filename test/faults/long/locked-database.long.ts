/** A shared database that another process keeps locked for ten seconds, as a copy or a repair of it may. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryFolder } from "../../peers/folder.ts";
import { startWebPushServer } from "../../peers/web-push-server.ts";
import { startWire } from "../wire.ts";

const LOCKED_MS = 10_000;

/** Locks a file for writing in a process of its own: SQLite's locks are those of processes. */
const LOCK = `
import { createClient } from "@libsql/client";
const client = createClient({ url: process.argv.at(-2), concurrency: 1 });
const transaction = await client.transaction("write");
console.log("locked");
await Bun.sleep(Number(process.argv.at(-1)));
await transaction.rollback();
client.close();
`;

test("a shared database that is locked for ten seconds: all are answered, live devices are woken, and dead ones told when it is over", async () => {
	const folder = temporaryFolder("locked");
	const service = startWebPushServer();
	const url = `file:${join(folder.path, "shared.db")}`;
	const wire = await startWire({ DATABASE_URL: url });
	const key = await wire.reveille.vapidPublicKey();
	const device = async () => {
		const { subscription } = service.createSubscription({ applicationServerKey: key });
		return { target: await wire.register({ subscription }), endpoint: subscription.endpoint };
	};
	const [alive, dead] = [await device(), await device()];
	service.unsubscribe(dead.endpoint);
	const locker = Bun.spawn([process.execPath, "-e", LOCK, "--", url, String(LOCKED_MS)], {
		cwd: join(import.meta.dir, "../../.."),
		stdout: "pipe",
	});
	try {
		await locker.stdout.getReader().read();
		const until = performance.now() + LOCKED_MS;
		const answers: { said: string; ms: number }[] = [];
		const told = wire.publish(dead.target);
		while (performance.now() < until) {
			answers.push(await wire.publish(alive.target));
			await Bun.sleep(100);
		}
		const first = await told;
		await locker.exited;
		const slowest = Math.max(first.ms, ...answers.map(({ ms }) => ms));
		console.log(
			`${answers.length} publishes while the database was locked, the slowest answered after ${Math.round(slowest)} ms; the dead device's: ${first.said}`,
		);
		expect(answers.filter(({ said }) => said !== "done")).toEqual([]);
		expect(slowest).toBeLessThan(20_000);
		// Who needs no write does not wait for the lock.
		expect(answers.filter(({ ms }) => ms > 1_000)).toEqual([]);
		expect(["wait internal-server-error", "cancel item-not-found"]).toContain(first.said);
		expect(await wire.publish(dead.target)).toMatchObject({ said: "cancel item-not-found" });
		expect(service.pushes.filter(({ endpoint }) => endpoint === alive.endpoint)).toHaveLength(answers.length);
	} finally {
		locker.kill();
		await wire.stop();
		await service.stop();
		folder.remove();
	}
}, 60_000);
