/**
 * Publishes of any shape, whole, spoilt and cut, read by the parser alone and with the scanner before it: what comes out
 * is compared. The cases are made by numbers, not by fast-check, which takes longer for one than both readers.
 */
import type { Element } from "@xmpp/xml";
import { StanzaParser } from "../../src/syntax/stanza-parser.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { MalformedPublish, parsePublish } from "../../src/xmpp/publish.ts";
import { PublishScanner, ScannedPublish } from "../../src/xmpp/publish-scanner.ts";

/** Whole numbers below a bound, always the same ones for a seed (xorshift32). */
export type Numbers = (below: number) => number;

export function numbers(seed: number): Numbers {
	let state = seed | 0 || 1;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
}

const HEADER =
	"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='1'>";

/** What may stand anywhere by mistake or by malice. */
const ODD = [
	...[
		"<",
		">",
		"&",
		"'",
		'"',
		"/",
		"=",
		" ",
		"\n",
		"\t",
		"\0",
		"]]>",
		"é",
		"🕊",
		"\ud83d",
		"xmlns=''",
		"<!-- -->",
	],
	...[
		"<![CDATA[",
		"<![CDATA[x]]>",
		"<?php ?>",
		"</iq>",
		"<iq ",
		"</value>",
		"<value>",
		"<value/>",
		"<field/>",
	],
	...[
		"&amp;",
		"&#x41;",
		"&#0;",
		"&nope;",
		"&lt;x&gt;",
		" id='2'",
		" xmlns:p='urn:x'",
		"<p:x/>",
		"<x xmlns='y'/>",
	],
	...[
		"<item/>",
		"<publish node='n'/>",
		"<priority xmlns='tigase:push:priority:0'>high</priority>",
		" var='secret'",
	],
	...[
		"<encrypted xmlns='tigase:push:encrypt:0' iv='a' type='voip'>b</encrypted>",
		"</x><x xmlns='jabber:x:data'>",
	],
];
const VALUES = [
	"",
	" ",
	"1",
	"007",
	"-1",
	"1234567890",
	"New Message!",
	"it&apos;s",
	"&amp;&lt;",
	"juliet@a.example/b",
];
const SUMMARY = [
	"FORM_TYPE",
	"message-count",
	"pending-subscription-count",
	"last-message-sender",
	"last-message-body",
];
const OPTIONS = ["FORM_TYPE", "secret", "pushModule", "mode"];

/** One in so many things is not as it should be, in some publishes and in others. */
const RARELY = [16, 1000, 1000];

/** Texts of publishes. */
class Writer {
	readonly #next: Numbers;
	#rarely = 1;

	constructor(next: Numbers) {
		this.#next = next;
	}

