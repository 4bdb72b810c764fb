/** Debian's package, as far as it shows without installing it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { unitOf } from "../../build/deb.ts";
import { sourceDate } from "../../build/epoch.ts";
import packageJson from "../../package.json" with { type: "json" };
import { docsFolder } from "../../src/bun/program.ts";
import { readTables } from "../../src/bun/toml-file.ts";
import { settingNames } from "../../src/config/settings.ts";
import { ROOT } from "../files.ts";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startReveille } from "../peers/reveille.ts";

const folder = temporaryFolder("deb");
afterAll(() => folder.remove());

/** What is not of the sources. */
const MADE = [".git", "data", "dist", "node_modules"];
const EPOCH = "1700000000";
/** What it is packed by when nobody waits for a smaller one. */
const SCRIPT = `
import { buildDeb } from "./build/deb.ts";
import { buildPack } from "./build/pack.ts";
const [out, target] = process.argv.slice(-2);
console.log(await buildDeb({ out, target, epoch: ${EPOCH}, compression: ["-Znone"] }));
console.log(await buildPack(out));
`;

const target = `linux-${process.arch}`;
const architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** A copy of the sources in which both packages are built. @returns their paths */
async function builtIn(name: string, umask: string, env: Record<string, string>): Promise<string[]> {
	const copy = join(folder.path, name);
	mkdirSync(copy);
	for (const one of readdirSync(ROOT).filter((each) => !MADE.includes(each))) {
		cpSync(join(ROOT, one), join(copy, one), { recursive: true });
	}
	symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
	writeFileSync(join(copy, "both.ts"), SCRIPT);
	const script = `umask ${umask}; exec "$0" both.ts "$@"`;
	const command = ["sh", "-c", script, process.execPath, join(copy, "out"), target];
	const { stdout, stderr, code } = await runToEnd(command, { cwd: copy, env: { ...process.env, ...env } });
	if (code !== 0) throw new Error(stderr);
	return stdout.trim().split("\n");
}

const sumOf = (path: string) => new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");

let made: string[];
let again: string[];
let content: string;
beforeAll(async () => {
	made = await builtIn("one", "022", { TZ: "UTC" });
	again = await builtIn("another place", "077", { TZ: "Asia/Tokyo", LC_ALL: "C" });
	content = join(folder.path, "content");
	Bun.spawnSync(["dpkg-deb", "-R", made[0] ?? "", content]);
}, 120_000);

test("both packages are the same bytes from another folder, umask and time zone", () => {
	expect(made.map((path) => basename(path))).toEqual([
		`reveille_${packageJson.version}_${architecture}.deb`,
		`reveille-${packageJson.version}.tgz`,
	]);
	expect(again.map(sumOf)).toEqual(made.map(sumOf));
});

test("their time is the last commit's, or what SOURCE_DATE_EPOCH says", () => {
	expect(sourceDate(ROOT, { SOURCE_DATE_EPOCH: EPOCH })).toBe(Number(EPOCH));
	const { stdout } = Bun.spawnSync(["git", "log", "-1", "--format=%ct"], { cwd: ROOT });
	expect(sourceDate(ROOT, {})).toBe(Number(stdout));
	expect(() => sourceDate(folder.path, {})).toThrow("set SOURCE_DATE_EPOCH");
});

test("nothing in it names the folder that it was built in", () => {
	const bytes = readFileSync(join(content, "usr/lib/reveille/reveille"));
	for (const path of [folder.path, ROOT.slice(0, -1)]) expect(bytes.includes(path)).toBe(false);
});

