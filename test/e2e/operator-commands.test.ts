/** An operator's questions and orders, each by one command: to the Reveille that runs, and to its database when none does. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startTerminalBash } from "../peers/terminal-bash.ts";
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

const typedWith = async (settings: Record<string, string>, ...words: string[]) => {
	const { dataFolder, url } = scene.reveille;
	const { stdout, stderr, code } = await runToEnd([process.execPath, "src/main.ts", ...words], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: dataFolder, PORT: new URL(url).port, ...settings },
	});
	return { said: stdout, error: stderr, code };
};
const typed = (...words: string[]) => typedWith({}, ...words);
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
		expect(said).toContain("✓ Command");
		expect(said).not.toContain("Console");
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
		// What stands there can be typed, and so can what the log has of it.
		expect(said).toContain(nodeOf("juliet"));
		for (const node of [nodeOf("juliet").slice(0, 12), nodeOf("romeo").slice(0, 12)])
			expect((await typed("show", node)).said).toContain(node);
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
		const shown = (await typed("show", jid("tybalt"))).said;
		expect(shown.match(/ {2}Ended, decided by/g)).toHaveLength(1);
		expect(shown).toContain(`reveille bar lift ${jid("tybalt")}`);
		expect((await typed("bar", "lift", jid("tybalt"))).code).toBe(0);
		expect((await typed("bar", "list")).said).toBe("Nobody is barred.\n");
		expect((await typed("bar", "not an address")).error).toContain("must be an address");
	}, 90_000);
});

describe("what is asked of the Reveille that runs, which has the database", () => {
	/** The settings of the command name no database: it is not opened. */
	const asked = (...words: string[]) => typedWith({ DATABASE_URL: "file:/nowhere/reveille.db" }, ...words);

	test("token: the new one lets somebody register", async () => {
		const { said, code } = await asked("token", "--json");
		expect(code).toBe(0);
		const { token } = JSON.parse(said);
		const { subscription } = scene.endpoint.createSubscription({
			applicationServerKey: await scene.reveille.vapidPublicKey(),
		});
		const registering = () => scene.reveille.register(subscription, token);
		const deadline = Date.now() + 10_000;
		while (!(await registering().catch(() => undefined))) if (Date.now() > deadline) await registering();
		expect((await typed("events", "registration token")).said).toContain("Made a new registration token");
	}, 60_000);

	test("invite: made, listed, revoked, and the link leads to the Reveille that runs", async () => {
		const made = await asked("invite", "--name", "Aunt Angelica", "--json");
		const { id, link } = JSON.parse(made.said);
		expect(made.error).toBe(
			"This link works on this machine alone: set PUBLIC_URL. The code works anywhere.\n",
		);
		expect(link).toStartWith(`${scene.reveille.url.replace("localhost", "127.0.0.1")}/app/#invite=`);
		expect((await asked("invite", "list")).said).toContain("Aunt Angelica");
		expect((await asked("invite", "revoke", id)).code).toBe(0);
		const again = await asked("invite", "revoke", id);
		expect(again).toMatchObject({ code: 1, error: expect.stringContaining("[invite-unknown]") });
		expect(JSON.parse((await asked("invite", "list", "--json")).said)).toMatchObject([
			{ id, state: "revoked", revokedAt: expect.stringMatching(/^20/) },
		]);
	}, 60_000);

	test("import: in pieces, by the settings of the one that runs, and what it refuses is told", async () => {
		const rows = Array.from(
			{ length: 250 },
			(_, i) => `imported-${i},s${i},webpush,https://127.0.0.1/push/${i}`,
		);
		const csv = join(scene.reveille.dataFolder, "others.csv");
		await Bun.write(csv, ["node,secret,type,token", ...rows, "n,s,webpush,no-url", "n,s,apns,ab"].join("\n"));
		const tried = await asked("import", "csv", csv, "--dry-run", "--json");
		expect(tried.error).toBe("");
		const dry = JSON.parse(tried.said);
		expect(dry).toMatchObject({ dryRun: true, imported: 250, skipped: 2 });
		expect((await typed("list", "imported-0")).said).toBe("There is none.\n");
		const { said, code } = await asked("import", "csv", csv);
		expect(code).toBe(0);
		expect(said).toContain("Imported 250, updated 0, unchanged 0, skipped 2.");
		expect(said).toContain("The endpoint is not a URL.");
		expect(said).toContain("no app of apns is set up here");
		expect((await typed("list", "imported-249")).said).toContain("imported-249");
		const other = await asked("import", "csv", csv, "--app", "nothing");
		expect(other).toMatchObject({ code: 1, error: expect.stringContaining("There is no app nothing.") });
	}, 60_000);

	test("events: of one kind", async () => {
		const { events } = JSON.parse((await typed("events", "--kind", "action", "--json")).said);
		expect(events.length).toBeGreaterThan(5);
		expect(new Set(events.map(({ what }: { what: string }) => what))).toEqual(new Set(["Operator"]));
		const wrong = await typed("events", "--kind", "nonsense");
		expect(wrong.code).toBe(2);
	}, 90_000);

	test("a shell proposes accounts and nodes; bash at a terminal writes the account out", async () => {
		/** Nothing is proposed where the answer takes longer than a moment, as on a busy machine: asked again then. */
		const proposed = async (...words: string[]) => {
			for (let tries = 1; ; tries++) {
				const said = (await typed("complete", ...words)).said.trim();
				if (said !== "" || tries === 10) return said.split("\n");
			}
		};
		for (const command of ["show", "test", "end", "bar", "list"])
			expect(await proposed(command, "rom")).toEqual([jid("romeo")]);
		const node = nodeOf("romeo");
		expect(await proposed("show", node.slice(0, 12))).toEqual([node]);
		expect(await proposed("bar", scene.server.host.slice(0, 4))).toEqual([scene.server.host]);
		expect((await typed("complete", "show", "nobody")).said).toBe("");

		const bin = temporaryFolder("bin");
		const { dataFolder } = scene.reveille;
		await Bun.write(
			join(bin.path, "reveille"),
			`#!/bin/sh\nexec ${process.execPath} ${join(ROOT, "src/main.ts")} "$@"\n`,
		);
		chmodSync(join(bin.path, "reveille"), 0o755);
		const bash = await startTerminalBash({ PATH: `${bin.path}:${process.env.PATH}`, DATA_DIR: dataFolder });
		try {
			await bash.type("source <(reveille completion bash)\n", /typed> $/);
			const tab = (line: string, shown: RegExp) =>
				bash.type(`\x15${line}\t`, shown).catch(() => bash.type(`\x15${line}\t`, shown));
			expect(await tab("reveille show rom", /org $/)).toEndWith(`reveille show ${jid("romeo")} `);
			const at = await tab(`reveille show romeo@${scene.server.host.slice(0, 2)}`, /org $/);
			expect(at).toEndWith(`reveille show ${jid("romeo")} `);
		} finally {
			await bash.stop();
			bin.remove();
		}
	}, 60_000);
});

