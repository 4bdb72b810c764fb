/** What is remembered of a stanza does not keep the whole stanza in memory. */

import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import xml from "@xmpp/xml";
import fc from "fast-check";
import { createUnacknowledged } from "../../src/connector/stream/unacknowledged.ts";
import { createJournal } from "../../src/delivery/journal.ts";
import { byItself } from "../../src/limits/text-length.ts";
import { createBuckets } from "../../src/limits/token-buckets.ts";
import { publishOf } from "../../src/xmpp/publish.ts";
import { push2MessageOf } from "../../src/xmpp/push2.ts";

/** Of so many stanzas, each so long. */
const STANZAS = 500;
const LENGTH = 20_000;

const clientIn = (client: string) =>
	push2MessageOf({ from: "example.net" }, { client, isVoip: false })?.client;

/** What stays in memory of all of them, bytes. */
function keptOf(remember: (name: string) => unknown): number {
	Bun.gc(true);
	const before = heapStats();
	const remembered: unknown[] = [];
	for (let stanza = 0; stanza < STANZAS; stanza++) {
		const text = Buffer.alloc(LENGTH, `${stanza} `.padStart(50, "x")).toString();
		remembered.push(remember(text.slice(100, 160)));
	}
	Bun.gc(true);
	const after = heapStats();
	expect(remembered).toHaveLength(STANZAS);
	return after.heapSize - before.heapSize;
}

test("a text by itself is the same text", () => {
	fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => byItself(text) === text));
	expect(byItself("\ufeffnode")).toBe("\ufeffnode");
});

test.each<[string, (name: string) => unknown]>([
	["a text by itself", byItself],
	["the node of a publish", (node) => publishOf({ node, secret: undefined, pushModule: undefined }, {}).node],
	["the client of a message of Push 2.0", clientIn],
])("%s keeps nothing of what it was cut out of", (_, remember) => {
	expect(keptOf(remember)).toBeLessThan((STANZAS * LENGTH) / 2);
});

test("the name of a bucket keeps nothing of what it was cut out of", () => {
	const buckets = createBuckets({ burst: 1, perSecond: 1 }, () => 0);
	expect(keptOf((name) => buckets.take(name))).toBeLessThan((STANZAS * LENGTH) / 2);
});

test("an answer that its server has not acknowledged keeps nothing of its request", () => {
	const { sent, count } = createUnacknowledged(0);
	const answer = (text: string) =>
		xml("iq", { id: text.slice(0, 30), to: text.slice(30) }, xml("query", { node: text }, text));
	expect(keptOf((text) => sent(answer(text), 200))).toBeLessThan((STANZAS * LENGTH) / 2);
	expect(count()).toBe(STANZAS);
});

test("an event keeps nothing of the publish that it is about", () => {
	const heard: unknown[] = [];
	const journal = createJournal();
	journal.listen((event) => heard.push(event));
	const note = (text: string) =>
		journal.note({
			kind: "wrong-secret",
			node: text.slice(0, 30),
			reason: "no such registration",
			decider: "server",
			decidedBy: text.slice(20),
		});
	expect(keptOf(note)).toBeLessThan((STANZAS * LENGTH) / 2);
	expect(heard).toHaveLength(STANZAS);
	expect(journal.take()).toHaveLength(STANZAS);
});
