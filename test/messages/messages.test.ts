/** The catalogue of messages has a row for each warning, error and refusal, and no row without one. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MESSAGES_PAGE, messagesPage } from "../../build/messages-page.ts";
import { settingNames } from "../../src/config/settings.ts";
import { allMessages } from "../../src/messages/table.ts";
import { PAGES, ROOT } from "../pages.ts";

const SOURCES = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(ROOT)]
	.filter((file) => !file.startsWith("src/messages/"))
	.map((file) => ({ file, text: readFileSync(join(ROOT, file), "utf8") }));

const messages = allMessages();
const ids = messages.map(([id]) => id);

/** What stands between the bracket at `start` and the one that closes it; brackets in texts come in pairs. */
function inBrackets(text: string, start: number): string {
	let open = 0;
	for (let at = start; at < text.length; at++) {
		if (text[at] === "(") open++;
		if (text[at] === ")" && --open === 0) return text.slice(start + 1, at);
	}
	return text.slice(start + 1);
}

/** The calls that write a warning or an error, with their file and line. */
const calls = SOURCES.flatMap(({ file, text }) =>
	[...text.matchAll(/\.(?:warn|warning|error|fatal)\(/g)].map(({ index, 0: name }) => ({
		where: `${file}:${text.slice(0, index).split("\n").length}`,
		text: inBrackets(text, index + name.length - 1),
	})),
);

/** What a person reads on a terminal beside an answer that he asked for, and what a page says in its browser. */
const isNoLog = (where: string) => /^src\/(bun\/commands\/token\.ts|web\/)/.test(where);

describe("every warning and error", () => {
	test("of the log names its message", () => {
		expect(calls.length).toBeGreaterThan(50);
		const without = calls.filter(({ where, text }) => !/\b(?:about|withId)\(/.test(text) && !isNoLog(where));
		expect(without.map(({ where }) => where)).toEqual([]);
	});

	test("of the log names whom it is about: an app, an address, a host, a node, a file, a setting", () => {
		const named =
			/[{,]\s*(app|address|gate|host|node|owner|path|reason|where|name|key|source|sentence|addresses|unchecked|database|dataDir|network|settings)\b/;
		const without = calls
			.filter(({ where, text }) => text.includes("about(") && !isNoLog(where) && !named.test(text))
			.map(({ text }) => /about\(\s*"([\w-]+)"/.exec(text)?.[1] ?? text);
		expect(without).toEqual([]);
	});

	test("of the catalogue is written somewhere", () => {
		const written = (id: string) => SOURCES.some(({ text }) => text.includes(`"${id}"`));
		expect(ids.filter((id) => !written(id))).toEqual([]);
	});
});

describe("a message", () => {
	test("has an id of its own, of words in lower case", () => {
		expect(new Set(ids).size).toBe(ids.length);
		expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)+$/.test(id))).toEqual([]);
	});

	test("says in one sentence what happened, and in short ones why, and what to do", () => {
		for (const [id, { happened, cause, remedy }] of messages) {
			for (const text of [happened, cause, remedy]) expect(`${id}: ${text}`).toMatch(/: [A-Z`].*\.$/);
			expect(`${id}: ${happened}`).not.toMatch(/[.?!] [A-Z].*[.?!] [A-Z]/);
			const longest = Math.max(...`${cause} ${remedy}`.split(/[.:;] /).map((part) => part.split(" ").length));
			expect(`${id}: ${longest}`).toMatch(/: (1?\d|2[0-6])$/);
		}
	});

	test("names settings that exist", () => {
		const others = ["NODE_TLS_REJECT_UNAUTHORIZED", "NODE_EXTRA_CA_CERTS", "NO_PROXY"];
		const known = new Set<string>([...settingNames, ...others]);
		const texts = messages.flatMap(([, { happened, cause, remedy }]) => [happened, cause, remedy]).join("\n");
		const named = [...texts.matchAll(/`([A-Z][A-Z_]+)(?:=\w+)?`/g)].map(([, name = ""]) => name);
		expect(named.length).toBeGreaterThan(20);
		expect(named.filter((name) => !known.has(name))).toEqual([]);
	});
});

test("ids that the pages name exist", () => {
	const named = PAGES.flatMap(({ text }) =>
		[...text.matchAll(/\bexplain ([a-z]+(?:-[a-z]+)+)|`\[?([a-z]+(?:-[a-z]+)+)\]`/g)].map(
			([, one, other]) => one ?? other ?? "",
		),
	);
	expect(named.length).toBeGreaterThan(2);
	expect(named.filter((id) => !(ids as string[]).includes(id))).toEqual([]);
});

test("the page of messages is made from the catalogue: bun run generate writes it", () => {
	expect(readFileSync(join(ROOT, MESSAGES_PAGE), "utf8")).toBe(messagesPage());
});
