import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { prepareToken } from "../../src/bun/registration-token.ts";
import { StartError } from "../../src/bun/start-error.ts";
import { parseConfig } from "../../src/config/config.ts";
import {
	createRegistrationTokens,
	hashOfToken,
	type RegistrationTokens,
} from "../../src/store/registration-tokens.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const GENERATED = "g".repeat(43);

let folder: string;
let file: string;
let database: TestDatabase;
let tokens: RegistrationTokens;
let warned: string[];
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
	file = join(folder, "registration-token");
	database = await openTestDatabase();
	tokens = createRegistrationTokens(database.db);
	warned = [];
});
afterEach(async () => {
	rmSync(folder, { recursive: true, force: true });
	await database.close();
});

const away = {
	makeFirst: () => Promise.reject(new Error("the database is away")),
	adopt: () => Promise.reject(new Error("the database is away")),
};
function prepare(
	settings: Record<string, string> = {},
	of: Parameters<typeof prepareToken>[1]["tokens"] = tokens,
) {
	const config = parseConfig({ DATA_DIR: folder, REGISTRATION: "token", ...settings });
	const log = { warn: (text: string) => void warned.push(text) } as unknown as Logger;
	return prepareToken(config, { tokens: of, log });
}
const living = async () => (await tokens.living()).map(({ hash }) => hash);

describe("at its start a process", () => {
	test("makes the first token last of all, and the next start makes none", async () => {
		const first = await prepare();
		expect(await living()).toEqual([]);
		const shown = await first.show();
		if (shown?.kind !== "made") throw new Error(shown?.kind);
		expect(shown.token).toMatch(/^[\w-]{43}$/);
		expect(await living()).toEqual([await hashOfToken(shown.token)]);
		expect(await (await prepare()).show()).toEqual({ kind: "known" });
		expect(await living()).toHaveLength(1);
	});

	test.each<[string, Record<string, string>]>([
		["REGISTRATION_TOKEN is set", { REGISTRATION_TOKEN: "a-token-of-the-operator-of-32-characters" }],
		["everybody may register", { REGISTRATION: "open" }],
	])("makes none where %s", async (_, settings) => {
		expect(await (await prepare(settings)).show()).toBeUndefined();
		expect(await living()).toEqual([]);
	});

	test("that cannot reach the database says so, and starts", async () => {
		expect(await (await prepare({}, away)).show()).toEqual({ kind: "unknown" });
		expect(warned).toHaveLength(1);
	});
});

describe("a file of an older version", () => {
	test("is put into the database, for all processes of it", async () => {
		writeFileSync(file, `${GENERATED}\n`, { mode: 0o600 });
		const start = await prepare();
		expect(start.own).toEqual([]);
		expect(await living()).toEqual([await hashOfToken(GENERATED)]);
		expect(await start.show()).toEqual({ kind: "file", path: file });
		expect(await living()).toHaveLength(1);
	});

	test("is taken by this process alone while the database is away", async () => {
		writeFileSync(file, GENERATED, { mode: 0o600 });
		const start = await prepare({}, away);
		expect(start.own).toEqual([GENERATED]);
		expect(await start.show()).toEqual({ kind: "file", path: file });
		expect(warned).toHaveLength(1);
	});

	test("with a token that somebody thought out is: its hash might be guessed", async () => {
		writeFileSync(file, "sesame", { mode: 0o600 });
		expect((await prepare()).own).toEqual(["sesame"]);
		expect(await living()).toEqual([]);
	});

	test("whose token ended is not believed, and the operator is told", async () => {
		writeFileSync(file, GENERATED, { mode: 0o600 });
		await prepare();
		await tokens.renew("new", Date.now());
		const start = await prepare();
		expect(start.own).toEqual([]);
		expect(await start.show()).toEqual({ kind: "known" });
		expect(warned).toEqual([expect.stringContaining("remove the file")]);
		expect(await living()).toEqual(["new"]);
	});

	test("is not looked at where REGISTRATION_TOKEN is set, which has taken its place: nothing revives it", async () => {
		writeFileSync(file, GENERATED, { mode: 0o600 });
		const token = "a-token-of-the-operator-of-32-characters";
		expect((await prepare({ REGISTRATION_TOKEN: token })).own).toEqual([token]);
		expect(await living()).toEqual([]);
		writeFileSync(file, "sesame", { mode: 0o600 });
		expect((await prepare({ REGISTRATION_TOKEN: token })).own).toEqual([token]);
	});

	test("that others may read is refused", async () => {
		writeFileSync(file, GENERATED);
		chmodSync(file, 0o644);
		await expect(prepare()).rejects.toBeInstanceOf(StartError);
	});
});
