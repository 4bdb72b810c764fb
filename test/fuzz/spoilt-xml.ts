/** Stanzas as trees, spoilt: elements and attributes removed, repeated, moved and renamed. */
import { Element } from "@xmpp/xml";
import fc, { type Arbitrary } from "fast-check";
import { NS } from "../../src/xmpp/namespaces.ts";
import { parse } from "../xmpp/parse.ts";
import { HOSTILE } from "./hostile.ts";

const KINDS = 13;
type Change = readonly [kind: number, at: number, other: number, text: string];

const WORDS = [
	...[
		"FORM_TYPE",
		"secret",
		"node",
		"token",
		"type",
		"device-id",
		"device-name",
		"classes",
		"nodes",
		"muc",
		"pushModule",
	],
	...["set", "get", "result", "error", "submit", "cancel", "execute", "prev", "form", "voip", "high", "low"],
	...[
		"iq",
		"message",
		"pubsub",
		"publish",
		"item",
		"notification",
		"x",
		"field",
		"value",
		"command",
		"query",
	],
];
const NAMESPACES: readonly string[] = [...Object.values(NS), "jabber:client", "urn:example:other"];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.constantFrom(...WORDS), fc.constantFrom(...NAMESPACES));
const change: Arbitrary<Change> = fc.tuple(fc.nat(KINDS - 1), fc.nat(0xffff), fc.nat(0xffff), text);

/** One of these stanzas, with up to six changes. */
export function spoiltStanza(stanzas: readonly string[]): Arbitrary<Element> {
	const parsed = stanzas.map(parse);
	const elements = parsed.flatMap(elementsOf);
	return fc.tuple(fc.nat(parsed.length - 1), fc.array(change, { maxLength: 6 })).map(([which, changes]) => {
		const original = parsed[which] as Element;
		const stanza = copyOf(original);
		stanza.parent = original.parent;
		for (const one of changes) spoil(stanza, one, elements);
		return stanza;
	});
}

function copyOf(element: Element): Element {
	const copy = new Element(element.name, { ...element.attrs });
	for (const child of element.children)
		copy.append(typeof child === "string" ? child : copyOf(child as Element));
	return copy;
}

function elementsOf(element: Element): Element[] {
	return [element, ...element.getChildElements().flatMap(elementsOf)];
}

const pick = <T>(list: readonly T[], at: number) => list[at % list.length] as T;

function spoil(stanza: Element, [kind, at, other, hostile]: Change, elements: readonly Element[]): void {
	const all = elementsOf(stanza);
	const it = pick(all, at);
	const parent = it === stanza ? undefined : (it.parent ?? undefined);
	const name = pick(Object.keys(it.attrs).concat("node"), other);
	switch (kind) {
		case 0:
			return void parent?.remove(it);
		case 1:
			return void parent?.append(copyOf(it));
		case 2:
			it.children.reverse();
			return;
		case 3:
			it.attrs.xmlns = pick(NAMESPACES, other);
			return;
		case 4:
			it.name = pick(WORDS, other);
			return;
		case 5:
			delete it.attrs[name];
			return;
		case 6:
			it.attrs[name] = hostile;
			return;
		case 7:
			it.children = [hostile];
			return;
		case 8:
			it.t(hostile);
			return;
		case 9:
			// A part of another stanza, where it does not belong.
			return void it.append(copyOf(pick(elements, other)));
		case 10:
			it.name = `p:${it.getName()}`;
			it.attrs["xmlns:p"] = pick(NAMESPACES, other);
			return;
		case 11:
			nest(it, 1 + (other % 60));
			return;
		default:
			if (parent) for (let copies = other % 80; copies > 0; copies--) parent.append(copyOf(it));
	}
}

/** Itself in itself, so often. */
function nest(it: Element, depth: number): void {
	let innermost = it;
	for (; depth > 0; depth--) {
		const copy = copyOf(it);
		copy.children = [];
		innermost.append(copy);
		innermost = copy;
	}
}
