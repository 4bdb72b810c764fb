import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartError } from "../../src/bun/start-error.ts";
import { readTables } from "../../src/bun/toml-file.ts";
import { parseApps } from "../../src/config/apps.ts";
import { parseConfig } from "../../src/config/config.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "reveille-apps-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string | Buffer): string {
	const path = join(folder, "reveille.toml");
	writeFileSync(path, text);
	return path;
}

describe("reveille.toml", () => {
	test("of the examples works once its keys are there", () => {
		const path = written(readFileSync(new URL("../../examples/reveille.toml", import.meta.url)));
		writeFileSync(join(folder, "AuthKey_KEY1234567.p8"), "the key's text\n");
		writeFileSync(join(folder, "service-account.json"), "{}");
		writeFileSync(join(folder, "component-secret"), "the secret\n");
		const tables = readTables(path);
		const apps = parseApps(tables.apps, "APPS", true);
		expect(apps.map(({ name, service }) => `${name} ${service}`)).toEqual([
			"chat-ios apns",
			"chat-ios-dev apns",
			"chat-android fcm",
			"chat-windows wns",
			"quiet-browser webpush",
		]);
		const { connections } = parseConfig({}, tables.connections);
		expect(connections.map(({ kind, address }) => `${kind} ${address}`)).toEqual([
			"component push.example.net",
			"account push@example.org/push",
		]);
		expect(connections[0]?.password).toBe("the secret");
		expect(apps[0]).toMatchObject({
			credentials: { key: "the key's text" },
			alert: { locKey: "NEW_MESSAGE" },
		});
		expect(apps[2]).toMatchObject({ include: { sender: true, body: false } });
		expect(apps[4]).toMatchObject({ priority: "silent", ttlSeconds: 86400 });
	});

	test("is not needed", () => {
		expect(readTables(undefined)).toEqual({ apps: undefined, connections: undefined });
		expect(readTables(" ")).toEqual({ apps: undefined, connections: undefined });
	});

	test("may hold comments only, as a package brings it", () => {
		const path = written("# [[app]]\n# name = 'chat'\n");
		expect(readTables(path)).toEqual({ apps: undefined, connections: undefined });
	});

	test("is no JSON object, which is not repeated: it may hold secrets", () => {
		const given = () => readTables('{ "name": "chat", "key": "hunter2" }');
		expect(given).toThrow(
			new StartError("apps-malformed", "APPS must be a file's path, or a JSON list of apps."),
		);
	});

	test("is handed on when it is JSON", () => {
		expect(readTables('[{"name":"a"}]').apps).toBe('[{"name":"a"}]');
	});
});

describe("a fault names the file and what to do", () => {
	test.each([
		["no such file", () => join(folder, "nowhere.toml"), /nowhere\.toml, which cannot be read \(ENOENT\)/],
		["no TOML", () => written("[[app]\nname ="), /is no TOML/],
		[
			"another table",
			() => written("[apps]\nname = 'a'\n"),
			/tables \[\[app\]\] and \[\[connection\]\] and nothing else, not apps/,
		],
		["nothing at all", () => written("\n"), /is empty: write a table \[\[app\]\] or \[\[connection\]\]/],
		[
			"a key that is not there",
			() => written("[[app]]\nkey = './missing.p8'\n"),
			/key in .*missing\.p8.*ENOENT/,
		],
		[
			"a password that is not there",
			() => written("[[connection]]\npassword = './missing'\n"),
			/password in .*missing.*ENOENT/,
		],
	])("%s", (_what, path, sentence) => {
		expect(() => readTables(path())).toThrow(StartError);
		expect(() => readTables(path())).toThrow(sentence);
	});

	test("nor a list that stands on a line of its own, as tables' names do", () => {
		const path = written("[[connection]]\nservice = 'xmpp://127.0.0.1:5347'\npassword =\n['hunter2']\n");
		expect(() => readTables(path)).toThrow("is no TOML");
		const another = written("[[app]]\nname = 'chat'\n['hunter2']\n");
		expect(() => readTables(another)).toThrow(
			new StartError(
				"toml-tables",
				`${another} holds tables [[app]] and [[connection]] and nothing else, not ….`,
			),
		);
	});

	test.each([
		["app", "key"],
		["app", "service_account"],
		["connection", "password"],
	])("and not what may be the secret itself: [[%s]], %s = '/…'", (table, field) => {
		const path = written(`[[${table}]]\n${field} = '/hunter2+/=='\n`);
		expect(() => readTables(path)).toThrow(
			new StartError(
				"key-file-unreadable",
				`${field} in ${path} begins like a path, and there is no file there that can be read (ENOENT).`,
			),
		);
	});
});
