/**
 * Databases that are full, slow, spoiled or gone under a process that runs: publishes are answered `wait`, never that
 * somebody is unknown; nothing promised is lost; and all works again once the fault is over.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { temporaryFolder } from "../peers/folder.ts";
import { mountSmallDisk } from "../peers/small-disk.ts";
import { startSqld } from "../peers/sqld.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWire, type Target, type Wire } from "./wire.ts";

const WAIT = "wait internal-server-error";
const PAGE_BYTES = 4096;

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

function folder(): string {
	const made = temporaryFolder("databases");
	ends.push(() => made.remove());
	return made.path;
}

/** A process with some registrations at a push service. */
async function scene(settings: Record<string, string>, devices = 2) {
	const service = startWebPushServer();
	ends.push(() => service.stop());
	const wire: Wire = await startWire(settings);
	ends.push(() => wire.stop());
	const key = await wire.reveille.vapidPublicKey();
	const made: { target: Target; endpoint: string }[] = [];
	for (let i = 0; i < devices; i++) {
		const { subscription } = service.createSubscription({ applicationServerKey: key });
		made.push({ target: await wire.register({ subscription }), endpoint: subscription.endpoint });
	}
	const register = () =>
		wire.register({ subscription: service.createSubscription({ applicationServerKey: key }).subscription });
	const statusOf = async ({ node, deviceSecret }: Target) =>
		(await wire.reveille.api("GET", `/registrations/${node}`, deviceSecret)).status;
	return { ...wire, service, devices: made, register, statusOf };
}

/** Fills pages of a file with zeros, which no page of a database is. @param from the first page is 0 */
function spoil(path: string, from: number, count: number) {
	const file = openSync(path, "r+");
	writeSync(file, Buffer.alloc(count * PAGE_BYTES), 0, count * PAGE_BYTES, from * PAGE_BYTES);
	closeSync(file);
}

/** Has all that was written be in the file itself. */
async function checkpoint(path: string) {
	const client = createClient({ url: `file:${path}` });
	await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
	client.close();
}

describe("the shared database", () => {
	test("on a full disk: what needs no write goes out, a dead device is left alone, and forgotten once there is room", async () => {
		const disk = mountSmallDisk();
		ends.push(() => disk.remove());
		const { reveille, publish, devices, service, register, statusOf } = await scene({
			DATABASE_URL: `file:${join(disk.path, "shared.db")}`,
		});
		const [alive, dead] = devices as [(typeof devices)[0], (typeof devices)[0]];
		disk.fillUp();
		expect(await publish(alive.target)).toMatchObject({ said: "done" });
		service.unsubscribe(dead.endpoint);
		expect(await publish(dead.target)).toMatchObject({ said: WAIT });
		await expect(register()).rejects.toThrow("503");
		expect(await statusOf(dead.target)).toBe(200);
		expect(reveille.log()).toMatch(/database or disk is full/);
		disk.makeRoom();
		expect(await publish(dead.target)).toMatchObject({ said: "cancel item-not-found" });
		expect(await statusOf(dead.target)).toBe(410);
		await register();
	}, 30_000);

	test("that takes half a second for each request: publishes are answered in time, as they would be otherwise", async () => {
		const sqld = await startSqld();
		ends.push(() => sqld.stop());
		const line = await startSlowLine(Number(new URL(sqld.httpUrl).port));
		ends.push(() => line.stop());
		const { publish, devices, service } = await scene({ DATABASE_URL: line.url });
		const [alive, dead] = devices as [(typeof devices)[0], (typeof devices)[0]];
		line.delayMs = 500;
		service.unsubscribe(dead.endpoint);
		const answers = await Promise.all([publish(alive.target), publish(dead.target)]);
		expect(answers.map(({ said }) => said)).toEqual(["done", "cancel item-not-found"]);
		for (const { ms } of answers) expect(ms).toBeLessThan(10_000);
		const many = await Promise.all(Array.from({ length: 60 }, () => publish(alive.target)));
		expect(many.filter(({ said, ms }) => said !== "done" || ms > 20_000)).toEqual([]);
	}, 60_000);

	test("with spoiled pages: all publishes wait, the log says what is wrong, and the right file is all it takes", async () => {
		const path = join(folder(), "shared.db");
		const { reveille, publish, devices } = await scene({ DATABASE_URL: `file:${path}` }, 1);
		const [one] = devices as [(typeof devices)[0]];
		await checkpoint(path);
		await Bun.write(`${path}.kept`, Bun.file(path));
		const client = createClient({ url: `file:${path}` });
		const { rows } = await client.execute(
			"SELECT rootpage FROM sqlite_master WHERE tbl_name = 'registrations' AND rootpage > 1",
		);
		for (const { rootpage } of rows) spoil(path, Number(rootpage) - 1, 1);
		// Whoever has read the pages reads them anew after another one's change.
		await client.execute("INSERT INTO facts VALUES ('another', 'change')");
		client.close();
		expect(await publish(one.target)).toMatchObject({ said: WAIT });
		expect(reveille.log()).toMatch(/database disk image is malformed/);
		await reveille.halt();
		for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
		await Bun.write(path, Bun.file(`${path}.kept`));
		await reveille.start();
		await reveille.untilReady();
		expect(await publish(one.target)).toMatchObject({ said: "done" });
	}, 30_000);

	test("whose file was taken away: who is there is woken, nobody is unknown, and the process says what is wrong", async () => {
		const path = join(folder(), "shared.db");
		const { reveille, publish, devices, service, statusOf } = await scene({ DATABASE_URL: `file:${path}` });
		const [alive, ended] = devices as [(typeof devices)[0], (typeof devices)[0]];
		const { node, deviceSecret } = ended.target;
		expect((await reveille.api("DELETE", `/registrations/${node}`, deviceSecret)).status).toBe(204);
		renameSync(path, `${path}.away`);
		expect(await publish(alive.target)).toMatchObject({ said: "done" });
		expect(service.pushes).toHaveLength(1);
		expect(await publish(ended.target)).toMatchObject({ said: WAIT });
		const ready = await fetch(`${reveille.url}/ready`);
		expect({ status: ready.status, text: await ready.text() }).toEqual({
			status: 503,
			text: expect.stringContaining(`${path} was deleted or replaced while Reveille had it open`),
		});
		renameSync(`${path}.away`, path);
		await reveille.untilReady();
		expect(await publish(ended.target)).toMatchObject({ said: "cancel item-not-found" });
		expect(await statusOf(alive.target)).toBe(200);
	}, 30_000);
});