test("it holds what it should, with the modes and times it should", () => {
	const listed = Bun.spawnSync(["dpkg-deb", "-c", made[0] ?? ""], { env: { ...process.env, TZ: "UTC" } });
	const lines = listed.stdout.toString().trim().split("\n");
	expect(lines.every((line) => / root\/root .* 2023-11-14 22:13 /.test(line))).toBe(true);
	const files = lines
		.filter((line) => line.startsWith("-"))
		.map((line) => `${line.slice(1, 10)} ${line.slice(line.indexOf("./") + 1)}`);
	const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
	const inDocs = (line: string) => line.includes("/usr/share/doc/reveille/docs/");
	expect(files.filter(inDocs)).toEqual(
		pages.toSorted().map((page) => `rw-r--r-- /usr/share/doc/reveille/docs/${page}`),
	);
	expect(docsFolder(join(content, "usr/lib/reveille/reveille"), "")).toBe(
		join(content, "usr/share/doc/reveille/docs"),
	);
	expect(files.filter((line) => !inDocs(line))).toEqual([
		"rw-r--r-- /etc/reveille/environment",
		"rw-r--r-- /etc/reveille/reveille.toml",
		"rwxr-xr-x /usr/bin/reveille",
		"rw-r--r-- /usr/lib/reveille/libsql.node",
		"rwxr-xr-x /usr/lib/reveille/reveille",
		"rw-r--r-- /usr/lib/systemd/system/reveille.service",
		"rw-r--r-- /usr/share/bash-completion/completions/reveille",
		"rw-r--r-- /usr/share/doc/reveille/CHANGELOG.md.gz",
		"rw-r--r-- /usr/share/doc/reveille/changelog.gz",
		"rw-r--r-- /usr/share/doc/reveille/copyright",
		"rw-r--r-- /usr/share/doc/reveille/third-party.txt.gz",
		"rw-r--r-- /usr/share/fish/vendor_completions.d/reveille.fish",
		"rw-r--r-- /usr/share/lintian/overrides/reveille",
		"rw-r--r-- /usr/share/man/man1/reveille.1.gz",
		"rw-r--r-- /usr/share/zsh/vendor-completions/_reveille",
	]);
	expect(lines.filter((line) => line.startsWith("d")).every((line) => line.startsWith("drwxr-xr-x"))).toBe(
		true,
	);
	expect(readFileSync(join(content, "DEBIAN/conffiles"), "utf8")).toBe(
		"/etc/reveille/environment\n/etc/reveille/reveille.toml\n",
	);
});

test("its files for settings hold comments only, and name settings that there are", () => {
	const at = (name: string) => join(content, "etc/reveille", name);
	for (const name of ["environment", "reveille.toml"]) {
		const lines = readFileSync(at(name), "utf8").split("\n");
		expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
	}
	expect(readTables(at("reveille.toml"))).toEqual({ apps: undefined, connections: undefined });
	const named = [...readFileSync(at("environment"), "utf8").matchAll(/\b([A-Z]+_[A-Z_]+)=/g)];
	expect(
		named.map(([, name = ""]) => name).filter((name) => !settingNames.some((one) => one === name)),
	).toEqual([]);
	expect(named).toHaveLength(5);
});

test("its scripts are the shell's, and begin with its line", async () => {
	for (const name of ["DEBIAN/postinst", "DEBIAN/prerm", "DEBIAN/postrm", "usr/bin/reveille"]) {
		expect(readFileSync(join(content, name), "utf8")).toStartWith("#!/bin/sh\n");
		const checked = await runToEnd(["sh", "-n", join(content, name)], { cwd: "/", env: {} });
		expect(checked).toEqual({ stdout: "", stderr: "", code: 0 });
	}
});

test("its unit is the example's, for its program and its user", () => {
	const example = readFileSync(join(ROOT, "examples/reveille.service"), "utf8");
	const unit = readFileSync(join(content, "usr/lib/systemd/system/reveille.service"), "utf8");
	const entries = (text: string) => text.split("\n").filter((line) => /^\w+=/.test(line));
	const own = ["Documentation=man:reveille(1) https://xmpp.org/extensions/xep-0357.html"];
	own.push("ExecStart=/usr/lib/reveille/reveille", "User=reveille", "Group=reveille");
	expect(entries(unit).filter((line) => !entries(example).includes(line))).toEqual(own);
	expect(unit).not.toContain("DynamicUser");
	expect(() => unitOf(example.replace("DynamicUser=yes", ""))).toThrow("lacks what build/deb.ts changes");
});

test("the C library that it asks for is as new as its program needs", () => {
	const files = readdirSync(join(content, "usr/lib/reveille"));
	expect(files.toSorted()).toEqual(["libsql.node", "reveille"]);
	const program = files
		.map((name) => readFileSync(join(content, "usr/lib/reveille", name), "latin1"))
		.join("");
	const versions = [...new Set([...program.matchAll(/GLIBC_(2\.\d+)/g)].map(([, version = ""]) => version))];
	const newest = versions.map((version) => Number(version.slice(2))).sort((a, b) => b - a)[0];
	const control = readFileSync(join(content, "DEBIAN/control"), "utf8");
	expect(Number(/libc6 \(>= 2\.(\d+)\)/.exec(control)?.[1])).toBeGreaterThanOrEqual(newest ?? 0);
	expect(control).toContain(`Architecture: ${architecture}\n`);
});

