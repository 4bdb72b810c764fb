/** The npm package, laid out as npm does, on this machine's Bun: what is in it, and how its launcher behaves. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPack } from "../../build/pack.ts";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../files.ts";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { guard } from "../peers/guard.ts";
import { alive, familyOf } from "../peers/process-table.ts";
import { startReveille } from "../peers/reveille.ts";
import { askForWebApp } from "../peers/web-app.ts";

const folder = temporaryFolder("pack");
afterAll(() => folder.remove());
const empty = join(folder.path, "empty");
const node = Bun.which("node") ?? "node";
const cpu = process.arch === "arm64" ? "aarch64" : process.arch;
let content: string;

/**
 * Lays the package out as npm does.
 * @param where what runs it is: in its own package, moved into the package `bun` by that one's script, or missing
 * @returns the launcher's path
 */
function installed(where: "platform" | "moved" | "missing"): string {
	const modules = join(folder.path, where, "node_modules");
	cpSync(content, join(modules, "reveille"), { recursive: true });
	for (const name of ["libsql", "@libsql", "@neon-rs", "detect-libc"]) {
		symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
	}
	const bun = join(modules, "bun");
	const platform = join(modules, `@oven/bun-linux-${cpu}`);
	for (const one of [bun, platform]) {
		mkdirSync(join(one, "bin"), { recursive: true });
		writeFileSync(join(one, "package.json"), "{}");
	}
	if (where === "moved") symlinkSync(process.execPath, join(bun, "bin/bun.exe"));
	else writeFileSync(join(bun, "bin/bun.exe"), "echo the script was not run; exit 1\n");
	if (where === "platform") symlinkSync(process.execPath, join(platform, "bin/bun"));
	return join(modules, "reveille/bin/reveille.js");
}

const launchers = {} as Record<Parameters<typeof installed>[0], string>;
beforeAll(async () => {
	mkdirSync(empty);
	// What lies in the folder that it is started in must not change it.
	writeFileSync(join(empty, "bunfig.toml"), 'preload = ["./nowhere.ts"]\n');
	const tarball = await buildPack(folder.path);
	Bun.spawnSync(["tar", "-xzf", tarball], { cwd: folder.path });
	content = join(folder.path, "package");
	for (const where of ["platform", "moved", "missing"] as const) launchers[where] = installed(where);
}, 60_000);

const run = (launcher: string, ...args: string[]) =>
	runToEnd([node, launcher, ...args], { cwd: empty, env: { PATH: process.env.PATH } });

test("it holds the command, the bundle and what explains them, and no tests", async () => {
	const files = readdirSync(content, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name).slice(content.length + 1));
	const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
	const inDocs = (file: string) => file.startsWith("docs/");
	expect(files.filter(inDocs).sort()).toEqual(pages.toSorted().map((page) => `docs/${page}`));
	// A message of this package names the page where it is.
	await expect(
		run(launchers.platform, "explain", "stream-not-resumed").then(({ stdout }) => stdout),
	).resolves.toMatch(/More: \/.*\/node_modules\/reveille\/docs\/xmpp-servers\.md/);
	expect(files.filter((file) => !inDocs(file)).sort()).toEqual([
		"CHANGELOG.md",
		"LICENSE",
		"README.md",
		"bin/reveille.js",
		"examples/reveille.toml",
		"lib/reveille.js",
		"lib/settings-of-bun.toml",
		"package.json",
		"third-party.txt",
	]);
	const manifest = JSON.parse(readFileSync(join(content, "package.json"), "utf8")) as Record<string, unknown>;
	expect(manifest).toMatchObject({ name: "reveille", version: packageJson.version });
	// Exactly these, so that what is installed is what was tested.
	expect(manifest.dependencies).toEqual({
		bun: packageJson.engines.bun.replace(">=", ""),
		libsql: expect.stringMatching(/^\d+\.\d+\.\d+$/),
	});
	expect(Object.keys(manifest)).not.toContainAnyValues(["private", "devDependencies", "scripts"]);
	expect(readFileSync(join(content, "lib/reveille.js"), "utf8")).not.toContain(ROOT.slice(0, -1));
});

test("the licence of everything in the bundle is in it", () => {
	const text = readFileSync(join(content, "third-party.txt"), "utf8");
	for (const name of Object.keys(packageJson.dependencies))
		expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
	expect(text).toContain("JavaScriptCore (LGPL-2)");
});

describe.each(["platform", "moved"] as const)("with Bun in the package of the %s", (where) => {
	test("it says its version, and names itself as it is typed", async () => {
		expect(await run(launchers[where], "--version")).toEqual({
			stdout: `${packageJson.version}\n`,
			stderr: "",
			code: 0,
		});
		const { stdout } = await run(launchers[where], "--help");
		expect(stdout).toContain("Usage: reveille ");
		expect(stdout).not.toContain("npx");
	});

	test("an exit code is handed on", async () => {
		const { stderr, code } = await run(launchers[where], "serve");
		expect(stderr).toContain("There is no command serve.");
		expect(code).toBe(2);
	});
});

test("without Bun it says what to do", async () => {
	expect(await run(launchers.missing, "--version")).toEqual({
		stdout: "",
		stderr: `@oven/bun-linux-${cpu} is not installed, which runs Reveille. Install reveille again, with its optional dependencies.\n`,
		code: 1,
	});
});

test("it serves the web app too, as it was bundled, and ends in order", async () => {
	const reveille = await startReveille({ command: () => [node, launchers.moved] });
	try {
		const { same, all } = await askForWebApp(reveille.url);
		expect(same).toEqual(all);
		await reveille.halt();
		expect(reveille.log()).toContain("Ending: pushes on their way are finished");
	} finally {
		await reveille.stop();
	}
}, 30_000);

const SIGINT = 2;

/** Whether the process has a handler for the signal (Linux: a bit of a mask in its status). */
function catches(pid: number, signal: number): boolean {
	const [, mask = "0"] = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
	return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Starts it, and waits until it serves. */
async function serving(dataFolder: string) {
	const launcher = Bun.spawn([node, launchers.platform], {
		cwd: empty,
		env: { PATH: process.env.PATH, PORT: "0", DATA_DIR: join(folder.path, dataFolder) },
		stdout: "pipe",
		stderr: "ignore",
	});
	const unguard = guard(launcher.pid);
	await launcher.stdout.getReader().read();
	const [, bun] = familyOf(launcher.pid);
	if (bun === undefined) throw new Error("the launcher runs nothing");
	// It listens to signals a moment after it has said that it is ready, to this one last.
	while (!catches(bun.pid, SIGINT)) await Bun.sleep(5);
	return { launcher, bun, unguard };
}

test.each(["SIGTERM", "SIGINT"] as const)(
	"%s is handed on, and waited for",
	async (signal) => {
		const { launcher, bun, unguard } = await serving(signal);
		const environment = readFileSync(`/proc/${bun.pid}/environ`, "utf8").split("\0");
		expect(environment).toContain("BUN_CONFIG_MAX_HTTP_REQUESTS=8192");
		launcher.kill(signal);
		expect(await launcher.exited).toBe(0);
		expect(alive(bun)).toBe(false);
		unguard();
	},
	30_000,
);

test("it ends by the signal that ended what it runs", async () => {
	const { launcher, bun, unguard } = await serving("killed");
	process.kill(bun.pid, "SIGKILL");
	await launcher.exited;
	expect(launcher.signalCode).toBe("SIGKILL");
	unguard();
}, 30_000);
