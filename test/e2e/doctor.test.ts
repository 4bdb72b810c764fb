/** `reveille doctor` on set-ups that are well, beside a Reveille that runs and alone, and the socket it speaks over. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishElement } from "../../src/bun/commands/served/publish.ts";
import { startChild } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { settingsOf, typed, WELL } from "./doctor.ts";
import { openScene, type Scene, type Transport, writeToAll } from "./scene.ts";

const PATIENCE_MS = 90_000;
const LEGS =
	/publish → here [\d.]+ m?s, → handled [\d.]+ m?s, → pushed [\d.]+ m?s, → decrypted [\d.]+ m?s, → answer/;

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function scene(transport: Transport): Promise<Scene> {
	const opened = await openScene("prosody", { transport, settings: WELL });
	ends.push(() => opened.stop());
	return opened;
}

function settings({ reveille, server }: Scene, transport: Transport) {
	const [component] = server.components;
	return settingsOf(reveille, server, {
		...(transport === "component" && {
			XMPP_SERVICE: server.componentUrl,
			XMPP_DOMAIN: component?.domain,
			XMPP_USERNAME: undefined,
			XMPP_PASSWORD: component?.secret,
		}),
	});
}

const socketOf = ({ dataFolder }: Reveille) => join(dataFolder, "reveille.sock");

const ask = (reveille: Reveille, path: string, init: RequestInit = {}) =>
	fetch(`http://reveille${path}`, { ...init, unix: socketOf(reveille) } as RequestInit);

describe.each<Transport>(["account", "component"])("a Prosody that is well, by an %s", (transport) => {
	test(
		"is found well while Reveille runs, which is not disturbed, and after it ended",
		async () => {
			const opened = await scene(transport);
			const { reveille } = opened;
			const before = reveille.log().length;
			const running = await typed(["doctor"], settings(opened, transport));
			expect(running.lines("bad")).toEqual([]);
			expect(running.code).toBe(0);
			expect(running.lines("ok").join("\n")).toMatch(LEGS);
			expect(running.lines("ok").join("\n")).toContain("this Reveille has");
			// Neither a warning nor another stream: nobody took its address, and nobody held its database.
			expect(reveille.log().slice(before)).not.toMatch(/WARNING|ERROR|is online|is not online/);
			expect(running.ms).toBeLessThan(60_000);

			const [sleeper] = await opened.sleepers("bob");
			await reveille.halt();
			const alone = await typed(["doctor"], settings(opened, transport));
			expect(alone.lines("bad")).toEqual([]);
			expect(alone.lines("ok").join("\n")).toMatch(LEGS);
			expect(alone.lines("ok").join("\n")).toContain("one ran for this alone, and has ended");
			expect(existsSync(socketOf(reveille))).toBe(false);

			await reveille.start();
			if (!sleeper) throw new Error("nobody sleeps");
			await writeToAll(opened, [sleeper]);
			await opened.endpoint.waitForPush();
		},
		PATIENCE_MS,
	);
});

describe("the device of the loop", () => {
	test(
		"ends when doctor goes, and is unknown then",
		async () => {
			const opened = await scene("account");
			const ending = new AbortController();
			const answer = await ask(opened.reveille, "/doctor/loop", { method: "POST", signal: ending.signal });
			const reader = answer.body?.getReader();
			const { value } = (await reader?.read()) ?? {};
			const device = JSON.parse(new TextDecoder().decode(value));
			const alice = await opened.login("alice");
			const publish = () => alice.iq("set", publishElement({ ...device, body: "hello" }), opened.address);
			await publish();
			ending.abort();
			await opened.reveille.untilReady();
			await expect(publish()).rejects.toThrow("item-not-found");
		},
		PATIENCE_MS,
	);

	test(
		"has no connector that outlives doctor",
		async () => {
			const opened = await scene("account");
			const { reveille } = opened;
			await reveille.halt();
			const folder = temporaryFolder("doctor");
			ends.push(folder.remove);
			const doctor = startChild({
				command: [process.execPath, "src/server.ts", "doctor"],
				logPath: join(folder.path, "log"),
				cwd: join(import.meta.dir, "../../"),
				env: settings(opened, "account"),
			});
			await doctor.ready(() => existsSync(socketOf(reveille)), 30_000);
			const { pid } = (await (await ask(reveille, "/status")).json()) as { pid: number };
			process.kill(doctor.pid, "SIGKILL");
			await doctor.exited;
			for (let looked = 0; looked < 200 && existsSync(`/proc/${pid}`); looked++) await Bun.sleep(50);
			expect(existsSync(`/proc/${pid}`)).toBe(false);
			expect(existsSync(socketOf(reveille))).toBe(false);
		},
		PATIENCE_MS,
	);
});

describe("the socket", () => {
	let reveille: Reveille;
	afterAll(() => reveille?.stop(), 30_000);

	test(
		"is its user's alone, replaces one that was left behind, and goes with its process",
		async () => {
			reveille = await startReveille();
			expect(statSync(socketOf(reveille)).mode & 0o777).toBe(0o600);
			await reveille.kill9();
			expect(existsSync(socketOf(reveille))).toBe(true);
			const without = await typed(["doctor", "--no-loop"], settingsOf(reveille, undefined));
			expect(without.lines("unknown").join()).toContain("no Reveille runs");
			await reveille.start();
			expect((await ask(reveille, "/status")).status).toBe(200);
			await reveille.halt();
			expect(existsSync(socketOf(reveille))).toBe(false);
		},
		PATIENCE_MS,
	);

	test(
		"that cannot be made keeps nobody from serving, and the log says why",
		async () => {
			const folder = temporaryFolder("long");
			ends.push(folder.remove);
			const DATA_DIR = join(folder.path, "d".repeat(100));
			const far = await startReveille({ settings: { DATA_DIR } });
			ends.push(() => far.stop());
			await far.untilLogged("[command-socket-failed]");
			expect(far.log()).toContain("more than 107 bytes");
		},
		PATIENCE_MS,
	);
});

describe("check", () => {
	test(
		"makes no file, and says what is wrong by its exit code",
		async () => {
			const opened = await scene("account");
			await opened.reveille.halt();
			const folder = temporaryFolder("check");
			ends.push(folder.remove);
			const DATA_DIR = join(folder.path, "data");
			const right = await typed(["check"], { ...settings(opened, "account"), DATA_DIR });
			expect(right.lines("bad")).toEqual([]);
			expect(right.code).toBe(0);
			expect(right.lines("ok").join()).toContain("push@example.org logs in");
			expect(existsSync(DATA_DIR)).toBe(false);
			const wrong = await typed(["check"], { ...settings(opened, "account"), DATA_DIR, XMPP_PASSWORD: "no" });
			expect(wrong.code).toBe(1);
			expect(wrong.lines("bad").join()).toContain("XMPP_PASSWORD is wrong");
			const unread = await typed(["check"], { PORT: "none", XMPP_PASWORD: "x" });
			expect(unread.code).toBe(1);
			expect(unread.lines("bad").join()).toMatch(/PORT must be.*did you mean XMPP_PASSWORD/);
			expect(unread.findings.every(({ group }) => group === "Settings")).toBe(true);
		},
		PATIENCE_MS,
	);

	test(
		"sees a secret that others may read",
		async () => {
			const folder = temporaryFolder("check");
			ends.push(folder.remove);
			writeFileSync(join(folder.path, "secret.key"), "k".repeat(43), { mode: 0o644 });
			const said = await typed(["check"], { ...WELL, DATA_DIR: folder.path });
			expect(said.lines("bad").join()).toContain(`chmod 600 ${folder.path}/secret.key`);
			expect(JSON.stringify(said.findings)).not.toContain("kkkk");
		},
		PATIENCE_MS,
	);
});
