/** Publishes and commands that say things twice, or in other names: one reading everywhere, and the first counts. */
import { describe, expect, test } from "bun:test";
import type { Publish } from "../../src/xmpp/publish.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { noCommands } from "../xmpp/no-commands.ts";
import { parse } from "../xmpp/parse.ts";

const PUBSUB = "http://jabber.org/protocol/pubsub";
const NOTIFICATION = `<notification xmlns="urn:xmpp:push:0"/>`;
const field = (name: string, value: string, prefix = "") =>
	`<${prefix}field var="${name}"><${prefix}value>${value}</${prefix}value></${prefix}field>`;
const form = (fields: string) => `<x xmlns="jabber:x:data" type="submit">${fields}</x>`;
const publish = (node: string, item = `<item>${NOTIFICATION}</item>`) =>
	`<publish node="${node}">${item}</publish>`;
const options = (fields: string) => `<publish-options>${form(fields)}</publish-options>`;
const SECRET = options(field("secret", "right"));

/** What of this IQ set reached delivery, and the answer's beginning. */
async function taken(
	children: string,
	wrap = (inner: string) => `<pubsub xmlns="${PUBSUB}">${inner}</pubsub>`,
) {
	const published: Publish[] = [];
	const handle = createStanzaHandler({
		publish: async (one) => {
			published.push(one);
			return { kind: "done", how: "delivered" };
		},
		commands: noCommands,
		version: "0",
	});
	const reply = await handle(parse(`<iq type="set" id="1" from="a">${wrap(children)}</iq>`));
	const [{ node, secret } = { node: undefined, secret: undefined }] = published;
	return { count: published.length, node, secret, answer: reply?.attrs.type };
}

const refused = { count: 0, node: undefined, secret: undefined, answer: "error" };
const right = { count: 1, node: "N", secret: "right", answer: "result" };

describe("said twice, the first counts:", () => {
	test.each([
		["two secrets", `${publish("N")}${options(field("secret", "right") + field("secret", "wrong"))}`],
		[
			"two values",
			`${publish("N")}${options(`<field var="secret"><value>right</value><value>wrong</value></field>`)}`,
		],
		[
			"two forms",
			`${publish("N")}<publish-options>${form(field("secret", "right"))}${form(field("secret", "wrong"))}</publish-options>`,
		],
		["two publish-options", `${publish("N")}${SECRET}${options(field("secret", "wrong"))}`],
		["two publishes", `${publish("N")}${publish("M")}${SECRET}`],
		["two items", `${publish("N", `<item>${NOTIFICATION}</item><item><other/></item>`)}${SECRET}`],
		["options before the publish", `${SECRET}${publish("N")}`],
		[
			"a thousand secrets",
			`${publish("N")}${options(field("secret", "right") + field("secret", "wrong").repeat(1_000))}`,
		],
		["a secret of text and CDATA", `${publish("N")}${options(field("secret", "ri<![CDATA[ght]]>"))}`],
	])("%s", async (_, children) => expect(await taken(children)).toEqual(right));

	test("an empty first field is a missing one: the second counts, and no third", async () => {
		const fields = field("secret", "") + field("secret", "right") + field("secret", "wrong");
		expect(await taken(`${publish("N")}${options(fields)}`)).toEqual(right);
	});

	test("a thousand secrets of blanks are one of blanks, which is wrong", async () => {
		const children = `${publish("N")}${options(field("secret", " ").repeat(1_000))}`;
		expect(await taken(children)).toMatchObject({ count: 1, secret: " " });
	});
});

describe("in another namespace it is not said:", () => {
	test.each([
		["a publish", `<publish xmlns="urn:other" node="N"><item>${NOTIFICATION}</item></publish>${SECRET}`],
		["an item", `${publish("N", `<item xmlns="urn:other">${NOTIFICATION}</item>`)}${SECRET}`],
		["a notification", `${publish("N", `<item><notification xmlns="urn:xmpp:push:1"/></item>`)}${SECRET}`],
		["a notification without one", `${publish("N", "<item><notification/></item>")}${SECRET}`],
		[
			"a notification in another one's prefix",
			`${publish("N", `<item><p:notification xmlns:p="urn:other" xmlns="urn:xmpp:push:0"/></item>`)}${SECRET}`,
		],
		[
			"a notification in a prefix of no namespace",
			`${publish("N", "<item><p:notification/></item>")}${SECRET}`,
		],
		["a notification too deep", `${publish("N", `<item><a>${NOTIFICATION}</a></item>`)}${SECRET}`],
		[
			"a node in a prefix",
			`<publish p:node="N" xmlns:p="${PUBSUB}"><item>${NOTIFICATION}</item></publish>${SECRET}`,
		],
	])("%s", async (_, children) => expect(await taken(children)).toEqual(refused));

	test.each([
		["pubsub", (inner: string) => `<pubsub xmlns="urn:other">${inner}</pubsub>`],
		["pubsub's own", (inner: string) => `<pubsub xmlns="${PUBSUB}#owner">${inner}</pubsub>`],
		["pubsub in none", (inner: string) => `<pubsub xmlns="">${inner}</pubsub>`],
		["pubsub beside another payload", (inner: string) => `<pubsub xmlns="${PUBSUB}">${inner}</pubsub><a/>`],
	])("%s", async (_, wrap) => expect(await taken(`${publish("N")}${SECRET}`, wrap)).toEqual(refused));

	test.each([
		["the form", `<publish-options><x xmlns="urn:other">${field("secret", "right")}</x></publish-options>`],
		["the field", options(`<field xmlns="urn:other" var="secret"><value>right</value></field>`)],
		["the value", options(`<field var="secret"><value xmlns="urn:other">right</value></field>`)],
		[
			"publish-options",
			`<publish-options xmlns="urn:other">${form(field("secret", "right"))}</publish-options>`,
		],
		[
			"the field's name",
			options(`<field p:var="secret" xmlns:p="jabber:x:data"><value>right</value></field>`),
		],
	])("%s that has the secret", async (_, secret) =>
		expect(await taken(`${publish("N")}${secret}`)).toMatchObject({ count: 1, secret: undefined }),
	);
});

test("a prefix that is given another meaning further in has that one there", async () => {
	const children =
		`<p:publish node="N"><p:item><p:notification xmlns:p="urn:xmpp:push:0"/></p:item></p:publish>` +
		`<p:publish-options><p:x xmlns:p="jabber:x:data">${field("secret", "right", "p:")}</p:x></p:publish-options>`;
	const wrap = (inner: string) => `<p:pubsub xmlns:p="${PUBSUB}" xmlns="urn:other">${inner}</p:pubsub>`;
	expect(await taken(children, wrap)).toEqual(right);
});
