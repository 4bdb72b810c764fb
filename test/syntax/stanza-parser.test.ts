/** What is read of a stream whose pieces are as no server would choose them, and whose stanzas are as a stranger would. */
import { describe, expect, test } from "bun:test";
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import { StanzaParser } from "../../src/syntax/stanza-parser.ts";

const HEADER = `<stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns="jabber:component:accept" id="1">`;
const MOST = {
	length: stanzaBounds.taken.is,
	parts: stanzaBounds.parts.is,
	text: stanzaBounds.text.is,
	tag: stanzaBounds.tag.is,
	texts: stanzaBounds.texts.is,
};

/** @param isAwaited whether every stanza answers a request of ours */
function read(pieces: readonly string[], isAwaited = false): string[] {
	const seen: string[] = [];
	const parser = new StanzaParser(
		{
			onStart: () => seen.push("start"),
			onElement: (element) => seen.push(String(element)),
			onSkipped: (head) => seen.push(`skipped ${head ? `${head.name} ${head.attrs.id}` : ""}`.trim()),
			onEnd: () => seen.push("end"),
			onFault: (fault) => seen.push(fault),
			isAwaited: () => isAwaited,
		},
		{ hasHeader: true },
	);
	for (const piece of pieces) parser.write(piece);
	return seen;
}

/** What is read of a text in one piece and in pieces of such lengths: always the same. */
function readHowever(text: string, lengths: readonly number[], isAwaited = false): string[] {
	const [whole, ...others] = [text.length, ...lengths].map((length) => {
		const pieces: string[] = [];
		for (let at = 0; at < text.length; at += length) pieces.push(text.slice(at, at + length));
		return read(pieces, isAwaited);
	});
	for (const other of others) expect(other).toEqual(whole as string[]);
	return whole as string[];
}

describe("a stream", () => {
	test("begins behind a declaration, though that comes in two pieces", () => {
		expect(read(["<?xml version='1.0'?", `>${HEADER}<a/>`])).toEqual(["start", "<a/>"]);
	});

	test("may come in one piece with its header, and is read up to what must not be sent", () => {
		expect(read([`<?xml version='1.0'?>${HEADER}<a/><b/></stream:stream>`])).toEqual([
			"start",
			"<a/>",
			"<b/>",
			"end",
		]);
		expect(read([`${HEADER}<a/><!-- --><b/>`])).toEqual(["start", "<a/>", "restricted-xml"]);
		expect(read([`<!DOCTYPE a>${HEADER}<a/>`])).toEqual(["restricted-xml"]);
		expect(read([`<?xml version='1.0'?><?php ?>${HEADER}`])).toEqual(["restricted-xml"]);
	});

	test("says nothing more behind what cannot be read, in the same piece or a later one", () => {
		expect(read([`HTTP/1.1 400 Bad Request\r\n\r\n<html>${HEADER}<a/></html>`, "<b/>"])).toEqual([
			"not-well-formed",
		]);
		expect(read([HEADER, "<a/></b><c/></stream:stream>", "<d/>"])).toEqual([
			"start",
			"<a/>",
			"not-well-formed",
		]);
	});

	test("has no header that does not end, and no end that does not end", () => {
		expect(read([`<stream:stream a="${"x".repeat(MOST.length)}`])).toEqual(["policy-violation"]);
		expect(read([HEADER, `</${"x".repeat(MOST.length)}`])).toEqual(["start", "policy-violation"]);
	});

	test("may have blanks between its stanzas for ever", () => {
		const blanks = Array.from({ length: 50 }, () => " ".repeat(100_000));
		expect(read([HEADER, ...blanks, "<a/>", "\n", "<b/>"])).toEqual(["start", "<a/>", "<b/>"]);
	});
});

