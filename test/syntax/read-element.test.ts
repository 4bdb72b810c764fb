/** An element that was read answers each question as ltx's own does. */
import { describe, expect, test } from "bun:test";
import { parse } from "ltx";
import { StanzaParser } from "../../src/syntax/stanza-parser.ts";
import type { Element } from "../../src/syntax/xml.ts";

const STREAM =
	"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";
const STANZA = `<iq id='1'><a/><p:a xmlns:p='urn:p'><p:b/><b/></p:a><a xmlns='urn:a'>one<b xmlns=''/>two<b p:c='1'/>
	<a xmlns='urn:b'><stream:a/><aa/></a></a><x:a/></iq>`;

function read(text: string, header?: string): Element {
	const read: Element[] = [];
	const parser = new StanzaParser(
		{
			onElement: (element) => read.push(element),
			onSkipped: () => {},
			onFault: (fault) => expect(fault).toBeUndefined(),
		},
		{ hasHeader: header !== undefined },
	);
	parser.write((header ?? "") + text);
	expect(read).toHaveLength(1);
	return read[0] as Element;
}

/** All elements of a tree, as they stand. */
const allOf = (element: Element): Element[] => [element, ...element.getChildElements().flatMap(allOf)];

const QUESTIONS = ["a", "b", "aa", "p:a", "x:a", "c", ""].flatMap((name) =>
	[undefined, "", "urn:a", "urn:b", "urn:p", "jabber:component:accept"].map((xmlns) => ({ name, xmlns })),
);

function answersOf(element: Element, { name, xmlns }: (typeof QUESTIONS)[number]) {
	const textOf = (it: Element | undefined) => it?.toString();
	return {
		is: element.is(name, xmlns),
		child: textOf(element.getChild(name, xmlns)),
		children: element.getChildren(name, xmlns).map(textOf),
		text: element.getChildText(name, xmlns),
	};
}

describe.each<[string, string | undefined]>([
	["below a header", STREAM],
	["by itself", undefined],
])("%s", (_, header) => {
	const ours = allOf(read(STANZA, header));
	const root = parse(`${header ?? ""}${STANZA}${header ? "</stream:stream>" : ""}`) as unknown as Element;
	const theirs = allOf(header ? (root.getChildElements()[0] as Element) : root);

	test("the same elements are there", () => {
		expect(ours.map(String)).toEqual(theirs.map(String));
		expect(ours).toHaveLength(12);
	});

	test("each has the same name, namespace and attributes", () => {
		const names = (it: Element) => [it.getName(), it.getNS(), it.attrs, it.parent?.name];
		expect(ours.map(names)).toEqual(theirs.map(names));
	});

	test.each(QUESTIONS)("asked for %p", (question) => {
		expect(ours.map((it) => answersOf(it, question))).toEqual(theirs.map((it) => answersOf(it, question)));
	});
});
