/** The process as its operator meets it: how it starts, why it does not, and what it survives. */
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { freePort } from "../peers/ports.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";

const ROOT = join(import.meta.dir, "../../");

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of cleanups.splice(0).reverse()) await end();
}, 60_000);

async function reveille(settings: Record<string, string>): Promise<Reveille> {
	const started = await startReveille({ settings });
	cleanups.push(() => started.stop());
	return started;
}

function folder(): string {
	const made = temporaryFolder("process");
	cleanups.push(() => made.remove());
	return made.path;
}

/** Runs the program until it ends by itself. */
async function failedStart(settings: Record<string, string>, args: string[] = []) {
	const env = { PATH: process.env.PATH, PORT: "0", DATA_DIR: join(folder(), "data"), ...settings };
	return runToEnd([process.execPath, "src/main.ts", ...args], { cwd: ROOT, env });
}

describe("a start", () => {
	test("with nothing configured runs, and tells what is on, what is off, and what turns it on", async () => {
		const { log, url } = await reveille({});
		expect(log()).toMatch(/Reveille \S+, ROLE=all, ready in \d+ ms/);
		expect(log()).toContain(`${url}/docs`);
		expect(log().replace(/\s+/g, " ")).toContain(
			"XMPP account off: set XMPP_SERVICE to wss://…, XMPP_USERNAME and XMPP_PASSWORD",
		);
		expect(log()).toContain("Web Push");
		expect(log()).toMatch(/made now: secret.key, vapid.key/);
		expect((await fetch(`${url}/health`)).status).toBe(200);
		const ready = await fetch(`${url}/ready`);
		expect(ready.status).toBe(503);
		expect(await ready.text()).toContain("XMPP_SERVICE");
	});

	test("ends cleanly on SIGTERM, and the next one finds everything as it was", async () => {
		const one = await reveille({});
		const key = await one.vapidPublicKey();
		await one.halt();
		await one.start();
		expect(await one.vapidPublicKey()).toBe(key);
		expect(one.log().match(/made now/g)).toHaveLength(1);
	});

	test("says what each setting must be, all at once, and quotes no value", async () => {
		const { code, stderr } = await failedStart({
			PORT: "http",
			XMPP_SERVICE: "ws://127.0.0.1:1/",
			XMPP_PASSWORD: "the-password",
			SECRET_KEY: "too-short-a-key",
		});
		expect(code).toBe(1);
		for (const name of ["PORT", "XMPP_USERNAME is missing", "SECRET_KEY"]) expect(stderr).toContain(name);
		expect(stderr).not.toContain("the-password");
		expect(stderr).not.toContain("too-short-a-key");
		expect(stderr).not.toContain("    at ");
	});

	test("refuses a key that does not fit the database", async () => {
		const data = folder();
		const first = await reveille({ DATA_DIR: data, SECRET_KEY: "a".repeat(32) });
		await first.halt();
		const { code, stderr } = await failedStart({ DATA_DIR: data, SECRET_KEY: "b".repeat(32) });
		expect(code).toBe(1);
		expect(stderr).toContain("SECRET_KEY_OLD");
		const rotated = await reveille({
			DATA_DIR: data,
			SECRET_KEY: "b".repeat(32),
			SECRET_KEY_OLD: "a".repeat(32),
		});
		expect((await fetch(`${rotated.url}/health`)).status).toBe(200);
	});

	test("refuses a key file that others may read, with the line that mends it", async () => {
		const data = folder();
		writeFileSync(join(data, "secret.key"), "x".repeat(43));
		chmodSync(join(data, "secret.key"), 0o644);
		const { code, stderr } = await failedStart({ DATA_DIR: data });
		expect(code).toBe(1);
		expect(stderr).toContain(`chmod 600 ${join(data, "secret.key")}`);
	});

	test("refuses a data folder that another connector uses", async () => {
		const first = await reveille({});
		const { code, stderr } = await failedStart({ DATA_DIR: first.dataFolder });
		expect(code).toBe(1);
		expect(stderr).toContain("in use by another Reveille");
		expect((await fetch(`${first.url}/health`)).status).toBe(200);
	});

	test("refuses a port that is taken, by name", async () => {
		const first = await reveille({});
		const port = new URL(first.url).port;
		const { code, stderr } = await failedStart({ PORT: port });
		expect(code).toBe(1);
		expect(stderr).toContain(`127.0.0.1:${port}`);
	});

	test("helps", async () => {
		const { code, stdout } = await failedStart({}, ["--help"]);
		expect(code).toBe(0);
		expect(stdout).toContain("XMPP_PASSWORD");
	});
});

describe("the connector says what is wrong with its account", () => {
	test("a wrong password", async () => {
		const server = await startProsody();
		cleanups.push(() => server.stop());
		await server.addUsers(["push"], "secret");
		const one = await startReveille({ server, password: "wrong", settings: {} }, "health");
		cleanups.push(() => one.stop());
		await one.untilLogged("XMPP_USERNAME or XMPP_PASSWORD is wrong");
		expect(await (await fetch(`${one.url}/ready`)).text()).toContain("XMPP_PASSWORD is wrong");
		expect(one.log()).not.toContain("'wrong'");
	}, 30_000);

	test("a domain that the server does not serve", async () => {
		const server = await startProsody();
		cleanups.push(() => server.stop());
		const one = await reveille({
			XMPP_SERVICE: server.websocketUrl,
			XMPP_DOMAIN: "elsewhere.example",
			XMPP_USERNAME: "push",
			XMPP_PASSWORD: "secret",
		});
		await one.untilLogged("does not serve elsewhere.example");
	}, 30_000);

	test("nobody there, and something that is no XMPP server", async () => {
		const account = { XMPP_DOMAIN: "example.org", XMPP_USERNAME: "push", XMPP_PASSWORD: "secret" };
		const nobody = await reveille({ ...account, XMPP_SERVICE: `ws://127.0.0.1:${await freePort()}/` });
		await nobody.untilLogged("check XMPP_SERVICE");
		const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("a web page") });
		cleanups.push(() => web.stop(true));
		const other = await reveille({ ...account, XMPP_SERVICE: `ws://127.0.0.1:${web.port}/` });
		await other.untilLogged("check the path of XMPP_SERVICE");
	}, 30_000);
});
