/** The web app is bundled when its sources change, and only then. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
	appendFileSync,
	cpSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bundleWeb, WEB_SOURCES } from "../../build/web-bundle.ts";
import { ROOT } from "../files.ts";
import { runToEnd } from "../peers/child.ts";
import { type TemporaryFolder, temporaryFolder } from "../peers/folder.ts";

let folder: TemporaryFolder;
/** A repository in which sources may be changed. */
let root: string;
beforeEach(() => {
	folder = temporaryFolder("web sources");
	root = folder.path;
	for (const name of ["bun.lock", "build/sources-hash.ts", "build/web-bundle.ts", "tsconfig.json"])
		copy(name);
	for (const name of WEB_SOURCES) copy(`src/${name}`);
	symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
});
afterEach(() => folder.remove());

const copy = (name: string) => {
	mkdirSync(join(root, name, ".."), { recursive: true });
	cpSync(join(ROOT, name), join(root, name), { recursive: true });
};
const bundle = () => JSON.parse(readFileSync(join(root, "dist/web.json"), "utf8"));
/** The paths whose etag is another than before. */
const changedSince = (before: ReturnType<typeof bundle>) =>
	Object.entries<{ etag: string }>(bundle().files).flatMap(([path, { etag }]) =>
		etag === before.files[path]?.etag ? [] : [path],
	);

test("nothing is done where nothing has changed", async () => {
	expect(await bundleWeb(root)).toBe(true);
	const before = statSync(join(root, "dist/web.json"));
	expect(await bundleWeb(root)).toBe(false);
	const after = statSync(join(root, "dist/web.json"));
	expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
});

test("of the same sources comes the same", async () => {
	await bundleWeb(root);
	const first = bundle();
	rmSync(join(root, "dist"), { recursive: true });
	expect(await bundleWeb(root)).toBe(true);
	expect(bundle()).toEqual(first);
});

test("what has changed gets another etag, and nothing else does", async () => {
	await bundleWeb(root);
	const first = bundle();
	appendFileSync(join(root, "src/web/page/style.css"), "\n.added { order: 7; }\n");
	expect(await bundleWeb(root)).toBe(true);
	expect(changedSince(first)).toEqual(["style.css"]);

	const second = bundle();
	appendFileSync(join(root, "src/web/worker/sw.ts"), '\nconsole.log("added");\n');
	await bundleWeb(root);
	expect(changedSince(second)).toEqual(["sw.js"]);

	const third = bundle();
	writeFileSync(join(root, "src/web/icons/logo.svg"), "<svg/>");
	await bundleWeb(root);
	expect(changedSince(third)).toEqual(["logo.svg"]);
});

test("the console has its own files, and a change of it leaves the web app as it is", async () => {
	await bundleWeb(root);
	const first = bundle();
	expect(Object.keys(first.console)).toEqual(["", "logo.svg", "main.js", "style.css"]);
	appendFileSync(join(root, "src/web/console/style.css"), "\n.added { order: 7; }\n");
	await bundleWeb(root);
	expect(changedSince(first)).toEqual([]);
	expect(bundle().console["style.css"].etag).not.toBe(first.console["style.css"].etag);
	expect(bundle().console["main.js"]).toEqual(first.console["main.js"]);
});

test.each([
	...WEB_SOURCES.filter((name) => name !== "web").map((name) => `src/${name}`),
	"bun.lock",
	"build/web-bundle.ts",
])("it is made anew after a change of %s", async (name) => {
	await bundleWeb(root);
	const changed = statSync(join(root, name)).isDirectory() ? join(name, "added.ts") : name;
	appendFileSync(join(root, changed), "\n");
	expect(await bundleWeb(root)).toBe(true);
	expect(await bundleWeb(root)).toBe(false);
});

test("one that was cut off is made anew", async () => {
	await bundleWeb(root);
	writeFileSync(join(root, "dist/web.json"), readFileSync(join(root, "dist/web.json"), "utf8").slice(0, 100));
	expect(await bundleWeb(root)).toBe(true);
	expect(Object.keys(bundle().files)).toContain("main.js");
});

test("several at once leave one whole file", async () => {
	const script = join(root, "at-once.ts");
	writeFileSync(
		script,
		`import { bundleWeb } from "./build/web-bundle.ts"; await bundleWeb(${JSON.stringify(root)});`,
	);
	const codes = await Promise.all([1, 2, 3].map(() => Bun.spawn([process.execPath, script]).exited));
	expect(codes).toEqual([0, 0, 0]);
	expect(readdirSync(join(root, "dist"))).toEqual(["web.json"]);
	expect(await bundleWeb(root)).toBe(false);
});

test("a mistake in a source is told with its place, and what was made before stays", async () => {
	await bundleWeb(root);
	const before = bundle();
	copy("build/web.ts");
	appendFileSync(join(root, "src/web/page/main.tsx"), "\nconst x = ;\n");
	const { stderr, code } = await runToEnd([process.execPath, join(root, "build/web.ts")], {
		cwd: root,
		env: process.env,
	});
	expect(code).toBe(1);
	expect(stderr).toStartWith("The web app cannot be bundled:\n");
	expect(stderr).toMatch(/main\.tsx:\d+/);
	expect(bundle()).toEqual(before);
	expect(readdirSync(join(root, "dist"))).toEqual(["web.json"]);
});
