/** A checkout in a folder whose name URLs read otherwise, with every command typed in a folder of its own. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { CHECKOUT_PROGRAM } from "../../src/bun/program.ts";
import { ROOT } from "../files.ts";
import { runToEnd } from "../peers/child.ts";
import { runDemo } from "../peers/demo.ts";
import { type TemporaryFolder, temporaryFolder } from "../peers/folder.ts";

/** What a checkout does not have by itself. */
const MADE = [".git", "data", "dist", "node_modules"];

let folder: TemporaryFolder;
let checkout: string;

beforeAll(async () => {
	folder = temporaryFolder("odd");
	checkout = join(folder.path, "a b#c%41 ü");
	for (const name of readdirSync(ROOT).filter((one) => !MADE.includes(one))) {
		cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
	}
	symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
	// What `start` and the others begin with.
	expect(await run(checkout, "build/web.ts")).toEqual({ stdout: "", stderr: "", code: 0 });
});
afterAll(() => folder.remove());

async function run(cwd: string, ...command: string[]) {
	return runToEnd([process.execPath, ...command], {
		cwd,
		env: { ...process.env, DATA_DIR: join(folder.path, "data") },
	});
}

test("Reveille's commands run from another folder", async () => {
	const server = join(checkout, "src/server.ts");
	expect(await run("/", server, "--help")).toMatchObject({
		stdout: expect.stringContaining("Usage: "),
		code: 0,
	});
	expect((await run("/", server, "import", "--help")).code).toBe(0);
}, 60_000);

test("`build` makes its binary in the checkout, whatever folder it is typed in", async () => {
	const built = await run(join(checkout, "src"), "run", "build");
	expect(built).toMatchObject({ stdout: expect.stringContaining("dist/reveille for "), code: 0 });
	expect(existsSync(join(checkout, "dist/reveille"))).toBe(true);
	expect(readdirSync(join(checkout, "src"))).not.toContain("dist");
}, 60_000);

describe("`start`", () => {
	const program = () => join(checkout, CHECKOUT_PROGRAM);
	const start = (...words: string[]) => run(checkout, "run", "--silent", "start", ...words);
	const setVersion = (version: string) => {
		const path = join(checkout, "package.json");
		writeFileSync(path, JSON.stringify({ ...packageJson, version }));
	};
	afterEach(() => setVersion(packageJson.version));

	test("runs a program that it compiles when a source has changed, and only then", async () => {
		expect(await start("--version")).toEqual({ stdout: `${packageJson.version}\n`, stderr: "", code: 0 });
		const first = statSync(program());
		expect((await start("--version")).code).toBe(0);
		expect(statSync(program()).ino).toBe(first.ino);
		setVersion("9.8.7");
		expect(await start("--version")).toEqual({ stdout: "9.8.7\n", stderr: "", code: 0 });
		expect(statSync(program()).ino).not.toBe(first.ino);
		expect(readdirSync(dirname(program())).toSorted()).toEqual(["libsql.node", "made-of", "reveille"]);
	}, 60_000);

	test("tells who waits at a terminal that it compiles", async () => {
		setVersion("9.8.6");
		let screen = "";
		const typed = Bun.spawn([process.execPath, "run", "--silent", "start", "--version"], {
			cwd: checkout,
			terminal: {
				data(_, data) {
					screen += new TextDecoder().decode(data);
				},
			},
		});
		expect(await typed.exited).toBe(0);
		expect(screen).toContain("Compiling the sources");
		expect(screen).toContain("9.8.6");
	}, 60_000);

	test("gives the program what is typed, and has it name the checkout's command", async () => {
		const { stdout, code } = await start("token", "--help");
		expect({ stdout, code }).toEqual({
			stdout: expect.stringContaining(`npx --yes bun@${Bun.version} run start token`),
			code: 0,
		});
	}, 60_000);

	test("runs the sources where there can be no program, and says why", async () => {
		rmSync(dirname(program()), { recursive: true, force: true });
		writeFileSync(dirname(program()), "in its place");
		try {
			const { stdout, stderr, code } = await start("--version");
			expect({ stdout, code }).toEqual({ stdout: `${packageJson.version}\n`, code: 0 });
			expect(stderr).toStartWith("The program cannot be compiled, and is started from its sources:\n");
			expect(stderr).toContain("dist/start");
		} finally {
			rmSync(dirname(program()));
		}
	}, 60_000);
});

test("the test runner finds its files, whatever folder it is typed in", async () => {
	const within = await run(join(checkout, "src"), "run", "test:unit", "limits/text-length");
	expect(within.stdout).toMatch(/^[1-9]\d* passed, 0 failed, 0 skipped$/m);
	const outside = await run("/", join(checkout, "test/unit.ts"), "limits/text-length");
	expect(outside.stdout).toMatch(/^[1-9]\d* passed, 0 failed, 0 skipped$/m);
}, 60_000);

test("the demo runs", async () => {
	const demo = runDemo(checkout, []);
	try {
		const { said, ...end } = await demo.ended();
		expect(end).toEqual({ stderr: "", code: 0, left: [] });
		expect(said).toContain("Art thou not Romeo?");
	} finally {
		demo.kill();
	}
}, 60_000);