	pick = <T>(list: readonly T[]): T => list[this.#next(list.length)] as T;
	isRare = () => this.#next(this.#rarely) === 0;

	/** Attributes in any order, with any quotes. */
	#tag(name: string, attrs: readonly (readonly [string, string])[], content?: string): string {
		const given = attrs.filter(() => !this.isRare());
		if (this.#next(2) === 0) given.reverse();
		if (this.isRare() && given[0]) given.push(given[0]);
		const quote = this.pick(["'", '"']);
		const texts = given.map(([key, value]) => ` ${key}=${quote}${value}${quote}`);
		const open = `<${this.isRare() ? this.pick(["x", "iq", "item", "q:x"]) : name}${texts.join("")}`;
		if (content === undefined || (content === "" && this.#next(2) === 0)) return `${open}/>`;
		const blank = this.isRare() ? this.pick([" ", "\n", "x", "<a/>"]) : "";
		return `${open}>${blank}${content}</${name}>`;
	}

	#form(names: readonly string[]): string {
		const fields = Array.from({ length: this.#next(7) }, (_, at) => {
			const name = this.isRare() ? this.pick(names) : (names[at % names.length] ?? "");
			const values = Array.from({ length: this.isRare() ? this.#next(4) : this.#next(5) === 0 ? 0 : 1 }, () =>
				this.#tag("value", [], this.pick(VALUES)),
			);
			const kind = this.#next(2) === 0 ? [["type", "text-single"] as const] : [];
			return this.#tag("field", [...kind, ["var", name]], values.join(""));
		});
		const namespace = this.isRare() ? "urn:x" : NS.dataForms;
		return this.#tag(
			"x",
			[
				["type", this.pick(["form", "submit"])],
				["xmlns", namespace],
			],
			fields.join(""),
		);
	}

	publish(): string {
		this.#rarely = this.pick(RARELY);
		const form = this.#next(5) === 0 ? "" : this.#form(SUMMARY);
		const more = this.isRare() ? this.pick(ODD) : "";
		const notification = this.#tag("notification", [["xmlns", NS.push]], form + more);
		const item = this.#tag("item", this.#next(3) === 0 ? [["id", "current"]] : [], notification);
		const publish = this.#tag("publish", [["node", this.isRare() ? "" : "Nod3-_x"]], item);
		const options = this.#next(4) === 0 ? "" : this.#tag("publish-options", [], this.#form(OPTIONS));
		const pubsub = this.#tag("pubsub", [["xmlns", this.isRare() ? "urn:x" : NS.pubsub]], publish + options);
		const attrs: [string, string][] = [
			["to", "push.example.net"],
			["from", "example.org"],
			["type", this.isRare() ? this.pick(["get", "result", "error"]) : "set"],
			["id", this.pick(["1", "a&amp;b", ""])],
		];
		if (this.#next(3) === 0) attrs.push(["xml:lang", "en"]);
		if (this.#next(3) === 0) attrs.push(["xmlns", "jabber:client"]);
		return this.#tag("iq", attrs, pubsub);
	}

	/** Something is put in, left out, repeated or replaced at one place or two. */
	spoilt(text: string): string {
		let spoilt = text;
		for (let changes = this.#next(3); changes > 0; changes--) {
			const at = this.#next(spoilt.length + 1);
			const end = Math.min(spoilt.length, at + this.#next(12));
			const put = this.pick(["", this.pick(ODD), spoilt.slice(at, end).repeat(2)]);
			spoilt = spoilt.slice(0, at) + put + spoilt.slice(this.#next(2) === 0 ? at : end);
		}
		return spoilt;
	}

	/** In up to four pieces. */
	pieces(text: string): string[] {
		const cuts = Array.from({ length: this.#next(4) }, () => this.#next(text.length + 1)).sort(
			(a, b) => a - b,
		);
		return [0, ...cuts].map((from, at) => text.slice(from, cuts[at] ?? text.length));
	}
}

/** What a stanza is to whoever gets it. */
function meaningOf(element: Element): string {
	if (element instanceof ScannedPublish) return published(element, JSON.stringify(element.publish));
	const [pubsub, ...more] = element.getChildElements();
	if (
		element.name === "iq" &&
		element.attrs.type === "set" &&
		more.length === 0 &&
		pubsub?.is("pubsub", NS.pubsub)
	) {
		try {
			return published(element, JSON.stringify(parsePublish(pubsub)));
		} catch (error) {
			if (!(error instanceof MalformedPublish)) throw error;
		}
	}
	return element.toString();
}

const published = (element: Element, publish: string) =>
	`${element.name} ${element.getNS()} ${JSON.stringify(Object.entries(element.attrs).sort())} ${publish}`;

function read(pieces: readonly string[], hasHeader: boolean, scanner?: PublishScanner) {
	const seen: string[] = [];
	let scanned = 0;
	const parser = new StanzaParser(
		{
			onElement(element) {
				if (element instanceof ScannedPublish) scanned++;
				seen.push(meaningOf(element));
			},
			onSkipped: (head) => seen.push(`skipped ${head}`),
			onEnd: () => seen.push("end"),
			onFault: (fault) => seen.push(fault),
		},
		{ hasHeader, ...(scanner && { scanner }) },
	);
	if (hasHeader) parser.write(HEADER);
	for (const piece of pieces) parser.write(piece);
	seen.push(String(parser.isWhole()));
	return { seen: seen.join("\n"), scanned };
}

/**
 * Tries so many cases.
 * @returns how many publishes the scanner read
 * @throws {Error} with the case that was read in two ways
 */
export function compareReaders(cases: number, seed: number): number {
	const next = numbers(seed);
	const writer = new Writer(next);
	const scanner = new PublishScanner();
	let scanned = 0;
	for (let tried = 0; tried < cases; tried++) {
		const whole = Array.from({ length: 1 + next(2) }, () => writer.publish()).join(
			writer.isRare() ? " " : "",
		);
		const pieces = writer.pieces(next(3) === 0 ? writer.spoilt(whole) : whole);
		const hasHeader = next(2) === 0;
		const plain = read(pieces, hasHeader);
		const fast = read(pieces, hasHeader, scanner);
		scanned += fast.scanned;
		if (plain.seen !== fast.seen)
			throw new Error(
				`read in two ways (seed ${seed}, case ${tried}): ${JSON.stringify(pieces)}\nthe parser: ${plain.seen}\nwith the scanner: ${fast.seen}`,
			);
	}
	return scanned;
}
