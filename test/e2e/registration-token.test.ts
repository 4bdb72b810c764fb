/** One registration token for all processes of a database: its making, a new one, and the files of older versions. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../peers/child.ts";
import { bundleWorker } from "../peers/edge.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { startSqld } from "../peers/sqld.ts";
import { startWorkerd } from "../peers/workerd.ts";
import { asker, vapidPair } from "./edge-scene.ts";

/** Where a line of the banner ends depends on the length of what is in it. */
const asOneLine = (log: string) => log.replace(/\s+/g, " ");

const ROOT = join(import.meta.dir, "../../");
const SHOWN = /with this registration token/g;

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

function folder(): string {
	const made = temporaryFolder("token");
	ends.push(() => made.remove());
	return made.path;
}

const vapid = await vapidPair();
/** What two processes of one database have in common. */
const shared = (database: string) => ({
	DATABASE_URL: database,
	SECRET_KEY: "the-key-that-all-processes-derive-secrets-from",
	XMPP_ADDRESS: "push@example.org/push",
	VAPID_PRIVATE_KEY: vapid.privateKey,
	WEBPUSH_ALLOW_HOSTS: "push.example",
});

async function start(settings: Record<string, string | undefined>): Promise<Reveille> {
	const started = await startReveille({ settings });
	ends.push(() => started.stop());
	return started;
}

/** The command, as the operator types it. */
async function command(args: string[], env: Record<string, string>) {
	return runToEnd([process.execPath, "src/main.ts", "token", ...args], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, ...env },
	});
}

let registered = 0;
/** @returns the status of registering with a token */
async function registering(url: string, token: string): Promise<number> {
	const answer = await asker(() => url)("POST", "/api/v1/registrations", {
		token,
		json: { subscription: { endpoint: `https://push.example/${registered++}` } },
	});
	await answer.body?.cancel();
	return answer.status;
}

/** Registers until it is let: a token that was made just now works a moment later. @throws at the deadline */
async function untilRegistered(url: string, token: string): Promise<void> {
	const deadline = performance.now() + 20_000;
	while ((await registering(url, token)) !== 201) {
		if (performance.now() > deadline) throw new Error("the token is refused");
		await Bun.sleep(100);
	}
}

test("two processes that start at once on one database: one shows a token, and both take it", async () => {
	const settings = shared(`file:${join(folder(), "shared.db")}`);
	const both = await Promise.all([start(settings), start(settings)]);
	const shown = both.flatMap(({ log }) => log().match(SHOWN) ?? []);
	expect(shown).toHaveLength(1);
	const maker = both.find(({ log }) => log().match(SHOWN)) as Reveille;
	for (const { url } of both) {
		expect(await registering(url, maker.registrationToken())).toBe(201);
		expect(await registering(url, "another token of thirty-two characters")).toBe(401);
	}
	for (const { dataFolder } of both) {
		expect(await Bun.file(join(dataFolder, "registration-token")).exists()).toBe(false);
	}
	// It is not shown again, and goes on working.
	await maker.halt();
	await maker.start();
	expect(maker.log().match(SHOWN)).toHaveLength(1);
	expect(asOneLine(maker.log())).toContain("the registration token that was shown when it was made");
	expect(await registering(maker.url, maker.registrationToken())).toBe(201);
}, 60_000);

describe("the command token", () => {
	test("beside a process that serves: the new one works, and the old one goes on", async () => {
		const settings = shared(`file:${join(folder(), "shared.db")}`);
		const one = await start(settings);
		const old = one.registrationToken();
		expect(await registering(one.url, old)).toBe(201);
		const { stdout, stderr, code } = await command([], settings);
		expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/) });
		const week = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
		expect(stderr).toContain(`work until ${week}`);
		await untilRegistered(one.url, stdout.trim());
		expect(await registering(one.url, old)).toBe(201);

		// One that reads the tokens afresh: of those that are ended at once none works.
		const last = await command(["--now"], settings);
		await one.halt();
		await one.start();
		expect(await registering(one.url, old)).toBe(401);
		expect(await registering(one.url, stdout.trim())).toBe(401);
		expect(await registering(one.url, last.stdout.trim())).toBe(201);
	}, 60_000);

	test("says how it is used, and makes no database where there is none", async () => {
		const help = await command(["--help"], {});
		expect(help).toMatchObject({ code: 0, stderr: "" });
		expect(help.stdout).toMatch(/ token \[--now\] \[--json\]\n/);
		const wrong = await command(["--later"], {});
		expect(wrong.code).toBe(2);
		expect(wrong.stderr).toContain("--later");
		const data = folder();
		const nowhere = await command([], { DATA_DIR: data });
		expect(nowhere).toMatchObject({ code: 1, stdout: "" });
		expect(nowhere.stderr).toContain(`There is no ${join(data, "reveille.db")}: set DATA_DIR`);
		expect(await Bun.file(join(data, "reveille.db")).exists()).toBe(false);
	});
});

test("what an operator has goes on working: REGISTRATION_TOKEN, and files of older versions, everywhere", async () => {
	const settings = shared(`file:${join(folder(), "shared.db")}`);
	const withFile = (token: string) => {
		const data = join(folder(), "data");
		mkdirSync(data);
		writeFileSync(join(data, "registration-token"), `${token}\n`, { mode: 0o600 });
		return data;
	};
	const [first, second] = ["a".repeat(43), "b".repeat(43)];
	const setting = "the-token-that-is-in-the-settings";
	const one = await start({ ...settings, DATA_DIR: withFile(first) });
	const two = await start({ ...settings, DATA_DIR: withFile(second) });
	const three = await start({ ...settings, REGISTRATION_TOKEN: setting });
	for (const { url } of [one, two, three]) {
		await untilRegistered(url, first);
		await untilRegistered(url, second);
	}
	expect(await registering(three.url, setting)).toBe(201);
	expect(await registering(one.url, setting)).toBe(401);
	for (const { log } of [one, two, three]) expect(log()).not.toMatch(SHOWN);
	expect(asOneLine(one.log())).toContain(`with the token in ${join(one.dataFolder, "registration-token")}`);

	// A token that ended does not come back with the next start, out of the file.
	await command(["--now"], settings);
	await one.halt();
	await one.start();
	expect(await registering(one.url, first)).toBe(401);
	expect(one.log()).toContain("ended, and is refused: remove the file");
}, 60_000);

test("an edge without a token of its own takes the database's, also a new one", async () => {
	const bundle = await bundleWorker();
	ends.push(() => bundle.remove());
	const sqld = await startSqld();
	ends.push(() => sqld.stop());
	const settings = shared(sqld.httpUrl);
	const maker = await start(settings);
	const edge = await startWorkerd({
		bundle,
		bindings: { ...settings, VAPID_PRIVATE_KEY: undefined, VAPID_PUBLIC_KEY: vapid.publicKey },
	});
	ends.push(() => edge.stop());
	expect(await registering(edge.url, "another token of thirty-two characters")).toBe(401);
	await untilRegistered(edge.url, maker.registrationToken());
	const { stdout } = await command([], settings);
	await untilRegistered(edge.url, stdout.trim());
	expect(await registering(edge.url, maker.registrationToken())).toBe(201);
}, 60_000);
