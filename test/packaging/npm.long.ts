/** The npm package, installed by Node's npm alone, in an empty folder, by somebody who is not root. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildPack } from "../../build/pack.ts";
import packageJson from "../../package.json" with { type: "json" };
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startReveille } from "../peers/reveille.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** As somebody else, if this is root. */
const ordinary = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];

// Where others may go: the folder of a run is closed to them.
const folder = temporaryFolder("npm", "/tmp");
afterAll(() => folder.remove());
const home = join(folder.path, "home");
let tarball: string;

/** Node's and the system's programs, without this Bun. */
const PATH = [join(Bun.which("node") ?? "", ".."), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
let env: Record<string, string>;

async function ask(command: string[]): Promise<string> {
	return (await runToEnd(command, { cwd: folder.path, env: process.env })).stdout.trim();
}

beforeAll(async () => {
	chmodSync(folder.path, 0o755);
	mkdirSync(home);
	if (isRoot) chownSync(home, NOBODY, NOBODY);
	tarball = await buildPack(folder.path);
	chmodSync(tarball, 0o644);
	// Where this machine gets its packages from; somebody else has no settings yet.
	const registry = await ask(["npm", "config", "get", "registry"]);
	const authority = await ask(["npm", "config", "get", "cafile"]);
	env = { PATH, HOME: home, npm_config_registry: registry };
	if (authority.startsWith("/")) env.npm_config_cafile = authority;
}, 120_000);

describe.each([
	["npm install -g", []],
	["npm install -g --ignore-scripts", ["--ignore-scripts"]],
] as const)("after `%s`", (_, options) => {
	const prefix = join(home, options[0] ?? "scripts");
	const reveille = join(prefix, "bin/reveille");
	const empty = join(prefix, "empty");

	beforeAll(async () => {
		const given = ["install", "-g", "--prefix", prefix, ...options, `./${basename(tarball)}`];
		const installed = await runToEnd([...ordinary, "npm", ...given], { cwd: folder.path, env });
		if (installed.code !== 0) throw new Error(installed.stderr);
		console.log(installed.stdout.trim());
		await runToEnd([...ordinary, "mkdir", empty], { cwd: folder.path, env });
	}, 300_000);

	test("the command runs in an empty folder, and needs no other Bun", async () => {
		const version = await runToEnd([...ordinary, reveille, "--version"], { cwd: empty, env });
		expect(version).toEqual({ stdout: `${packageJson.version}\n`, stderr: "", code: 0 });
		expect(readdirSync(empty)).toEqual([]);
	});

	test("it serves, opens its databases, and ends in order", async () => {
		const serving = await startReveille({
			command: (settings) => [
				...ordinary,
				"env",
				"-i",
				...Object.entries({ ...env, ...settings, DATA_DIR: join(empty, "data") }).map(
					([name, value]) => `${name}=${value}`,
				),
				reveille,
			],
		});
		try {
			expect(await (await fetch(`${serving.url}/ready`)).json()).toMatchObject({ database: "ok" });
			await serving.halt();
			expect(serving.log()).toContain("Ending: pushes on their way are finished");
			expect(readdirSync(join(empty, "data"))).toContain("reveille.db");
		} finally {
			await serving.stop();
		}
	}, 60_000);
});

test("it is upgraded, brought back, and leaves nothing but npm's own folders", async () => {
	const prefix = join(home, "again");
	const npm = async (...words: string[]) => {
		const command = [...ordinary, "npm", words[0] ?? "", "-g", "--prefix", prefix, ...words.slice(1)];
		const { stderr, code } = await runToEnd(command, { cwd: folder.path, env });
		if (code !== 0) throw new Error(stderr);
	};
	const version = () => {
		const manifest = readFileSync(join(prefix, "lib/node_modules/reveille/package.json"), "utf8");
		return (JSON.parse(manifest) as { version: string }).version;
	};
	await ask(["tar", "-xzf", tarball]);
	const manifest = join(folder.path, "package/package.json");
	const text = readFileSync(manifest, "utf8");
	writeFileSync(manifest, text.replace(`"version": "${packageJson.version}"`, '"version": "0.0.9"'));
	await ask(["tar", "-czf", "earlier.tgz", "package"]);
	chmodSync(join(folder.path, "earlier.tgz"), 0o644);

	await npm("install", "./earlier.tgz");
	expect(version()).toBe("0.0.9");
	await npm("install", `./${basename(tarball)}`);
	expect(version()).toBe(packageJson.version);
	await npm("install", "./earlier.tgz");
	expect(version()).toBe("0.0.9");
	await npm("uninstall", "reveille");
	expect(readdirSync(prefix, { recursive: true }).toSorted()).toEqual(["bin", "lib", "lib/node_modules"]);
}, 120_000);
