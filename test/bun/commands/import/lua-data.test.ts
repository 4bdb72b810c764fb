import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseLuaRecord } from "../../../../src/bun/commands/import/lua-data.ts";
import { temporaryFolder } from "../../../peers/folder.ts";
import { writeInternalStorage } from "./prosody-storage.ts";

const parse = (text: string) => Object.fromEntries(parseLuaRecord(new TextEncoder().encode(text)));

describe("what Prosody stores", () => {
	test("is read as it was written, whatever is in it", () => {
		const folder = temporaryFolder("lua");
		try {
			const records = fc.sample(
				fc.dictionary(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ unit: "grapheme" }), {
					minKeys: 1,
					noNullPrototype: true,
				}),
				200,
			);
			records.push({ all: Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("") });
			const stored = records.map((data, index) => ({ host: "push.example.org", node: `n${index}`, data }));
			writeInternalStorage(folder.path, stored);
			for (const { node, data } of stored) {
				const file = join(folder.path, "push%2eexample%2eorg/push_appserver", `${node}.dat`);
				expect(Object.fromEntries(parseLuaRecord(readFileSync(file)))).toEqual(data);
			}
		} finally {
			folder.remove();
		}
	});

	test("is read as older versions wrote it, too", () => {
		expect(
			parse('return {\n\t["a"] = "line\\\nbreak\\0\\r\\"";\n\t["count"] = 3;\n\t["is"] = true;\n};\n'),
		).toEqual({ a: 'line\nbreak\0\r"', count: "3", is: "true" });
	});

	test("keeps a byte order mark at the beginning of a text: it is a part of a node as any other", () => {
		expect(parse('return { ["node"] = "\\239\\187\\191a" };')).toEqual({ node: "\ufeffa" });
	});

	test("has tables in it that are passed over, and entries without a name", () => {
		expect(parse('return { "first"; ["x"] = { ["y"] = { 1; 2 } }; "second", ["z"] = -1.5e3 }')).toEqual({
			"1": "first",
			"2": "second",
			z: "-1.5e3",
		});
		expect(parse("return {\n}")).toEqual({});
	});
});

describe("what is no data of Prosody", () => {
	test.each([
		["", "expected return"],
		["return", "expected {"],
		["return {", "expected a value"],
		['return { ["a"] = "b', "expected the end of a string"],
		['return { ["a"] = "\\q" }', "expected a known escape"],
		['return { ["a"] = "\\300" }', "expected a known escape"],
		['return { ["a"] = "\\255" }', "expected UTF-8"],
		['return { ["a"] = "b" } os.exit()', "expected the end"],
		['return { ["a"] = os.exit() }', "expected a value"],
		['return { ["a"] = "b" "c" }', "expected }"],
		['return { [function() end] = "b" }', "expected a value"],
		['return { a = "b" }', "expected a value"],
		[`return {${'["a"] = {'.repeat(21)}`, "expected fewer tables"],
	])("is refused and never run: %s", (text, problem) => {
		expect(() => parse(text)).toThrow(problem);
	});

	test("is refused without a hang or another error, wherever a file was cut", () => {
		const whole = 'return {\n\t["secret"] = "\\195\\188";\n\t["t"] = { ["n"] = 1; };\n};\n';
		// What is behind the last brace says nothing.
		for (let length = 0; length < whole.length - 2; length++) {
			expect(() => parse(whole.slice(0, length))).toThrow(SyntaxError);
		}
	});
});
