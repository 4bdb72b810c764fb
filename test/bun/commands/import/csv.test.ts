import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseCsv, readCsv } from "../../../../src/bun/commands/import/csv.ts";
import { StartError } from "../../../../src/bun/start-error.ts";

async function* chunks(text: string, size = 3) {
	for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size);
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const value of values) list.push(value);
	return list;
}
const records = async (text: string, size?: number) =>
	(await all(parseCsv(chunks(text, size)))).map(({ values }) => values);

describe("CSV", () => {
	test.each([
		[
			"a,b\n1,2\n",
			[
				["a", "b"],
				["1", "2"],
			],
		],
		[
			"a,b\r\n1,2",
			[
				["a", "b"],
				["1", "2"],
			],
		],
		['"a,b","c""d","e\r\nf"\n', [["a,b", 'c"d', "e\r\nf"]]],
		['"a"\r\n"b"', [["a"], ["b"]]],
		[
			"a,,\n,,\n",
			[
				["a", "", ""],
				["", "", ""],
			],
		],
		["a\n\n\r\nb\n", [["a"], ["b"]]],
		['"a\r"', [["a\r"]]],
		["", []],
	] as [string, string[][]][])("%j", async (text, expected) => {
		expect(await records(text)).toEqual(expected);
	});

	test("is read as it was written, however it comes in pieces", async () => {
		const value = fc.string({ unit: fc.constantFrom("a", "ü", "😀", '"', ",", "\n", "\r", " ") });
		const table = fc.array(fc.array(value, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
		await fc.assert(
			fc.asyncProperty(table, fc.integer({ min: 1, max: 20 }), async (rows, size) => {
				const quoted = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(","));
				const text = quoted.join("\r\n");
				// A surrogate pair is never cut: the decoder of UTF-8 does not do that.
				const pieces = [...text].map((_, i, letters) => letters.slice(i * size, (i + 1) * size).join(""));
				async function* whole() {
					yield* pieces;
				}
				expect((await all(parseCsv(whole()))).map(({ values }) => values)).toEqual(rows);
			}),
		);
	});

	test.each([
		['a\n"b', "Line 2 of the CSV: a quote is not closed."],
		['a\nb"c\n', "Line 2 of the CSV: a quote in a field that does not begin with one."],
		['"a"b\n', "Line 1 of the CSV: something stands between a closing quote and the comma."],
		[
			`a\n"${"x\n".repeat(40_000)}`,
			"Line 2 of the CSV: longer than 65536 characters, or a quote is not closed.",
		],
	])("that is none is refused with its line: %#", async (text, message) => {
		await expect(records(text, 1000)).rejects.toThrow(new StartError("import-csv-malformed", message));
	});
});

describe("the columns", () => {
	const read = async (text: string) => all(readCsv(chunks(text)));

	test("are found by their names, in any order; what is empty is missing", async () => {
		expect(await read("Token, secret,node,owner\nt,s,n,\n")).toEqual([
			{ at: "line 2", fields: { token: "t", secret: "s", node: "n" } },
		]);
	});

	test("that is misspelt is named", async () => {
		await expect(read("node,secrt,token\n")).rejects.toThrow('No column of ours: "secrt". The first line');
		await expect(read("node,token\n")).rejects.toThrow("There is no column secret. The first line");
	});

	test("must be known, each once, with those that are needed: a header may be missing", async () => {
		for (const header of [
			"node,secret",
			"node,secret,token,nod",
			"node,node,secret,token",
			"n1,s1,apns,t1",
		]) {
			await expect(read(`${header}\n`)).rejects.toThrow("must name the columns: node, secret and token");
		}
	});

	test("are as many in each line; one that has others is told, with its line", async () => {
		const found = await read('node,secret,token\n"a\nb",s,t\nn,s\nn,s,t\n');
		expect(found.map(({ at, unfit }) => `${at}: ${unfit ?? "fine"}`)).toEqual([
			"line 2: fine",
			"line 4: it has not as many fields as the header",
			"line 5: fine",
		]);
	});
});