describe("a stanza that is too long is passed over, however it comes,", () => {
	const tooLong = "x".repeat(MOST.length);
	const PIECES = [65_536, 9_973];

	test.each([
		["of text", `<message id="1"><body>${tooLong}</body></message>`],
		["of texts", `<message id="1">${"<body>&lt;</body>".repeat(MOST.length / 16)}</message>`],
		["of elements", `<message id="1">${"<a/>".repeat(MOST.length / 4)}</message>`],
		[
			"of levels",
			`<message id="1">${"<a>".repeat(MOST.length / 4)}${"</a>".repeat(MOST.length / 4)}</message>`,
		],
		["of CDATA", `<message id="1"><![CDATA[${"</message>]] ]>".repeat(MOST.length / 12)}]]]></message>`],
		["of empty CDATA", `<message id="1">${"<![CDATA[]]>".repeat(MOST.length / 12)}</message>`],
		["of attributes", `<message id="1"><a ${`b='>"'`.repeat(MOST.length / 5)}/></message>`],
		["of one attribute", `<message id="1"><a b="/>'${">".repeat(MOST.length)}"/></message>`],
		["of ends with blanks", `<message id="1"><a></a${" ".repeat(MOST.length)}></message>`],
	])("%s", (_, xml) => {
		expect(readHowever(`${HEADER}${xml}<after/>`, PIECES)).toEqual([
			"start",
			"skipped message 1",
			"<after/>",
		]);
	});

	test("and what its own tag says is lost where that is what is too long", () => {
		const xml = `<message id="1" a="${"x".repeat(MOST.tag)}"><b/></message><message a="${tooLong}"/>`;
		expect(readHowever(`${HEADER}${xml}<after/>`, PIECES)).toEqual([
			"start",
			"skipped",
			"skipped",
			"<after/>",
		]);
	});

	test("and one that is as long as may be is read", () => {
		const around = `<message id="1"></message>`.length + "<b></b>".length;
		const xml = (length: number) => `<message id="1"><b>${"x".repeat(length - around)}</b></message>`;
		const [, longest = ""] = readHowever(`${HEADER}${xml(MOST.length)}`, PIECES);
		expect(longest).toBe(xml(MOST.text + around));
		expect(readHowever(`${HEADER}${xml(MOST.length + 1)}`, PIECES)).toEqual(["start", "skipped message 1"]);
	});

	test("and so is a comment in it: nothing more is read", () => {
		for (const comment of ["<!-- -->", "<!DOCTYPE a>", "<?php ?>"]) {
			expect(readHowever(`${HEADER}<message>${tooLong}<a/>${comment}</message><b/>`, PIECES)).toEqual([
				"start",
				"restricted-xml",
			]);
		}
	});

	test("unless it answers us: then it may be longer, and is an error beyond that", () => {
		const answer = (length: number) => `<iq type="result" id="1"><a>${"<b/>".repeat(length / 4)}</a></iq>`;
		expect(readHowever(HEADER + answer(2 * MOST.length), PIECES, true)).toEqual([
			"start",
			answer(2 * MOST.length),
		]);
		const huge = answer(stanzaBounds.hostAnswerTaken.is);
		expect(readHowever(`${HEADER}${huge}<after/>`, PIECES, true)).toEqual([
			"start",
			`<iq type="error" id="1"/>`,
			"<after/>",
		]);
	});
});

describe("of a stanza that has too much in it its own tag is left,", () => {
	test.each([
		["elements", "<a/>".repeat(MOST.parts)],
		["elements one in another", `${"<a>".repeat(MOST.parts)}${"</a>".repeat(MOST.parts)}`],
		["attributes", `<a ${Array.from({ length: MOST.parts }, (_, count) => `b${count}=""`).join(" ")}/>`],
		["texts", `<a>${"x".repeat(MOST.text)}</a>`.repeat(MOST.texts / MOST.text + 1)],
		["texts of CDATA", `<a><![CDATA[${"x".repeat(MOST.text)}]]></a>`.repeat(MOST.texts / MOST.text + 1)],
		["values", `<a b="${"x".repeat(MOST.text)}"/>`.repeat(MOST.texts / MOST.text + 1)],
		["a tag", `<a b="${"x".repeat(MOST.tag)}"/>`],
	])("%s", (_, content) => {
		const xml = `<iq type="set" id="1">${content}<c/></iq><iq type="result" id="2">${content}</iq><after/>`;
		expect(readHowever(HEADER + xml, [65_536, 997])).toEqual([
			"start",
			`<iq type="set" id="1"/>`,
			`<iq type="error" id="2"/>`,
			"<after/>",
		]);
	});
});

test("a text that is too long is cut, though not within an entity", () => {
	const text = `${"x".repeat(MOST.text - 3)}&amp;${"y".repeat(10)}`;
	expect(readHowever(`${HEADER}<a>${text}<b/></a>`, [4_001])).toEqual([
		"start",
		`<a>${"x".repeat(MOST.text - 3)}<b/></a>`,
	]);
	const clear = `${"&lt;".repeat(MOST.text / 4)}&lt;`;
	expect(readHowever(`${HEADER}<a>${clear}</a>`, [4_001])).toEqual([
		"start",
		`<a>${"&lt;".repeat(MOST.text / 4)}</a>`,
	]);
});
