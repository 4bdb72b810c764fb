/** Paths as URLs and back, as libSQL reads them. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, normalize } from "node:path";
import { createClient } from "@libsql/client";
import { filePath } from "../../src/bun/database/open.ts";
import { StartError } from "../../src/bun/start-error.ts";
import { parseConfig } from "../../src/config/config.ts";
import { fileUrl } from "../../src/syntax/file-url.ts";
import { temporaryFolder } from "../peers/folder.ts";

const folder = temporaryFolder("file-url");
afterAll(() => folder.remove());

const NAMES = ["plain", "a#b", "a?b=c", "100%", "%41", "%2F", "a b", "ü", "a+b", "a&b", "a:b", "50%25#?"];

describe("a path", () => {
	test.each(NAMES)("with %p in it is the same in a URL, to libSQL too", async (name) => {
		const path = join(folder.path, name, "x.db");
		expect(filePath(fileUrl(path))).toBe(path);
		mkdirSync(join(folder.path, name));
		const client = createClient({ url: fileUrl(path) });
		await client.execute("CREATE TABLE x (y)");
		client.close();
		expect(existsSync(path)).toBe(true);
		expect(readdirSync(folder.path)).toContain(name);
	});

	test.each(NAMES)("that is relative, with %p, stays so", (name) => {
		expect(filePath(fileUrl(`${name}/x.db`))).toBe(`${name}/x.db`);
	});

	test("that begins with slashes names no host", () => {
		expect(normalize(filePath(fileUrl(`/${folder.path}/x.db`)))).toBe(join(folder.path, "x.db"));
	});

	test("in which nothing means anything reads as it is", () => {
		expect(fileUrl("data/reveille.db")).toBe("file:data/reveille.db");
	});
});

test("the replica is in the data folder, however that is called", () => {
	for (const name of NAMES) {
		const { replica } = parseConfig({
			DATA_DIR: `/srv/${name}`,
			DATABASE_SYNC_URL: "libsql://db.example",
		}).database;
		expect(filePath(replica ?? "")).toBe(`/srv/${name}/replica.db`);
	}
});

test.each(["file:a#b.db", "file:100%.db", "file:///srv/a#b.db", "file:///srv/100%.db", "file:a%FFb.db"])(
	"a DATABASE_URL that means another file than it seems to is refused with how to write it: %s",
	(url) => {
		expect(() => filePath(url)).toThrow(StartError);
		expect(() => filePath(url)).toThrow(/write # as %23, \? as %3F and % as %25/);
	},
);
