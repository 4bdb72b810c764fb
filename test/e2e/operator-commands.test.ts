/** An operator's questions and orders, each by one command: to the Reveille that runs, and to its database when none does. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../peers/child.ts";
import type { PushAddress } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { openScene, type Scene } from "./scene.ts";

const ROOT = join(import.meta.dir, "../../");

let scene: Scene;
const devices = new Map<string, { device: WebPushDevice; address: PushAddress }>();
beforeAll(async () => {
	scene = await openScene("prosody", {
		users: ["alice", "romeo", "juliet", "tybalt"],
		settings: { PUSH_INTERVAL_MS: "0" },
	});
	for (const name of ["romeo", "juliet", "tybalt"]) {
		const user = await scene.login(name);
		const device = scene.endpoint.createSubscription({
			applicationServerKey: await scene.reveille.vapidPublicKey(),
		});
		const address = await registerByCommand(user, scene.address, device);
		await user.enablePush(address);
		await user.goOffline();
		devices.set(name, { device, address });
	}
}, 90_000);
afterAll(() => scene?.stop(), 60_000);

const typed = async (...words: string[]) => {
	const { dataFolder, url } = scene.reveille;
	const { stdout, stderr, code } = await runToEnd([process.execPath, "src/server.ts", ...words], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: dataFolder, PORT: new URL(url).port },
	});
	return { said: stdout, error: stderr, code };
};
const jid = (name: string) => `${name}@${scene.server.host}`;
const nodeOf = (name: string) => devices.get(name)?.address.node ?? "";

describe("while Reveille runs", () => {
	test("its socket is for its own user alone", () => {
		expect(statSync(join(scene.reveille.dataFolder, "reveille.sock")).mode & 0o777).toBe(0o600);
	});

	test("list: who is registered, by a beginning, as a table and as JSON", async () => {
		const { said, code } = await typed("list", "rom");
		expect(code).toBe(0);
		expect(said).toMatch(/^ACCOUNT +DEVICE +APP +STATE +LAST PUSH +NODE\n/);
		expect(said).toContain(`${jid("romeo")} `);
		expect(said).toContain(nodeOf("romeo"));
		expect(said).not.toContain("juliet");
		const all = JSON.parse((await typed("list", "--json")).said);
		expect(all.map(({ owner }: { owner: string }) => owner).toSorted()).toEqual(
			["juliet", "romeo", "tybalt"].map(jid),
		);
		expect((await typed("list", "nobody")).said).toBe("There is none.\n");
	}, 60_000);

	test("show: why an account gets nothing; its server never published, then a push arrived", async () => {
		const before = await typed("show", jid("romeo"));
		expect(before.code).toBe(0);
		expect(before.said).toContain("never published");
		await (await scene.login("alice")).sendMessage(jid("romeo"), "Art thou not Romeo?");
		await scene.endpoint.waitForPush();
		const [view] = JSON.parse((await typed("show", jid("romeo"), "--json")).said);
		expect(view).toMatchObject({ node: nodeOf("romeo"), state: "ok", isEnded: false });
		expect(view.last.legs.length).toBeGreaterThan(2);
	}, 60_000);

	test("test: a push to a node, with its legs timed; a device that is gone ends with code 1", async () => {
		scene.endpoint.clear();
		const { said, code } = await typed("test", nodeOf("romeo"));
		await scene.endpoint.waitForPush();
		expect(code).toBe(0);
		expect(said).toContain("took it");
		expect(said).toMatch(/\d+ ms/);
		const normally = scene.endpoint.respondWith({ status: 410 });
		const gone = await typed("test", jid("juliet"));
		normally();
		expect(gone.code).toBe(1);
		expect(gone.said).toContain("is gone");
		expect((await typed("show", jid("juliet"))).said).toContain("(ended)");
	}, 60_000);

	test("events: how many failed, and who decided", async () => {
		const { said } = await typed("events", jid("juliet"));
		expect(said).toContain("Ended");
		expect(said).toContain("410");
	}, 60_000);

	test("bar: counted first, done with --yes, listed, and lifted", async () => {
		const first = await typed("bar", jid("tybalt"), "--reason", "Made-up endpoints");
		expect(first.code).toBe(1);
		expect(first.error).toContain("This would end 1 registration of 1 person. Type it again with --yes.");
		expect((await typed("list", "tybalt", "--json")).said).toContain(nodeOf("tybalt"));
		expect((await typed("bar", jid("tybalt"), "--reason", "Made-up endpoints", "--yes")).said).toContain(
			"is barred",
		);
		expect((await typed("list", "tybalt")).said).toBe("There is none.\n");
		expect((await typed("bar", "list")).said).toContain("Made-up endpoints");
		expect((await typed("bar", jid("tybalt"))).error).toContain("is barred already");
		expect((await typed("bar", "lift", jid("tybalt"))).code).toBe(0);
		expect((await typed("bar", "list")).said).toBe("Nobody is barred.\n");
		expect((await typed("bar", "not an address")).error).toContain("must be an address");
	}, 90_000);
});

describe("when none runs", () => {
	beforeAll(() => scene.reveille.halt(), 30_000);

	test("list and show read the database, and test says what to do", async () => {
		expect((await typed("list", "rom")).said).toContain(nodeOf("romeo"));
		expect((await typed("show", nodeOf("romeo"))).code).toBe(0);
		const { code, error } = await typed("test", nodeOf("romeo"));
		expect(code).toBe(1);
		expect(error).toContain("No Reveille runs with this DATA_DIR: start it, then test.");
	}, 60_000);

	test("end: it is gone, and the next start tells its server", async () => {
		expect((await typed("end", jid("romeo"))).said).toBe("Ended: 1 registration.\n");
		expect((await typed("end", jid("romeo"))).error).toContain("has no registration here");
		await scene.reveille.start();
		expect((await typed("events", jid("romeo"))).said).toContain("Ended by a command");
		expect((await typed("show", nodeOf("romeo"))).said).toContain("(ended)");
	}, 90_000);
});
