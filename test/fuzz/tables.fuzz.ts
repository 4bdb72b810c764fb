/** reveille.toml as somebody typed it: a configuration, or a sentence that says what to do and repeats no secret. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { StartError } from "../../src/bun/start-error.ts";
import { readTables } from "../../src/bun/toml-file.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { claim, claimSentence } from "./claims.ts";
import { anyText, spoiltBytes, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

/** Stands in every secret, so that it is known where one is repeated. */
const MARK = "SECRETSECRET";
/** What keys and passwords look like: some begin as paths do, some hold what TOML gives a meaning to. */
const SECRETS: readonly string[] = [
	`"${MARK}"`,
	`'${MARK}'`,
	`"/${MARK}+/=="`,
	`"/a/${MARK}"`,
	`"]#=\\n\\"${MARK}"`,
	`"""\n-----BEGIN PRIVATE KEY-----\n${MARK}\n-----END PRIVATE KEY-----\n"""`,
	`'''{"type":"service_account","private_key":"${MARK}"}'''`,
	// Without its quotes.
	`${MARK}`,
	`/${MARK}`,
	`{ value = "${MARK}" }`,
	`["${MARK}"]`,
];

const folder = temporaryFolder("fuzz-tables");
const path = join(folder.path, "reveille.toml");
writeFileSync(join(folder.path, "a-key.p8"), `${MARK}\n`);
mkdirSync(join(folder.path, "a-folder"));

const secret = fc.oneof(
	{ weight: 4, arbitrary: fc.constantFrom(...SECRETS) },
	{
		weight: 1,
		arbitrary: fc.constantFrom(`"./a-key.p8"`, `"./a-folder"`, `"./nowhere"`, `"../${"x".repeat(300)}"`),
	},
);
const line = fc
	.tuple(
		fc.constantFrom(
			"key",
			"cert",
			"cert_key",
			"service_account",
			"client_secret",
			"password",
			"pasword",
			"Key",
		),
		secret,
	)
	.map(([name, value]) => `${name} = ${value}`);
const otherLine = fc.constantFrom(
	'name = "chat"',
	'name = "browser"',
	'service = "apns"',
	'service = "fcm"',
	'service = "wns"',
	'service = "webpush"',
	'service = "wss://example.org/ws"',
	'service = "xmpp://127.0.0.1:5347"',
	`service = "wss://push:${MARK}@example.org/ws"`,
	'domain = "push.example.net"',
	'username = "push"',
	'key_id = "KEY1234567"',
	'team_id = "TEAM123456"',
	'topic = "org.example.chat"',
	"ttl = 86400",
	"sandbox = true",
	'include = ["sender", "body"]',
	"# a comment",
	"",
	"when = 2026-01-01T00:00:00Z",
	"a.b.c = 1_000",
	"[[app]]",
	"[app]",
	"[[connection]]",
	"[[app.more]]",
	"[other]",
	"[__proto__]",
);
const header = fc.constantFrom("[[app]]", "[[connection]]");
const document = fc
	.array(
		fc
			.tuple(header, fc.array(fc.oneof(line, otherLine, otherLine), { maxLength: 8 }))
			.map((parts) => parts.flat()),
		{ minLength: 1, maxLength: 3 },
	)
	.map((tables) => tables.flat().join("\n"));

/** A path that is one without doubt, or the name of a field, is repeated. */
const REPEATED = new RegExp(`\\./[^\n]*${MARK}|${MARK}["'\\]\\w]*\\s*=(?!=)`);

/** What a start does with it, as far as it reads it. */
function holds(content: string | Uint8Array): void {
	writeFileSync(path, content);
	try {
		const { apps, connections } = readTables(path);
		parseConfig({ APPS: apps }, connections);
	} catch (error) {
		const problems =
			error instanceof ConfigError
				? error.problems
				: error instanceof StartError
					? [error.message]
					: undefined;
		if (!problems) throw error;
		for (const problem of problems) claimSentence(problem);
		if (REPEATED.test(typeof content === "string" ? content : new TextDecoder().decode(content))) return;
		claim(!problems.join("\n").includes(MARK), () => problems.join("\n"));
	}
}

/** Each nests in itself. */
const NESTING: readonly [string, string][] = [
	["a = ", "["],
	["a = ", "{a="],
	["a", ".a"],
	["[a", ".a"],
	["[[app]]\nname = ", "["],
	["", "[[app]]\n"],
	["", "["],
	['a = "', "\\u0041"],
	["a = ", "9"],
];
const nested: Arbitrary<string> = fc
	.tuple(fc.constantFrom(...NESTING), fc.nat(50_000))
	.map(([[begin, more], count]) => begin + more.repeat(count));

export const fuzzed: Fuzzed = {
	name: "reveille.toml",
	properties: [
		always(
			"is a configuration, or a sentence that repeats no secret",
			{ weight: 4, most: 200_000 },
			fc.oneof({ weight: 1, arbitrary: document }, { weight: 3, arbitrary: spoiltText(document) }, anyText),
			holds,
		),
		always(
			"of any bytes is a configuration, or a sentence",
			{ weight: 2, most: 100_000 },
			spoiltBytes(document.map((text) => new TextEncoder().encode(text))),
			holds,
		),
		always("nested as deep as may be ends in a sentence", { weight: 1, most: 60 }, nested, holds),
	],
	close: async () => folder.remove(),
};
