/** The stanzas that take longest to be read, handled and answered: none keeps the process from all others for long. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import { longestHold, unhurried } from "../fuzz/event-loop.ts";
import { openStrangers, type Strangers } from "../fuzz/strangers.ts";
import { command, JULIET, submit } from "../xmpp/commands/commands-fixture.ts";

let strangers: Strangers;
beforeAll(async () => {
	strangers = await openStrangers(() => ({ kind: "done", how: "delivered" }));
});
beforeEach(() => strangers.restore());
afterAll(() => strangers.close());

const LENGTH = stanzaBounds.taken.is;
const many = (part: string, length = LENGTH - 2_000) => part.repeat(length / part.length);
const iq = (payload: string, id = "1") =>
	`<iq type="set" id="${id}" from="${JULIET}" to="push.example.org">${payload}</iq>`;
const publish = (content: string) =>
	iq(
		`<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="N"><item><notification xmlns="urn:xmpp:push:0">${content}</notification></item></publish></pubsub>`,
	);
const field = (name: string, values: string) => `<field var="${name}">${values}</field>`;
const form = (fields: string) => `<x xmlns="jabber:x:data" type="submit">${fields}</x>`;

/** Made when they are needed: together they are large. */
const STANZAS: [string, () => string][] = [
	["of empty elements", () => iq(many("<a/>"))],
	["of levels", () => iq("<a>".repeat(LENGTH / 8) + "</a>".repeat(LENGTH / 8))],
	[
		"of attributes",
		() => iq(`<a ${Array.from({ length: 90_000 }, (_, count) => `a${count}=""`).join(" ")}/>`),
	],
	["of entities in one text", () => iq(`<a>${many("&lt;")}</a>`)],
	["of entities in many texts", () => iq(many(`<a>${"&lt;".repeat(8_000)}</a>`))],
	["of entities in its id", () => iq("<a/>", many("&gt;"))],
	[
		"of a publish with a long text",
		() => publish(form(field("last-message-body", `<value>${many("🕊&amp;", 900_000)}</value>`))),
	],
	[
		"of a publish with long encrypted content",
		() => publish(`<encrypted xmlns="tigase:push:encrypt:0" iv="I">${many("&amp;")}</encrypted>`),
	],
	[
		"of a publish with as many fields as are read",
		() => publish(form(many(field("a", "<value>x</value>"), 130_000))),
	],
	[
		"of a publish with a field of many blank values that comes again and again",
		() =>
			publish(
				form(field("a", `<value>${" ".repeat(60)}</value>`.repeat(1_900)) + field("a", "").repeat(1_000)),
			),
	],
	["of a publish with as many forms as are read", () => publish(form("").repeat(1_300))],
	[
		"of a command with as much as is read",
		() =>
			iq(
				command(
					"unregister-push",
					form(
						Array.from({ length: 31 }, (_, count) =>
							field(`f${count}`, `<value>${"&amp;".repeat(800)}</value>`),
						).join(""),
					),
				),
			),
	],
	[
		"of a command with as many values as may be",
		() => iq(command("unregister-push", submit({ nodes: Array(64).fill("N".repeat(1_000)) }))),
	],
	["of many commands", () => many(iq(command("list-push-registrations")), 60_000)],
	["that is 16 times as long", () => iq(many("<a/>", 16 * LENGTH))],
	[
		"that is 16 times as long, of one text",
		() => `<message><body>${many("x", 16 * LENGTH)}</body></message>`,
	],
];

describe.each(["account", "component"] as const)("to the address of the %s", (kind) => {
	test.each(STANZAS.filter(([name]) => kind === "component" || name !== "of many commands"))(
		"a stanza %s",
		async (_, stanza) => {
			const xml = stanza();
			const door = strangers[kind]();
			// What comes over TCP comes in pieces, between which others have their turn.
			const pieces = kind === "account" ? [xml] : (xml.match(/[\s\S]{1,65536}/g) ?? []);
			const held = await unhurried(() =>
				longestHold(async () => {
					for (const piece of pieces) {
						await door.take(piece);
						await new Promise((resolve) => setImmediate(resolve));
					}
				}),
			);
			expect(held).toMatchObject({ isWithin: true });
			expect(door.faults()).toBe(0);
		},
	);
});

test("ending as many registrations as one may have", async () => {
	const door = strangers.component();
	const [list] = await door.take(iq(command("list-push-registrations")));
	const nodes = [...String(list).matchAll(/var="node"><value>([^<]+)/g)].map(([, node]) => node ?? "");
	expect(nodes).toHaveLength(50);
	const held = await unhurried(async () => {
		await strangers.restore();
		return longestHold(() => door.take(iq(command("unregister-push", submit({ nodes })))));
	});
	expect(held).toMatchObject({ isWithin: true });
});
