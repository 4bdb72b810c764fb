/** What each command installs before it runs: packages that only tests need do not come with a server. */
import { afterEach, expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import packageJson from "../../package.json" with { type: "json" };
import { temporaryFolder } from "../peers/folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const ALL = "install --frozen-lockfile";
const TO_RUN = "install --frozen-lockfile --production";

/** Notes each call. Runs scripts, and nothing else. With FAILS, an installation fails. */
const STAND_IN = `#!/bin/sh
echo "$*" >> calls
case "$1" in
run) shift; exec "$REAL_BUN" run "$@" ;;
install) [ -z "$FAILS" ] ;;
esac
`;

const cleanups: (() => void)[] = [];
afterEach(() => {
	for (const end of cleanups.splice(0)) end();
});

const isInstallation = (call: string) => call.startsWith("install");

/** A checkout in which `bun` is a stand-in. */
function checkout() {
	const { path, remove } = temporaryFolder("set up");
	cleanups.push(remove);
	const bin = join(path, "node_modules", ".bin");
	mkdirSync(bin, { recursive: true });
	for (const name of ["package.json", "bun.lock"]) cpSync(join(ROOT, name), join(path, name));
	writeFileSync(join(bin, "bun"), STAND_IN);
	chmodSync(join(bin, "bun"), 0o755);
	/** @returns what `bun` is told to do by `bun run` with this word, but for other scripts */
	function callsOf(script: string, env: Record<string, string> = {}): string[] {
		const calls = join(path, "calls");
		writeFileSync(calls, "");
		Bun.spawnSync([process.execPath, "run", script], {
			cwd: path,
			env: { ...process.env, ...env, REAL_BUN: process.execPath },
		});
		return readFileSync(calls, "utf8")
			.split("\n")
			.filter((call) => call !== "" && !call.startsWith("run "));
	}
	return {
		callsOf,
		/** @returns what `bun run` with this word installs */
		run: (...given: Parameters<typeof callsOf>) => callsOf(...given).filter(isInstallation),
		/** Other packages are wanted from now on. */
		changeLock(text: string) {
			writeFileSync(join(path, "bun.lock"), text);
		},
		has: (name: string) => existsSync(join(path, "node_modules", name)),
	};
}

test.each(["start", "build", "edge"])("`%s` installs what runs, once", (script) => {
	const { run } = checkout();
	expect(run(script)).toEqual([TO_RUN]);
	expect(run(script)).toEqual([]);
});

const others = Object.entries(packageJson.scripts).flatMap(([name, command]) =>
	command.startsWith("bun run --silent setup &&") ? [name] : [],
);

test.each(others)("`%s` installs the rest, also after `start`", (script) => {
	const { run } = checkout();
	expect(run("start")).toEqual([TO_RUN]);
	expect(run(script)).toEqual([ALL]);
	expect(run(script)).toEqual([]);
});

test("`start` after `test` installs nothing", () => {
	const { run } = checkout();
	expect(run("test")).toEqual([ALL]);
	expect(run("start")).toEqual([]);
	expect(run("test")).toEqual([]);
});

test("other packages in bun.lock are installed, and what was there before counts no more", () => {
	const { run, changeLock } = checkout();
	const before = readFileSync(join(ROOT, "bun.lock"), "utf8");
	expect(run("test")).toEqual([ALL]);
	changeLock("another");
	expect(run("start")).toEqual([TO_RUN]);
	expect(run("test")).toEqual([ALL]);
	changeLock(before);
	expect(run("start")).toEqual([TO_RUN]);
});

test("an installation that fails is tried again", () => {
	const { run, has } = checkout();
	expect(run("start", { FAILS: "yes" })).toEqual([TO_RUN]);
	expect(run("start")).toEqual([TO_RUN]);
	expect(run("test", { FAILS: "yes" })).toEqual([ALL]);
	expect([has(".installed"), has(".installed-to-run")]).toEqual([false, false]);
	expect(run("start")).toEqual([TO_RUN]);
});

test.each(["start", "build", "edge", ...others])(
	"`%s` bundles the web app before anything else, once all is installed",
	(script) => {
		const { callsOf } = checkout();
		const [first, second, third] = callsOf(script);
		expect([isInstallation(first ?? ""), second]).toEqual([true, "build/web.ts"]);
		expect(third).toBeTruthy();
		expect(callsOf(script)).toEqual(["build/web.ts", third ?? ""]);
		// Not after an installation that failed: it would be made of half of the packages.
		const { callsOf: failing } = checkout();
		expect(failing(script, { FAILS: "yes" })).toEqual([first ?? ""]);
	},
);
