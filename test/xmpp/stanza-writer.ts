/**
 * Random stanzas, whole, spoilt and cut. They are made by numbers, not by fast-check, which takes longer for one than
 * both readers that are compared by them.
 */

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
		"\r\n",
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
		"</message>",
		"<message ",
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
	...[
		"<voip/>",
		"<client>c</client>",
		"<priority>low</priority>",
		"</payload><payload>",
		"<jwt key='k'>t</jwt>",
		"<notification xmlns='urn:xmpp:push2:0'/>",
		"<event xmlns='http://jabber.org/protocol/pubsub#event'/>",
	],
];
/** One in so many things is not as it should be, in some stanzas and in others. */
const RARELY = [16, 1000, 1000];

/** Writes a stanza, in which here and there something is not as it should be. */
export class StanzaWriter {
	readonly next: Numbers;
	#rarely = 1;

	constructor(next: Numbers) {
		this.next = next;
	}

	/** A stanza begins: how much of it is not as it should be. */
	begin() {
		this.#rarely = this.pick(RARELY);
	}

	pick = <T>(list: readonly T[]): T => list[this.next(list.length)] as T;
	isRare = () => this.next(this.#rarely) === 0;
	/** What may stand anywhere by mistake or by malice. */
	odd = () => this.pick(ODD);

	/** Attributes in any order, with any quotes. */
	tag(name: string, attrs: readonly (readonly [string, string])[], content?: string): string {
		const given = attrs.filter(() => !this.isRare());
		if (this.next(2) === 0) given.reverse();
		if (this.isRare() && given[0]) given.push(given[0]);
		const quote = this.pick(["'", '"']);
		const texts = given.map(([key, value]) => ` ${key}=${quote}${value}${quote}`);
		const open = `<${this.isRare() ? this.pick(["x", "iq", "item", "q:x", "message"]) : name}${texts.join("")}`;
		if (content === undefined || (content === "" && this.next(2) === 0)) return `${open}/>`;
		const blank = this.isRare() ? this.pick([" ", "\n", "x", "<a/>"]) : "";
		return `${open}>${blank}${content}</${name}>`;
	}

	/** Something is put in, left out, repeated or replaced at one place or two. */
	spoilt(text: string): string {
		let spoilt = text;
		for (let changes = this.next(3); changes > 0; changes--) {
			const at = this.next(spoilt.length + 1);
			const end = Math.min(spoilt.length, at + this.next(12));
			const put = this.pick(["", this.odd(), spoilt.slice(at, end).repeat(2)]);
			spoilt = spoilt.slice(0, at) + put + spoilt.slice(this.next(2) === 0 ? at : end);
		}
		return spoilt;
	}

	/** In up to four pieces. */
	pieces(text: string): string[] {
		const cuts = Array.from({ length: this.next(4) }, () => this.next(text.length + 1)).sort((a, b) => a - b);
		return [0, ...cuts].map((from, at) => text.slice(from, cuts[at] ?? text.length));
	}
}