test("its program loads libSQL's library from beside itself, and writes none for it", async () => {
	const temporary = join(folder.path, "temporary");
	mkdirSync(temporary);
	const reveille = await startReveille({
		command: () => [join(content, "usr/lib/reveille/reveille")],
		settings: { TMPDIR: temporary },
	});
	try {
		expect(await (await fetch(`${reveille.url}/ready`)).json()).toMatchObject({ database: "ok" });
		expect(readdirSync(temporary)).toEqual([]);
	} finally {
		await reveille.stop();
	}
}, 60_000);

describe("the command on the PATH", () => {
	/** It, with its paths in a folder, and stand-ins that show what it does. */
	function command(settings: string, user: { uid: string; name: string }) {
		const at = join(folder.path, `command-${Bun.randomUUIDv7()}`);
		mkdirSync(join(at, "etc"), { recursive: true });
		const stand = (name: string, script: string) => {
			writeFileSync(join(at, name), `#!/bin/sh\n${script}\n`);
			chmodSync(join(at, name), 0o755);
		};
		stand("id", `case $1 in -u) echo ${user.uid} ;; -un) echo ${user.name} ;; esac`);
		stand("setpriv", 'echo "setpriv $*"; env; pwd');
		stand("program", 'echo "program $*"; env; pwd');
		writeFileSync(join(at, "etc/environment"), settings);
		const source = readFileSync(join(content, "usr/bin/reveille"), "utf8")
			.replaceAll("/etc/reveille", join(at, "etc"))
			.replace("/usr/lib/reveille/reveille", join(at, "program"));
		writeFileSync(join(at, "reveille"), source);
		return async (env: Record<string, string> = {}) => {
			const ended = await runToEnd(["sh", join(at, "reveille"), "token", "a b"], {
				cwd: "/",
				env: { PATH: `${at}:${process.env.PATH}`, ...env },
			});
			return {
				...ended,
				stdout: ended.stdout.replaceAll(at, "").split("\n"),
				stderr: ended.stderr.replaceAll(at, ""),
			};
		};
	}
	const root = { uid: "0", name: "root" };

	test("becomes the service's user, with the service's settings, in its folder", async () => {
		const { stdout, code } = await command("# x\nLOG_LEVEL=debug\nXMPP_PASSWORD='a b\"$c'\n", root)();
		expect(code).toBe(0);
		expect(stdout[0]).toBe("setpriv --reuid=reveille --regid=reveille --init-groups /program token a b");
		for (const line of [
			"LOG_LEVEL=debug",
			'XMPP_PASSWORD=a b"$c',
			"DATA_DIR=/var/lib/reveille",
			"HOME=/var/lib/reveille",
			"/etc",
		]) {
			expect(stdout).toContain(line);
		}
	});

	test("takes a setting of its own environment before the service's", async () => {
		const { stdout } = await command("LOG_LEVEL=debug\nDATA_DIR=/srv\n", root)({ LOG_LEVEL: "error" });
		expect(stdout).toContain("LOG_LEVEL=error");
		expect(stdout).toContain("DATA_DIR=/srv");
	});

	test("of the service's user is the program at once; of others too, without the settings", async () => {
		const own = await command("LOG_LEVEL=debug\n", { uid: "101", name: "reveille" })();
		expect(own.stdout[0]).toBe("program token a b");
		expect(own.stdout).toContain("LOG_LEVEL=debug");
		const others = await command("LOG_LEVEL=debug\n", { uid: "1000", name: "romeo" })();
		expect(others.stdout[0]).toBe("program token a b");
		expect(others.stdout).not.toContain("LOG_LEVEL=debug");
	});

	test.each([
		["A=b\nno setting\n", "line 2: write NAME=value"],
		["A-B=c\n", "line 1: write NAME=value"],
		["$(touch x)=c\n", "line 1: write NAME=value"],
		["A=it's\n", "line 1: put the value between single quotes"],
		["A=b\\c\n", "line 1: put the value between single quotes"],
		["A='b'c'\n", "line 1: put the value between single quotes, with none in it"],
		['A="b\\n"\n', "line 1: put the value between single quotes"],
	])("refuses what systemd might read otherwise: %j", async (settings, sentence) => {
		const { stderr, code } = await command(settings, root)();
		expect(stderr).toBe(`/etc/environment, ${sentence}\n`);
		expect(code).toBe(1);
	});
});
