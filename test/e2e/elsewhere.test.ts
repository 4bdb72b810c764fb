/** The process started from a folder that is not its own, and with a data folder whose name URLs read otherwise. */
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../peers/folder.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";

const ROOT = join(import.meta.dir, "../../");

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of cleanups.splice(0).reverse()) await end();
}, 60_000);

function folder(): string {
	const made = temporaryFolder("elsewhere");
	cleanups.push(() => made.remove());
	return made.path;
}

async function startedIn(cwd: string, settings: Record<string, string> = {}): Promise<Reveille> {
	const run = 'cd "$0" && exec "$@"';
	const command = () => ["sh", "-c", run, cwd, process.execPath, join(ROOT, "src/server.ts")];
	const started = await startReveille({ settings, command });
	cleanups.push(() => started.stop());
	return started;
}

describe("a data folder whose name has #, ? and % in it", () => {
	test("is where everything is, and a backup of it too", async () => {
		const cwd = folder();
		const data = join(cwd, "a#b?c=d%41 100%");
		const { url } = await startedIn(cwd, { DATA_DIR: data });
		expect((await fetch(`${url}/health`)).status).toBe(200);
		expect(readdirSync(cwd)).toEqual(["a#b?c=d%41 100%"]);
		expect(readdirSync(data)).toEqual(
			expect.arrayContaining(["database-id", "outbox.db", "reveille.db", "secret.key", "vapid.key"]),
		);
		const copy = join(cwd, "copy#?%41");
		const backup = Bun.spawn([process.execPath, "src/main.ts", "backup", copy], {
			cwd: ROOT,
			stdout: "ignore",
			stderr: "inherit",
			env: { PATH: process.env.PATH, DATA_DIR: data },
		});
		expect(await backup.exited).toBe(0);
		expect(readdirSync(copy)).toEqual(expect.arrayContaining(["outbox.db", "reveille.db", "secret.key"]));
		expect(readdirSync(cwd).toSorted()).toEqual(["a#b?c=d%41 100%", "copy#?%41"]);
	}, 60_000);
});

describe("started from another folder", () => {
	test("it runs, and shows its pages", async () => {
		const { url } = await startedIn(folder());
		expect(await (await fetch(`${url}/docs`)).text()).toStartWith("<!DOCTYPE html>");
	}, 60_000);

	test("it runs also where a project of somebody's says what JSX is", async () => {
		const cwd = folder();
		const theirs = { compilerOptions: { jsx: "react", jsxFactory: "h", jsxImportSource: "preact" } };
		writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify(theirs));
		const { url } = await startedIn(cwd);
		expect(await (await fetch(`${url}/docs`)).text()).toStartWith("<!DOCTYPE html>");
	}, 60_000);
});
