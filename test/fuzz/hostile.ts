/** Texts and bytes as somebody who means harm would choose them, and ways to spoil good ones. */
import fc, { type Arbitrary } from "fast-check";

/** Each was a hole in some program. */
export const HOSTILE: readonly string[] = [
	...[
		"",
		" ",
		"\t",
		"\r\n",
		"\0",
		"\u001f",
		"\u007f",
		"\u0085",
		"\u2028",
		"\u200b",
		"\ufeff",
		"\ufffd",
		"\uffff",
	],
	// Half a character, one beyond the first plane, one that grows in lower case, one that goes right to left.
	...["\ud800", "\udc00\ud800", "🕊", "İ", "ß", "\u202e", "e\u0301", "\u1d2c"],
	...[
		"__proto__",
		"constructor",
		"prototype",
		"toString",
		"hasOwnProperty",
		"null",
		"undefined",
		"NaN",
		"true",
	],
	...[
		"0",
		"-0",
		"-1",
		"1e999",
		"0x7f",
		"9007199254740993",
		"999999999",
		"1000000000",
		"00",
		"1.5",
		"+1",
		"١",
	],
	...[
		"<",
		">",
		"&",
		"&amp;",
		"&lt;",
		"&#0;",
		"&#x110000;",
		"&nbsp;",
		"]]>",
		"<![CDATA[",
		"<!--",
		"-->",
		"<?",
		"?>",
	],
	...[
		'"',
		"'",
		"`",
		"\\",
		"/",
		"//",
		"../",
		"..%2f..",
		"%",
		"%00",
		"%ff",
		"%u0041",
		"%25",
		"?",
		"#",
		";",
		":",
	],
	...["@", "a@b", "a@b@c", "a@b/c", "@/", "/", "a/b/c@d", "*", "*.example", ".", "..", "..."],
	...[
		"' OR 1=1 --",
		"'; DROP TABLE registrations; --",
		"\u0000' UNION SELECT",
		"{node}",
		"$" + "{jndi:ldap://x}",
		"{{7*7}}",
	],
	...[
		"[error] forged\n2026-01-01 [info] line",
		"\u001b[2J",
		"\r\nSet-Cookie: a=b",
		"a\r\n\r\n<script>alert(1)</script>",
	],
	...[
		"http://127.0.0.1/",
		"https://[::ffff:127.0.0.1]/",
		"file:///etc/passwd",
		"data:,x",
		"javascript:alert(1)",
	],
	...[
		"[]",
		"{}",
		"[[[[",
		'{"a":',
		'{"__proto__":{}}',
		"return {",
		"-----BEGIN PRIVATE KEY-----",
		"Bearer ",
		"Basic Og==",
	],
	..."eyJhbGciOiJub25lIn0.e30.".split("\n"),
	...[
		"a".repeat(257),
		"A".repeat(1025),
		"é".repeat(2000),
		"\n".repeat(300),
		"(".repeat(500),
		"%25".repeat(400),
	],
];

/** Any text, the hostile ones often. */
export const anyText: Arbitrary<string> = fc.oneof(
	{ weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
	{ weight: 2, arbitrary: fc.string() },
	{ weight: 1, arbitrary: fc.string({ unit: "binary" }) },
	{ weight: 1, arbitrary: fc.tuple(fc.constantFrom(...HOSTILE), fc.string()).map((parts) => parts.join("")) },
);

/** One change: which, where and with what. */
type Change = readonly [kind: number, at: number, other: number, text: string];

const anyChange: Arbitrary<Change> = fc.tuple(
	fc.nat(7),
	fc.nat(0xffff),
	fc.nat(0xffff),
	fc.constantFrom(...HOSTILE),
);

/** @param most changes at once */
export const anyChanges = (most: number): Arbitrary<Change[]> => fc.array(anyChange, { maxLength: most });

/** A good text with some changes; without any it is the good one itself. */
export function spoiltText(good: Arbitrary<string>, most = 3): Arbitrary<string> {
	return fc.tuple(good, anyChanges(most)).map(([text, changes]) => changes.reduce(spoil, text));
}

export function spoil(text: string, [kind, at, other, hostile]: Change): string {
	const from = text.length === 0 ? 0 : at % (text.length + 1);
	const to = Math.min(text.length, from + 1 + (other % 8));
	const [before, part, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
	switch (kind) {
		case 0:
			return before + after;
		case 1:
			return before + part + part + after;
		case 2:
			return before + hostile + after;
		case 3:
			return before + hostile + part + after;
		case 4:
			return text.slice(0, from);
		case 5:
			return text.slice(from) + before;
		case 6:
			return before + [...part].map(swapCase).join("") + after;
		default:
			// One bit of one character.
			return before + [...part].map((char) => flip(char, other)).join("") + after;
	}
}

const swapCase = (char: string) => (char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase());
const flip = (char: string, bit: number) =>
	String.fromCharCode((char.charCodeAt(0) ^ (1 << (bit % 7))) & 0xffff);

/** Good bytes with bits flipped, parts cut out, repeated and moved. */
export function spoiltBytes(good: Arbitrary<Uint8Array>, most = 3): Arbitrary<Uint8Array<ArrayBuffer>> {
	return fc.tuple(good, anyChanges(most)).map(([bytes, changes]) => {
		// One character for one byte.
		const text = changes.reduce(spoil, Buffer.from(bytes).toString("latin1"));
		return new Uint8Array(Buffer.from(text, "latin1"));
	});
}

/** Cuts into pieces at any places. */
export function cutsOf(most: number): Arbitrary<number[]> {
	return fc.array(fc.nat(0xffff), { maxLength: most });
}

export function cut<T extends string | Uint8Array>(whole: T, cuts: readonly number[]): T[] {
	const places = [...new Set(cuts.map((place) => place % (whole.length + 1)))].sort(
		(one, other) => one - other,
	);
	return [...places, whole.length].map((place, index) => whole.slice(places[index - 1] ?? 0, place) as T);
}
