/** The files for systemd and Docker say what is so. */
import { expect, test } from "bun:test";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { parseConfig } from "../../src/config/config.ts";
import { settingNames } from "../../src/config/settings.ts";
import { temporaryFolder } from "../peers/folder.ts";

const ROOT = join(import.meta.dir, "../../");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const isSetting = (name: string) => (settingNames as string[]).includes(name);

/** How long an orderly end may take, s: twice the sender's drain, and some time for the rest. */
const END_S = 15;

/** The unit's entries as [section, name, value]. @throws for a line that is none */
function entriesOf(unit: string): [string, string, string][] {
	let section = "";
	return unit.split("\n").flatMap((line): [string, string, string][] => {
		if (line === "" || line.startsWith("#")) return [];
		const heading = /^\[(\w+)\]$/.exec(line)?.[1];
		if (heading) section = heading;
		const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
		if (!heading && name === undefined) throw new Error(`neither section nor setting: ${line}`);
		return name === undefined ? [] : [[section, name, value ?? ""]];
	});
}

const unit = read("examples/reveille.service");
const entries = entriesOf(unit);
const valuesOf = (wanted: string) =>
	entries.flatMap(([section, name, value]) => (section === "Service" && name === wanted ? [value] : []));

test("the unit runs the binary that its comment installs, with settings that there are, in its own folder", () => {
	const [program] = valuesOf("ExecStart");
	expect(unit).toContain(`install -m 755 dist/reveille ${program}\n`);
	const [file] = valuesOf("EnvironmentFile");
	expect(unit).toContain(`install -D -m 600 /dev/null ${file?.replace("-", "")} `);
	const environment = Object.fromEntries(valuesOf("Environment").map((entry) => entry.split("=")));
	expect(Object.keys(environment).filter((name) => !isSetting(name))).toEqual([]);
	for (const [, name = ""] of unit.matchAll(/\b([A-Z]+_[A-Z_]+)=/g)) expect(isSetting(name)).toBe(true);
	expect(parseConfig(environment).dataDir).toBe(`/var/lib/${valuesOf("StateDirectory")}`);
});

test("the unit gives an end the time it takes, and comes back from any other", () => {
	expect(Number(valuesOf("TimeoutStopSec"))).toBeGreaterThan(END_S);
	expect(valuesOf("Restart")).toEqual(["always"]);
	// systemd itself gives up after five starts within ten seconds.
	expect(Number(valuesOf("RestartSec")) * 5).toBeGreaterThan(10);
});

test("systemd, where it is, finds no fault with the unit", () => {
	const analyze = Bun.which("systemd-analyze");
	if (!analyze) return expect(entries.length).toBeGreaterThan(30);
	const folder = temporaryFolder("unit");
	try {
		const path = join(folder.path, "reveille.service");
		// It looks whether the program is there.
		writeFileSync(path, unit.replace(/^ExecStart=.*$/m, `ExecStart=${process.execPath}`));
		const verified = Bun.spawnSync([analyze, "verify", path]);
		expect({ said: verified.stderr.toString(), code: verified.exitCode }).toEqual({ said: "", code: 0 });
	} finally {
		folder.remove();
	}
});

const dockerfile = read("Dockerfile");
/** What is copied from the project, in order. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \.\/\S*$/gm)].flatMap(
	([, sources]) => sources?.split(" ") ?? [],
);

test("the image is built with the Bun that the package asks for, and serves where it says", () => {
	const named = [...dockerfile.matchAll(/bun@([\d.]+)/g)].map(([, version]) => version);
	expect(new Set(named)).toEqual(new Set([packageJson.engines.bun.replace(">=", "")]));
	const environment = Object.fromEntries(
		(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? "").split(" ").map((entry) => entry.split("=")),
	);
	expect(Object.keys(environment).filter((name) => !isSetting(name))).toEqual([]);
	const { dataDir, host, port } = parseConfig(environment);
	expect(host).toBe("0.0.0.0");
	expect(dockerfile).toContain(`VOLUME ${dataDir}\n`);
	expect(dockerfile).toContain(`EXPOSE ${port}\n`);
});

test("the image's build is given what it takes, and nothing else", () => {
	const sent = read(".dockerignore").split("\n").filter(Boolean).slice(1);
	expect(sent[0]).toBe("*");
	expect(sent.slice(1).toSorted()).toEqual(copied.map((name) => `!${name}`).toSorted());
	const folder = temporaryFolder("image");
	try {
		for (const name of copied) cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
		symlinkSync(join(ROOT, "node_modules"), join(folder.path, "node_modules"));
		const command = /^RUN npx --yes bun@\S+ (build\S+)/m.exec(dockerfile)?.[1] ?? "";
		const build = Bun.spawnSync([process.execPath, command], { cwd: folder.path });
		expect({ said: build.stderr.toString(), code: build.exitCode }).toEqual({ said: "", code: 0 });
		const made = /^COPY --from=build \/reveille\/(\S+)/m.exec(dockerfile)?.[1] ?? "";
		expect(existsSync(join(folder.path, made))).toBe(true);
		const version = Bun.spawnSync([join(folder.path, made), "--version"], { cwd: folder.path });
		expect(version.stdout.toString()).toBe(`${packageJson.version}\n`);
	} finally {
		folder.remove();
	}
});
