/** What is read of a stream whose pieces are as no server would choose them. */
import { describe, expect, test } from "bun:test";
import { createStanzaParser } from "../../src/bun/stanza-parser.ts";

const HEADER = `<stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns="jabber:component:accept" id="1">`;

function read(...pieces: string[]): string[] {
	const seen: string[] = [];
	const parser = createStanzaParser({
		onStart: () => seen.push("start"),
		onElement: (element) => seen.push(String(element)),
		onEnd: () => seen.push("end"),
		onFault: (fault) => seen.push(fault),
	});
	for (const piece of pieces) parser.write(piece);
	return seen;
}

describe("a stream", () => {
	test("begins behind a declaration, though that comes in two pieces", () => {
		expect(read("<?xml version='1.0'?", `>${HEADER}<a/>`)).toEqual(["start", "<a/>"]);
	});

	test("may come in one piece with its header, and not with what must not be sent", () => {
		expect(read(`<?xml version='1.0'?>${HEADER}<a/><b/></stream:stream>`)).toEqual([
			"start",
			"<a/>",
			"<b/>",
			"end",
		]);
		expect(read(`${HEADER}<a/><!-- --><b/>`)).toEqual(["restricted-xml"]);
		expect(read(`<!DOCTYPE a>${HEADER}<a/>`)).toEqual(["restricted-xml"]);
		expect(read(`<?xml version='1.0'?><?php ?>${HEADER}`)).toEqual(["restricted-xml"]);
	});

	test("says nothing more behind what cannot be read, in the same piece or a later one", () => {
		expect(read(`HTTP/1.1 400 Bad Request\r\n\r\n<html>${HEADER}<a/></html>`, "<b/>")).toEqual([
			"not-well-formed",
		]);
		expect(read(HEADER, "<a/></b><c/></stream:stream>", "<d/>")).toEqual([
			"start",
			"<a/>",
			"not-well-formed",
		]);
	});
});
