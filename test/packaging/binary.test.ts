/** The compiled binary: built as `bun run build` does, and run where there is nothing else. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { connectUser } from "../peers/user.ts";
import { askForWebApp } from "../peers/web-app.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";

const ROOT = join(import.meta.dir, "../../");
/** Its systems: a machine that has nothing but the C library, and a folder with nothing in it. */
const machine = temporaryFolder("machine");
const empty = temporaryFolder("empty");
const built = temporaryFolder("built");
const binary = join(built.path, "reveille");
let server: XmppServer;

async function run(command: string[], env: Record<string, string> = {}) {
	return runToEnd(command, { cwd: empty.path, env });
}

/** The shared libraries of a program, as its machine's loader finds them. */
function librariesOf(program: string): string[] {
	const { stdout } = Bun.spawnSync(["ldd", program]);
	return [...stdout.toString().matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
}

/** Runs the binary on that machine: its root folder is the machine's. */
function onMachine(settings: Record<string, string | undefined>): string[] {
	const given = Object.entries({ ...settings, DATA_DIR: "/data" }).flatMap(([name, value]) =>
		value === undefined ? [] : [`${name}=${value}`],
	);
	const script = 'mount --rbind /proc "$0/proc" && exec env -i "$@"';
	const chroot = [Bun.which("chroot") ?? "/usr/sbin/chroot", machine.path, "/reveille"];
	return ["unshare", "--mount", "sh", "-c", script, machine.path, ...given, ...chroot];
}

beforeAll(async () => {
	const { stdout, stderr, code } = await run([
		process.execPath,
		join(ROOT, "build/binary.ts"),
		"--outfile",
		binary,
	]);
	if (code !== 0) throw new Error(stderr);
	console.log(stdout.trim());
	const native = `${ROOT}node_modules/@libsql/linux-${process.arch}-gnu/index.node`;
	for (const library of new Set([...librariesOf(binary), ...librariesOf(native)])) {
		mkdirSync(join(machine.path, dirname(library)), { recursive: true });
		copyFileSync(library, join(machine.path, library));
	}
	for (const folder of ["proc", "tmp", "data"]) mkdirSync(join(machine.path, folder));
	copyFileSync(binary, join(machine.path, "reveille"));
	server = await startProsody({ pushWith: { body: true, sender: true } });
	await server.addUsers(["push", "romeo", "juliet"], "secret");
}, 120_000);
afterAll(async () => {
	await server?.stop();
	for (const folder of [machine, empty, built]) folder.remove();
}, 60_000);

test("serves on a machine with the C library and nothing else: a message wakes a sleeping app", async () => {
	const endpoint = startWebPushServer();
	const dataFolder = join(machine.path, "data");
	let reveille: Reveille | undefined;
	try {
		reveille = await startReveille({ server, settings: { DATA_DIR: dataFolder }, command: onMachine });
		const device = endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });
		const address = await reveille.register(device.subscription);
		const login = (username: string) =>
			connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });
		const romeo = await login("romeo");
		await romeo.online();
		await romeo.enablePush(address);
		await romeo.goOffline();
		const juliet = await login("juliet");
		await juliet.sendMessage(romeo.bareJid, "Art thou not Romeo?");
		const push = await endpoint.waitForPush();
		expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ body: "Art thou not Romeo?" });
		await juliet.goOffline();
		await reveille.halt();
		expect(reveille.log()).toContain("Ending: pushes on their way are finished");
		for (const name of ["secret.key", "vapid.key", "reveille.db", "outbox.db"])
			expect(readdirSync(dataFolder)).toContain(name);
	} finally {
		await reveille?.stop();
		await endpoint.stop();
	}
}, 60_000);

test("shows the demo", async () => {
	const env = { PATH: process.env.PATH ?? "", HOME: built.path };
	const demo = await run([process.execPath, join(ROOT, "examples/demo.ts"), "--binary", binary], env);
	expect(demo).toMatchObject({ stderr: "", code: 0 });
	expect(demo.stdout).toContain(`Reveille, which is ${binary} and nothing else`);
	expect(demo.stdout).toContain('"body":"Art thou not Romeo?"');
}, 60_000);

