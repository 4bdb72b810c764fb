/** `reveille doctor` on set-ups that are well, beside a Reveille that runs and alone, and the socket it speaks over. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishElement } from "../../src/bun/commands/served/publish.ts";
import { startChild } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { settingsOf, typed, WELL } from "./doctor.ts";
import { endAll, ends, openWell, settings, socketOf, tellOfWellServer } from "./doctor-well.ts";

const PATIENCE_MS = 90_000;

afterEach(endAll, 60_000);

const scene = () => openWell("prosody", "account");

const ask = (reveille: Reveille, path: string, init: RequestInit = {}) =>
	fetch(`http://reveille${path}`, { ...init, unix: socketOf(reveille) } as RequestInit);

tellOfWellServer("prosody", "account");

describe("the device of the loop", () => {
	test(
		"ends when doctor goes, and is unknown then",
		async () => {
			const opened = await scene();
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
			const opened = await scene();
			const { reveille } = opened;
			await reveille.halt();
			const folder = temporaryFolder("doctor");
			ends.push(folder.remove);
			const doctor = startChild({
				command: [process.execPath, "src/main.ts", "doctor"],
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
			expect(without.lines("warn").join()).toContain("no Reveille runs");
			await reveille.start();
			expect((await ask(reveille, "/status")).status).toBe(200);
			await reveille.halt();
			expect(existsSync(socketOf(reveille))).toBe(false);
		},
		PATIENCE_MS,
	);

	test(
		"says that the Reveille that runs has other settings, and asks it in place of this shell's",
		async () => {
			const settings = {
				XMPP_SERVICE: "ws://127.0.0.1:1/ws",
				XMPP_USERNAME: "push@a.example",
				XMPP_PASSWORD: "x",
			};
			const other = await startReveille({ settings: { ...WELL, ...settings } });
			ends.push(() => other.stop());
			const said = await typed(
				["doctor", "--no-loop"],
				settingsOf(other, undefined, { PUBLIC_URL: undefined }),
			);
			expect(said.lines("warn").join("\n")).toContain(
				"others than this command (XMPP: push@a.example/push only there).",
			);
			expect(said.lines("bad").join("\n")).toContain(
				"the Reveille that runs does not have push@a.example/push",
			);
			expect(said.code).toBe(1);
			const same = await typed(["doctor", "--no-loop"], { ...settingsOf(other, undefined), ...settings });
			expect(same.lines("warn").join("\n")).not.toContain("others than this command");
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
			const opened = await scene();
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
