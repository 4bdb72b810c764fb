/** What other app servers stored: read back as it was written, or refused, and nothing of it is run. */
import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { check, Unfit } from "../../src/bun/commands/import/check.ts";
import { parseCsv, readCsv } from "../../src/bun/commands/import/csv.ts";
import { FIELDS, type Found } from "../../src/bun/commands/import/found-registration.ts";
import { parseLuaRecord } from "../../src/bun/commands/import/lua-data.ts";
import { openSqliteStore } from "../../src/bun/commands/import/prosody-sqlite.ts";
import { StartError } from "../../src/bun/start-error.ts";
import { createAppChoice } from "../../src/registering/app-choice.ts";
import { createKeyring } from "../../src/secrets.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { servicesWithoutNetwork } from "../services/without-network.ts";
import { ALL_APPS, APNS_HEX } from "../xmpp/commands/commands-fixture.ts";
import { claim, claimSentence, same, unless } from "./claims.ts";
import { anyText, cut, cutsOf, spoiltText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";

/** Half a character has no bytes of its own. */
const wholeText = anyText.map((text) => text.toWellFormed());
const keys = fc.oneof(
	fc.constantFrom("secret", "token", "type", "registered", "renewed", "1", "tombstone"),
	wholeText,
);

/** As Prosody's util.serialization writes a string. */
const ESCAPES: Readonly<Record<string, string>> = {
	"\\": "\\\\",
	'"': '\\"',
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
};
function luaString(text: string): string {
	const bytes = [...Buffer.from(text).toString("latin1")];
	const plain = (char: string) => char >= " " && char <= "~";
	const escaped = bytes.map(
		(char) => ESCAPES[char] ?? (plain(char) ? char : `\\${String(char.charCodeAt(0)).padStart(3, "0")}`),
	);
	return `"${escaped.join("")}"`;
}
const luaTable = (entries: readonly (readonly [string, string])[]) =>
	`return {\n${entries.map(([key, value]) => `\t[${luaString(key)}] = ${luaString(value)};\n`).join("")}};\n`;
const entries = fc.uniqueArray(fc.tuple(keys, wholeText), { selector: ([key]) => key, maxLength: 6 });
const GOOD_LUA =
	'return {\n\t["secret"] = "x";\n\t["renewed"] = "2026-01-01T00:00:00Z";\n\t{ 1, 2, { true } };\n\t[3] = 0x7f;\n};\n';

async function* chunks(parts: readonly string[]) {
	yield* parts;
}
async function collected<T>(all: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const one of all) list.push(one);
	return list;
}
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csvTable = fc.array(fc.array(wholeText, { minLength: 1, maxLength: 4 }), { maxLength: 4 });
const GOOD_CSV = `node,secret,token,type,owner,renewed\r\ndevice-1,s,fcm-token,fcm,juliet@example.net,2026-01-01T00:00:00Z\r\n"a ""b""",s,${APNS_HEX},apns,,\r\n`;

const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
const services = await servicesWithoutNetwork(ALL_APPS);
const NOW = Date.UTC(2026, 0, 2);
const checking = {
	choice: createAppChoice(ALL_APPS),
	only: undefined,
	services,
	keyring,
	trustDeviceId: false,
	retentionDays: 180,
	now: NOW,
};

async function checked(found: Found) {
	try {
		return await check(found, checking);
	} catch (error) {
		if (!(error instanceof Unfit)) throw error;
		claim(error.message.length > 0 && error.message.length < 400, error.message);
		const { secret, token, app, type } = found.fields;
		// The names of an app and of a type are repeated, if they are short.
		for (const its of [secret, token])
			if (its && its.length >= 12 && !`${app} ${type}`.includes(its))
				claim(!error.message.includes(its), "it is repeated");
		return undefined;
	}
}

const times = fc.oneof(
	fc.constantFrom("2026-01-01T00:00:00Z", "2025-12-31T23:59:59.5+01:00", "2017-03-17T02:10:21Z"),
	anyText,
);
const found = fc.record(
	{
		node: fc.oneof(fc.constantFrom("device-1", keyring.createNode(), "module:x"), anyText),
		secret: fc.oneof(fc.constant("a secret of another server's"), anyText),
		type: fc.oneof(fc.constantFrom("fcm", "apns", "webpush", "ubuntu", "wns"), anyText),
		app: fc.oneof(fc.constantFrom("fcm", "apns"), anyText),
		token: fc.oneof(fc.constantFrom("fcm-token", APNS_HEX, "https://push.example/x"), anyText),
		device_id: anyText,
		owner: fc.oneof(fc.constant("Juliet@example.net"), anyText),
		registered: times,
		renewed: times,
		last_successful_push: times,
		voip_token: anyText,
		application_id: fc.oneof(fc.constant("com.example_app"), anyText),
		p256dh: anyText,
		auth: anyText,
	},
	{ requiredKeys: ["node", "secret", "token"] },
);

