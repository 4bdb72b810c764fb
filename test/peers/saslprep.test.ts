/** SASLprep beside another's: Python has the tables of RFC 3454, and the Unicode 3.2 that they are made from. */
import { expect, test } from "bun:test";
import { saslprep } from "../../src/sasl/saslprep.ts";
import { findSlixmpp } from "./slixmpp.ts";

/** Prints from which character on all are of which kind; `=` is one that is written in another way. */
const PYTHON = `
import json, stringprep as s
from unicodedata import ucd_3_2_0 as u
PROHIBITED = (s.in_table_c21_c22, s.in_table_c3, s.in_table_c4, s.in_table_c5, s.in_table_c6, s.in_table_c7, s.in_table_c8, s.in_table_c9)
def kind(c):
    if s.in_table_a1(c): return "unassigned"
    if s.in_table_c12(c): return "space"
    if s.in_table_b1(c): return "nothing"
    n = u.normalize("NFKC", c)
    if n != c: return "=" + n
    if any(f(c) for f in PROHIBITED): return "prohibited"
    return "right to left" if s.in_table_d1(c) else "left to right" if s.in_table_d2(c) else "neutral"
runs = []
for i in range(0x110000):
    k = kind(chr(i))
    if not runs or runs[-1][1] != k: runs.append([i, k])
print(json.dumps(runs))
`;

/** Five rare ideographs, which Unicode has mended since 3.2 (corrigendum 4). */
const MENDED = new Set([0x2f868, 0x2f874, 0x2f91f, 0x2f95f, 0x2f9bf]);

const ALEF = "\u0627";

/** What must come of a character between others: there it matters in which direction it is written. */
const WANTED: Readonly<Record<string, (character: string) => [string, string | undefined][]>> = {
	// What was not assigned then may be anything since.
	unassigned: () => [],
	space: (it) => [[`a${it}b`, "a b"]],
	nothing: (it) => [[`a${it}b`, "ab"]],
	prohibited: (it) => [[`1${it}1`, undefined]],
	"right to left": (it) => [
		[`${ALEF}${it}${ALEF}`, `${ALEF}${it}${ALEF}`.normalize("NFKC")],
		[`a${it}b`, undefined],
	],
	"left to right": (it) => [
		[`${ALEF}${it}${ALEF}`, undefined],
		[`1${it}1`, `1${it}1`.normalize("NFKC")],
	],
	neutral: (it) => [
		[`${ALEF}${it}${ALEF}`, `${ALEF}${it}${ALEF}`.normalize("NFKC")],
		[it, it],
	],
};

test("SASLprep makes of each character of Unicode 3.2 what Python's tables say", async () => {
	const python = Bun.spawn([findSlixmpp(), "-c", PYTHON], { stdout: "pipe", stderr: "inherit" });
	const runs = (await new Response(python.stdout).json()) as [number, string][];
	expect(await python.exited).toBe(0);
	const wrong: string[] = [];
	let checked = 0;
	for (const [index, [from, kind]] of runs.entries()) {
		for (let code = from; code < (runs[index + 1]?.[0] ?? 0x110000); code++) {
			if (MENDED.has(code)) continue;
			const character = String.fromCodePoint(code);
			const wanted = WANTED[kind]?.(character) ?? [[character, saslprep(kind.slice(1))]];
			for (const [text, prepared] of wanted) {
				checked++;
				if (saslprep(text) !== prepared) wrong.push(`U+${code.toString(16)}, ${kind}: ${saslprep(text)}`);
			}
		}
	}
	expect(wrong).toEqual([]);
	expect(checked).toBeGreaterThan(200_000);
});