describe("its commands, in an empty folder and an empty environment", () => {
	test("--version and --help, which names it as it is typed", async () => {
		expect(await run([binary, "--version"])).toEqual({
			stdout: `${packageJson.version}\n`,
			stderr: "",
			code: 0,
		});
		const { stdout, code } = await run([binary, "--help"]);
		expect(code).toBe(0);
		expect(stdout).toContain("Usage: reveille ");
		expect(stdout).not.toContain("npx");
		expect(readdirSync(empty.path)).toEqual([]);
	});

	test("import, then backup of what it made, and a token", async () => {
		const folder = temporaryFolder("import");
		try {
			const [csv, data, kept] = ["devices.csv", "data", "kept"].map((name) => join(folder.path, name));
			const token = "a1".repeat(32);
			writeFileSync(csv ?? "", `node,secret,type,token\nnode-1,a-secret-of-old,apns,${token}\n`);
			const env = {
				DATA_DIR: data ?? "",
				APNS_KEY_ID: "KEY1234567",
				APNS_TEAM_ID: "TEAM123456",
				APNS_TOPIC: "org.example.chat",
				APNS_KEY: await apnsKey(),
			};
			const imported = await run([binary, "import", "csv", csv ?? ""], env);
			expect(imported).toMatchObject({ code: 0 });
			expect(imported.stdout).toMatch(/\b1\b/);
			const backedUp = await run([binary, "backup", kept ?? ""], env);
			expect(backedUp).toMatchObject({ stdout: `In ${kept}: reveille.db, secret.key.\n`, code: 0 });
			expect(statSync(join(kept ?? "", "reveille.db")).size).toBeGreaterThan(0);
			const made = await run([binary, "token"], env);
			expect(made).toMatchObject({ stdout: expect.stringMatching(/^[\w-]{43}\n$/), code: 0 });
		} finally {
			folder.remove();
		}
	});

	const alone = (settings: Record<string, string | undefined>) => [
		...["env", "-i", ...Object.entries(settings).map(([name, value]) => `${name}=${value}`), binary],
	];

	test("none: it serves, the web app too, as it was bundled", async () => {
		const reveille = await startReveille({ command: alone });
		try {
			const { same, all } = await askForWebApp(reveille.url);
			expect(same).toEqual(all);
		} finally {
			await reveille.stop();
		}
	}, 30_000);

	test("health, of the one with the same settings", async () => {
		const reveille = await startReveille({ command: alone });
		try {
			const { port } = new URL(reveille.url);
			expect(await run([binary, "health"], { PORT: port })).toMatchObject({ stdout: "ok\n", code: 0 });
			await reveille.halt();
			const { stderr, code } = await run([binary, "health"], { PORT: port });
			expect(code).toBe(1);
			expect(stderr).toContain(`http://127.0.0.1:${port}/health is not well`);
		} finally {
			await reveille.stop();
		}
	}, 30_000);

	test("an argument that it does not know", async () => {
		const { stderr, code } = await run([binary, "serve"]);
		expect(code).toBe(2);
		expect(stderr).toStartWith("There is no command serve. --help lists them.");
	});
});

test.each([
	["8192, as `bun run start` does", {}, "8192"],
	["what its operator says", { BUN_CONFIG_MAX_HTTP_REQUESTS: "1000" }, "1000"],
])(
	"has as many requests in flight as %s, and stays the process that was started",
	async (_, settings, limit) => {
		const started = Bun.spawn([binary], {
			cwd: empty.path,
			env: { PORT: "0", DATA_DIR: join(built.path, "data"), ...settings },
			stdout: "pipe",
			stderr: "ignore",
		});
		try {
			await started.stdout.getReader().read();
			const environment = readFileSync(`/proc/${started.pid}/environ`, "utf8").split("\0");
			expect(environment).toContain(`BUN_CONFIG_MAX_HTTP_REQUESTS=${limit}`);
			expect(basename(readFileSync(`/proc/${started.pid}/cmdline`, "utf8").split("\0")[0] ?? "")).toBe(
				"reveille",
			);
		} finally {
			started.kill();
			await started.exited;
		}
	},
	30_000,
);

/** A key as Apple gives it out, PKCS #8 in PEM. */
async function apnsKey(): Promise<string> {
	const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
		"sign",
	]);
	const bytes = Buffer.from(await crypto.subtle.exportKey("pkcs8", privateKey)).toString("base64");
	return `-----BEGIN PRIVATE KEY-----\n${bytes}\n-----END PRIVATE KEY-----`;
}