const folder = temporaryFolder("fuzz");
const path = join(folder.path, "prosody.sqlite");
const sqlite = new Database(path);
sqlite.run(
	`CREATE TABLE "prosody" ("host" TEXT, "user" TEXT, "store" TEXT, "key" TEXT, "type" TEXT, "value" TEXT)`,
);
sqlite.run("PRAGMA synchronous = OFF");
const insert = sqlite.prepare(
	`INSERT INTO "prosody" VALUES ('push.example', ?, 'push_appserver', ?, 'string', ?)`,
);
const cell = fc.oneof(
	keys,
	wholeText,
	fc.integer(),
	fc.double(),
	fc.constant(null),
	fc.uint8Array({ maxLength: 5 }),
);
const rows = fc.array(
	fc.tuple(fc.oneof(fc.constantFrom("device-1", "device-2"), cell), fc.oneof(keys, cell), cell),
	{ maxLength: 6 },
);

export const fuzzed: Fuzzed = {
	name: "another server's storage",
	properties: [
		always("is read as Prosody wrote it", { weight: 5, most: 100_000 }, entries, (list) => {
			const read = parseLuaRecord(Buffer.from(luaTable(list)));
			same(
				[...read],
				list.map(([key, value]) => [key, value]),
			);
		}),
		always(
			"in any bytes is a table of texts, or refused",
			{ weight: 6, most: 200_000 },
			spoiltText(fc.oneof(entries.map(luaTable), fc.constant(GOOD_LUA), anyText)),
			(text) => {
				const read = unless(SyntaxError, () => parseLuaRecord(Buffer.from(text, "latin1")));
				for (const [key, value] of read ?? []) same([typeof key, typeof value], ["string", "string"]);
			},
		),
		eventually(
			"as CSV gives the same records however it is cut",
			{ weight: 4, most: 100_000 },
			fc.tuple(csvTable, cutsOf(6), fc.constantFrom("\n", "\r\n")),
			async ([table, cuts, end]) => {
				const text = table.map((row) => row.map(quoted).join(",") + end).join("");
				const read = await collected(parseCsv(chunks(cut(text, cuts))));
				// A line with nothing on it is none.
				same(
					read.map(({ values }) => values),
					table.filter((row) => row.length > 1 || row[0] !== ""),
				);
			},
		),
		eventually(
			"as CSV of any text is records of the header's columns, or refused",
			{ weight: 4, most: 100_000 },
			fc.tuple(spoiltText(fc.constant(GOOD_CSV)), cutsOf(4)),
			async ([text, cuts]) => {
				const read = async (parts: readonly string[]) => {
					try {
						return await collected(readCsv(chunks(parts)));
					} catch (error) {
						if (!(error instanceof StartError)) throw error;
						claimSentence(error.message);
						return error.message;
					}
				};
				const whole = await read([text]);
				// Half a character is whole again where both halves are read at once.
				if (text.isWellFormed() && !/[\ud800-\udfff]/.test(text)) same(await read(cut(text, cuts)), whole);
				for (const its of typeof whole === "string" ? [] : whole)
					claim(
						Object.keys(its.fields).every((name) => FIELDS.some((field) => field === name)),
						"a field",
					);
			},
		),
		eventually(
			"is checked as any device is, and comes with no time to come",
			{ weight: 3, most: 100_000 },
			found,
			async (fields) => {
				const taken = await checked({ at: "line 1", fields, jid: "push.example" });
				if (!taken) return;
				const { node, formerHash, registeredAt = NOW, renewedAt = NOW, lastSuccessAt = NOW } = taken;
				claim(Math.max(registeredAt, renewedAt, lastSuccessAt) <= NOW, "a time to come");
				same(await keyring.verifyFormer(node, fields.secret, formerHash), "ok");
				// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be in an attribute of XML
				claim(!/[\u0000-\u001f\u007f]/.test(node) && node.length <= 1023, "a node nobody can publish to");
			},
		),
		eventually(
			"in an SQLite file of any rows is registrations, or refused one by one",
			{ weight: 1, most: 3_000 },
			rows,
			async (list) => {
				sqlite.transaction(() => {
					sqlite.run(`DELETE FROM "prosody"`);
					for (const [node, name, value] of list) insert.run(node, name, value);
				})();
				const store = openSqliteStore(path);
				try {
					for (const host of store.hosts()) for (const its of store.read(host)) await checked(its);
				} finally {
					store.close();
				}
			},
		),
	],
	async close() {
		sqlite.close();
		rmSync(path, { force: true });
		folder.remove();
	},
};