describe("the outbox", () => {
	test("whose file was taken away takes no promise: publishes wait, and what waited in it goes out", async () => {
		const { reveille, publish, devices, service } = await scene({});
		const [one, other] = devices as [(typeof devices)[0], (typeof devices)[0]];
		const path = join(reveille.dataFolder, "outbox.db");
		service.respondWith({ status: 503, endpoint: one.endpoint });
		expect(await publish(one.target)).toMatchObject({ said: "done" });
		renameSync(path, `${path}.away`);
		service.respondWith({ status: 503, endpoint: other.endpoint });
		expect(await publish(other.target)).toMatchObject({ said: WAIT });
		await reveille.untilLogged(`${path} was deleted or replaced`);
		service.clear();
		service.respondWith({ status: 201, endpoint: one.endpoint });
		await service.waitForPush(({ endpoint }) => endpoint === one.endpoint);
		renameSync(`${path}.away`, path);
		expect(await publish(other.target)).toMatchObject({ said: "done" });
	}, 30_000);

	test("with spoiled pages stops the start, and says what to do", async () => {
		const { reveille, publish, devices, service } = await scene({}, 1);
		const [one] = devices as [(typeof devices)[0]];
		service.respondWith({ status: 503 });
		expect(await publish(one.target)).toMatchObject({ said: "done" });
		await reveille.halt();
		const path = join(reveille.dataFolder, "outbox.db");
		await checkpoint(path);
		await Bun.write(`${path}.kept`, Bun.file(path));
		spoil(path, 1, statSync(path).size / PAGE_BYTES - 1);
		await expect(reveille.start()).rejects.toThrow(`${path} is no intact SQLite database`);
		await Bun.write(path, Bun.file(`${path}.kept`));
		service.respondWith({ status: 201 });
		const woken = service.waitForPush(undefined, 20_000);
		await reveille.start();
		await woken;
	}, 40_000);
});

/** A line to a server on loopback on which each answer takes its time. */
async function startSlowLine(to: number) {
	const sides = new Set<Socket>();
	const line = { url: "", delayMs: 0, stop() {} };
	const server = createServer((client) => {
		const onward = connect(to, "127.0.0.1");
		for (const side of [client, onward]) {
			sides.add(side);
			side.on("error", () => {});
		}
		client.pipe(onward);
		onward.on("data", (chunk) => setTimeout(() => client.write(chunk), line.delayMs));
		onward.on("close", () => client.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	line.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
	line.stop = () => {
		for (const side of sides) side.destroy();
		server.close();
	};
	return line;
}
