/** Stanzas read by the parser alone and with the scanner before it: what comes out is compared. */
import type { Element } from "@xmpp/xml";
import { StanzaParser, type StanzaScanner } from "../../src/syntax/stanza-parser.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { MalformedPublish, type Publish, parsePublish } from "../../src/xmpp/publish.ts";
import { ScannedPublish } from "../../src/xmpp/publish-scanner.ts";
import { type Push2Message, parsePush2 } from "../../src/xmpp/push2.ts";
import { ScannedPush2 } from "../../src/xmpp/push2-scanner.ts";
import { createStanzaScanner } from "../../src/xmpp/stanza-scanner.ts";
import { numbers, StanzaWriter } from "./stanza-writer.ts";

const HEADER =
	"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='1'>";

/** What a stanza says to whoever gets it, scanned or not. */
export function meaningOf(element: Element): string {
	const said = saidIn(element);
	if (said === undefined) return element.toString();
	const attrs = Object.entries(element.attrs).sort();
	return `${element.name} ${JSON.stringify(attrs)} ${JSON.stringify(said)}`;
}

/** @returns undefined: it is no publish and no message of Push 2.0, or there is something beside it */
function saidIn(element: Element): Publish | Push2Message | undefined {
	if (element instanceof ScannedPublish) return element.publish;
	if (element instanceof ScannedPush2) return element.push2;
	const [child, ...more] = element.getChildElements();
	if (more.length > 0) return undefined;
	if (element.name === "message") return parsePush2(element);
	if (element.name !== "iq" || element.attrs.type !== "set" || !child?.is("pubsub", NS.pubsub))
		return undefined;
	try {
		return parsePublish(child);
	} catch (error) {
		if (!(error instanceof MalformedPublish)) throw error;
		return undefined;
	}
}

function read(pieces: readonly string[], hasHeader: boolean, scanner?: StanzaScanner) {
	const seen: string[] = [];
	let scanned = 0;
	const parser = new StanzaParser(
		{
			onElement(element) {
				if (element instanceof ScannedPublish || element instanceof ScannedPush2) scanned++;
				seen.push(`${element.getNS()} ${meaningOf(element)}`);
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
 * @param write writes a stanza
 * @returns how many stanzas the scanner read
 * @throws {Error} with the case that was read in two ways
 */
export function compareReaders(write: (writer: StanzaWriter) => string, cases: number, seed: number): number {
	const next = numbers(seed);
	const writer = new StanzaWriter(next);
	const scanner = createStanzaScanner();
	let scanned = 0;
	for (let tried = 0; tried < cases; tried++) {
		const whole = Array.from({ length: 1 + next(2) }, () => write(writer)).join(writer.isRare() ? " " : "");
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