describe("when none runs", () => {
	beforeAll(async () => {
		// More of what happened than a page has.
		for (let made = 0; made < 60; made++) {
			const answer = await fetch("http://reveille/operator/invites", {
				unix: join(scene.reveille.dataFolder, "reveille.sock"),
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({ uses: 1, days: 1 }),
			} as RequestInit);
			expect(answer.status).toBe(201);
		}
		await scene.reveille.halt();
	}, 30_000);

	test("events: page by page, to the first", async () => {
		const ids: string[] = [];
		let before: string[] = [];
		for (let pages = 0; pages < 2; pages++) {
			const { said, error } = await typed("events", ...before, "--kind", "action");
			const { events, next } = JSON.parse(
				(await typed("events", ...before, "--kind", "action", "--json")).said,
			) as { events: { id: string }[]; next?: string };
			expect(said.split("\n").length).toBeGreaterThan(events.length);
			ids.push(...events.map(({ id }) => id));
			if (next === undefined) break;
			expect(events).toHaveLength(50);
			expect(error).toEndWith(`\nThere are more: add --before ${next}\n`);
			before = ["--before", next];
		}
		expect(ids.length).toBeGreaterThan(60);
		expect(new Set(ids).size).toBe(ids.length);
	}, 60_000);

	test("list and show read the database, and test says what to do", async () => {
		const { said, error: beside } = await typed("list", "rom");
		expect(said).toContain(nodeOf("romeo"));
		expect(beside).toBe(
			`No Reveille runs with DATA_DIR=${scene.reveille.dataFolder}: this is what its database says.\n`,
		);
		expect((await typed("show", nodeOf("romeo"))).code).toBe(0);
		const { code, error } = await typed("test", nodeOf("romeo"));
		expect(code).toBe(1);
		expect(error).toContain("No Reveille runs with this DATA_DIR: start it, then test.");
	}, 60_000);

	test("tokens, invites and backups are made all the same, and a shell proposes nothing", async () => {
		expect((await typed("token")).code).toBe(0);
		const { id } = JSON.parse((await typed("invite", "--json")).said);
		expect((await typed("invite", "list")).said).toContain(id);
		expect((await typed("complete", "show", "rom")).said).toBe("");
		const kept = join(scene.reveille.dataFolder, "kept");
		expect((await typed("backup", kept)).code).toBe(0);
		const again = await typed("backup", kept);
		expect(again).toMatchObject({ code: 1, error: expect.stringContaining("is not empty") });
	}, 60_000);

	test("end: it is gone, and the next start tells its server", async () => {
		expect((await typed("end", jid("romeo"))).said).toBe("Ended: 1 registration.\n");
		expect((await typed("end", jid("romeo"))).error).toContain("has no registration here");
		await scene.reveille.start();
		expect((await typed("events", jid("romeo"))).said).toContain("Ended by a command");
		expect((await typed("show", nodeOf("romeo"))).said).toContain("(ended)");
	}, 90_000);
});
