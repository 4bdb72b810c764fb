import { describe, expect, test } from "bun:test";
import { publishBounds } from "../../src/limits/bounds/publishes.ts";
import { MalformedPublish, parsePublish } from "../../src/xmpp/publish.ts";
import { options, parse, publishIq, summary } from "./parse.ts";

function publishOf(stanza: string) {
	const [pubsub] = parse(stanza).getChildElements();
	if (!pubsub) throw new Error("no payload");
	return parsePublish(pubsub);
}
const notificationOf = (content: string) => publishOf(publishIq(content)).notification;

describe("Prosody's mod_cloud_notify", () => {
	const prosody = (body: string) => `<iq type="set" from="example.org" to="push.example" id="x">
		<pubsub xmlns="http://jabber.org/protocol/pubsub">
		 <publish node="N"><item><notification xmlns="urn:xmpp:push:0"><x xmlns="jabber:x:data" type="form">
		   <field type="hidden" var="FORM_TYPE"><value>urn:xmpp:push:summary</value></field>
		   <field type="text-single" var="message-count"><value>1</value></field>
		   <field type="text-single" var="pending-subscription-count"/>
		   <field type="jid-single" var="last-message-sender"/>
		   <field type="text-single" var="last-message-body">${body}</field>
		 </x></notification></item></publish>
		 <publish-options><x xmlns="jabber:x:data" type="submit">
		   <field type="hidden" var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field>
		   <field var="secret"><value>ejabberd-is-not-prosody</value></field>
		 </x></publish-options></pubsub></iq>`;

	test("an important stanza carries the configured text, and is of high urgency", () => {
		expect(publishOf(prosody("<value>New Message!</value>"))).toEqual({
			node: "N",
			secret: "ejabberd-is-not-prosody",
			notification: { class: "high", count: 1, body: "New Message!" },
		});
	});

	test("an unimportant one has fields without a value, which are as good as missing", () => {
		expect(publishOf(prosody(""))).toEqual({
			node: "N",
			secret: "ejabberd-is-not-prosody",
			notification: { class: "low", count: 1 },
		});
		expect(publishOf(prosody("<value/>")).notification).toEqual({ class: "low", count: 1 });
	});
});

describe("ejabberd's mod_push", () => {
	test("a message, if configured, brings its sender and body and no count", () => {
		const form = summary({
			"last-message-sender": "juliet@capulet.example/balcony",
			"last-message-body": "Romeo?",
		});
		expect(notificationOf(form)).toEqual({
			class: "high",
			sender: "juliet@capulet.example/balcony",
			body: "Romeo?",
		});
	});

	test("a stanza without a body comes with no summary at all, and is a silent push", () => {
		expect(notificationOf("")).toEqual({ class: "low" });
	});

	test("an item with an id and no publish-options is a publish without a secret", () => {
		const stanza = `<iq type="set" from="example.org" to="push@example.net/push" id="1">
			<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="N"><item id="4711">
			<notification xmlns="urn:xmpp:push:0"/></item></publish></pubsub></iq>`;
		expect(publishOf(stanza)).toEqual({ node: "N", notification: { class: "low" } });
	});
});

describe("Tigase", () => {
	const message = summary({
		"message-count": "3",
		"last-message-sender": "coven@chat.example",
		"last-message-body": "Hail!",
	});

	test("a room's message names the nickname of who wrote", () => {
		const groupchat = `<groupchat xmlns="http://tigase.org/protocol/muc#offline"><nickname>witch</nickname></groupchat>`;
		expect(notificationOf(message + groupchat)).toEqual({
			class: "high",
			count: 3,
			sender: "coven@chat.example",
			body: "Hail!",
			nickname: "witch",
		});
	});

	test("an event of the account is a class of its own, which nothing supersedes", () => {
		const event = `<event xmlns="http://tigase.org/protocol/account#event" name="account-removed"/>`;
		expect(notificationOf(event)).toEqual({ class: "event", event: "account-removed" });
	});

	test("an explicit priority wins over what the summary says", () => {
		const priority = (value: string) => `<priority xmlns="tigase:push:priority:0">${value}</priority>`;
		expect(notificationOf(priority("high")).class).toBe("high");
		expect(notificationOf(message + priority("low")).class).toBe("low");
		expect(notificationOf(message + priority("urgent")).class).toBe("high");
	});

	test("encrypted content is passed through untouched, and is worth waking for", () => {
		const encrypted = `<encrypted xmlns="tigase:push:encrypt:0" iv="aXY=">Zm9v+/==</encrypted>`;
		expect(notificationOf(encrypted)).toEqual({ class: "high", encrypted: { data: "Zm9v+/==", iv: "aXY=" } });
		const quiet = `<priority xmlns="tigase:push:priority:0">low</priority>${encrypted}`;
		expect(notificationOf(quiet).class).toBe("low");
	});

	test("an encrypted call rings, whatever its priority says", () => {
		const call = `<encrypted xmlns="tigase:push:encrypt:0" iv="aXY=" type="voip">Zm9v</encrypted>
			<priority xmlns="tigase:push:priority:0">low</priority>`;
		expect(notificationOf(call)).toEqual({
			class: "voip",
			encrypted: { data: "Zm9v", iv: "aXY=", type: "voip" },
		});
	});

	test("the same names in another namespace mean nothing", () => {
		const other = `<priority xmlns="urn:example">high</priority><event xmlns="urn:example" name="x"/>
			<encrypted xmlns="urn:example" iv="x">y</encrypted><groupchat xmlns="urn:example"><nickname>n</nickname></groupchat>`;
		expect(notificationOf(other)).toEqual({ class: "low" });
	});
});

test("MongooseIM's options beside the secret do not disturb", () => {
	const mongoose = options({
		service: "fcm",
		device_id: "d",
		mode: "prod",
		topic: "im.example",
		priority: "high",
		mutable_content: "true",
		time_to_live: "60",
		silent: "false",
		secret: "S",
	});
	expect(
		publishOf(publishIq(summary({ "message-count": "1", "last-message-body": "Hi" }), mongoose)),
	).toEqual({
		node: "N",
		secret: "S",
		notification: { class: "high", count: 1, body: "Hi" },
	});
});

test("a prefix for the namespace means the same as a default namespace", () => {
	const stanza = `<iq type="set" id="1"><ps:pubsub xmlns:ps="http://jabber.org/protocol/pubsub"><ps:publish node="N">
		<ps:item><n:notification xmlns:n="urn:xmpp:push:0"/></ps:item></ps:publish></ps:pubsub></iq>`;
	expect(publishOf(stanza)).toEqual({ node: "N", notification: { class: "low" } });
});

describe("values", () => {
	const countOf = (value: string) => notificationOf(summary({ "message-count": value })).count;

	test.each([
		["0", 0],
		["7", 7],
		["999999999", 999_999_999],
		["1000000000", undefined],
		["9".repeat(400), undefined],
		["-1", undefined],
		["1.5", undefined],
		["1e9", undefined],
		["many", undefined],
		["", undefined],
	])("a count of %p is %p: what fits no badge is as good as missing", (value, count) => {
		expect(countOf(value)).toBe(count as number);
	});

	test("of a field that comes twice the first counts, and of several values too", () => {
		const form = `<x xmlns="jabber:x:data" type="submit">
			<field var="last-message-body"><value>first</value><value>second</value></field>
			<field var="last-message-body"><value>third</value></field></x>`;
		expect(notificationOf(form).body).toBe("first");
	});

	test("text is unescaped, and keeps what only looks like markup", () => {
		expect(notificationOf(summary({ "last-message-body": "a &lt;b&gt; &amp; &#x2665;" })).body).toBe(
			"a <b> & ♥",
		);
	});

	test("fields without a name, and names that objects have anyway, do no harm", () => {
		const form = `<x xmlns="jabber:x:data"><field><value>x</value></field>
			<field var="__proto__"><value>y</value></field><field var="constructor"><value>z</value></field></x>`;
		expect(notificationOf(form)).toEqual({ class: "low" });
	});
});

describe("a publish that cannot be read says what is wrong", () => {
	const PUBSUB = "http://jabber.org/protocol/pubsub";
	test.each([
		["something else of pubsub", `<subscribe node="N"/>`, /only <publish\/>/],
		["no node", `<publish><item><notification xmlns="urn:xmpp:push:0"/></item></publish>`, /no node/],
		[
			"an empty node",
			`<publish node=""><item><notification xmlns="urn:xmpp:push:0"/></item></publish>`,
			/no node/,
		],
		["no item", `<publish node="N"/>`, /no <notification/],
		["an empty item", `<publish node="N"><item/></publish>`, /no <notification/],
		["another payload", `<publish node="N"><item><notification/></item></publish>`, /no <notification/],
		["a retraction", `<retract node="N"><item id="1"/></retract>`, /only <publish\/>/],
	])("%s", (_name, content, reason) => {
		const publishing = () =>
			publishOf(`<iq type="set" id="1"><pubsub xmlns="${PUBSUB}">${content}</pubsub></iq>`);
		expect(publishing).toThrow(MalformedPublish);
		expect(publishing).toThrow(reason);
	});
});

describe("of a publish no more is kept than a push can carry:", () => {
	const { text, encrypted, sender, nickname, event, secret, pushModule } = publishBounds;
	const bytesOf = (value = "") => new TextEncoder().encode(value).length;

	test("the text is cut at a character", () => {
		for (const body of ["x".repeat(500_000), "🕊".repeat(100_000), `x${"€".repeat(100_000)}`]) {
			const kept = notificationOf(summary({ "last-message-body": body }));
			expect(kept.class).toBe("high");
			expect(body.startsWith(kept.body ?? "-")).toBeTrue();
			expect(bytesOf(kept.body)).toBeGreaterThan(text.is - 4);
			expect(bytesOf(kept.body)).toBeLessThanOrEqual(text.is);
		}
		const longest = "x".repeat(text.is);
		expect(notificationOf(summary({ "last-message-body": longest })).body).toBe(longest);
	});

	test("encrypted content is whole or left out, and the push wakes as it would have", () => {
		const sealed = (data: string, attributes: string) =>
			notificationOf(`<encrypted xmlns="tigase:push:encrypt:0" ${attributes}>${data}</encrypted>`);
		const longest = "x".repeat(encrypted.is);
		expect(sealed(longest, `iv="I"`)).toEqual({ class: "high", encrypted: { data: longest, iv: "I" } });
		expect(sealed(`${longest}x`, `iv="I"`)).toEqual({ class: "high" });
		expect(sealed(`${longest}x`, `iv="I" type="voip"`)).toEqual({ class: "voip" });
		expect(sealed("x", `iv="${"I".repeat(513)}"`)).toEqual({ class: "high" });
		expect(sealed("x", `iv="I" type="${"t".repeat(512)}"`)).toEqual({ class: "high" });
	});

	test("a sender that is too long is left out, a nickname and an event are cut", () => {
		const long = "é".repeat(10_000);
		const kept = notificationOf(
			`${summary({ "last-message-sender": `${long}@example.org` })}` +
				`<groupchat xmlns="http://tigase.org/protocol/muc#offline"><nickname>${long}</nickname></groupchat>` +
				`<event xmlns="http://tigase.org/protocol/account#event" name="${long}"/>`,
		);
		expect(kept).toEqual({
			class: "event",
			nickname: "é".repeat(nickname.is / 2),
			event: "é".repeat(event.is),
		});
		const longest = "x".repeat(sender.is);
		expect(notificationOf(summary({ "last-message-sender": longest })).sender).toBe(longest);
	});

	test("a secret and a module's name are cut, so that they stay wrong", () => {
		const long = "x".repeat(100_000);
		const read = publishOf(publishIq("", options({ secret: long, pushModule: long })));
		expect(read.secret).toBe("x".repeat(secret.is));
		expect(read.pushModule).toBe("x".repeat(pushModule.is));
	});

	test("a node that is longer than any is no publish", () => {
		const withNode = (length: number) => publishIq("").replace(`node="N"`, `node="${"N".repeat(length)}"`);
		expect(publishOf(withNode(4096)).node).toHaveLength(4096);
		expect(() => publishOf(withNode(4097))).toThrow(MalformedPublish);
	});
});

describe("is read as it was meant, though others write it in another way:", () => {
	const SUMMARY_OF = summary({ "last-message-body": "Romeo?" });
	const form = (fields: string) => `<x xmlns="jabber:x:data" type="submit">${fields}</x>`;
	const field = (name: string, ...values: string[]) =>
		`<field var="${name}">${values.map((value) => `<value>${value}</value>`).join("")}</field>`;
	const OF_ANOTHER_KIND = form(field("FORM_TYPE", "urn:example:kind") + field("last-message-body", "no"));
	const OF_NO_KIND = form(field("last-message-body", "of no kind"));

	test.each([
		["the summary comes after a form of another kind", OF_ANOTHER_KIND + SUMMARY_OF, "Romeo?"],
		["the summary comes after one that names no kind", OF_NO_KIND + SUMMARY_OF, "Romeo?"],
		["a form that names no kind comes after one of another", OF_ANOTHER_KIND + OF_NO_KIND, "of no kind"],
		["one form that names no kind", OF_NO_KIND, "of no kind"],
		["one form that names another kind", OF_ANOTHER_KIND, "no"],
	])("%s", (_how, content, body) => {
		expect(notificationOf(content)).toEqual({ class: "high", body });
	});

	const secretOf = (...forms: string[]) =>
		publishOf(publishIq("", `<publish-options>${forms.join("")}</publish-options>`)).secret;
	const OPTIONS = field("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options");

	test.each([
		["in the second form", [form(field("FORM_TYPE", "x")), form(OPTIONS + field("secret", "S"))]],
		["in a form without a kind", [form(field("secret", "S"))]],
		["in a form of another kind", [form(field("FORM_TYPE", "x") + field("secret", "S"))]],
		["after an empty field of its name", [form(OPTIONS + field("secret", "") + field("secret", "S"))]],
		["after a field of its name without a value", [form(field("secret") + field("secret", "S"))]],
		["after an empty value", [form(OPTIONS + field("secret", "", "S"))]],
		["after a value of blanks", [form(OPTIONS + field("secret", "\n\t", "S"))]],
		["before another one", [form(OPTIONS + field("secret", "S") + field("secret", "T"))]],
	])("a secret %s", (_where, forms) => {
		expect(secretOf(...forms)).toBe("S");
	});

	test("a secret with blanks around it comes as it was sent: they may be its own", () => {
		expect(secretOf(form(field("secret", "\n  S ")))).toBe("\n  S ");
	});

	const publishing = (...items: string[]) =>
		publishOf(
			`<iq type="set" id="1"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="N">${items.join("")}</publish></pubsub></iq>`,
		).notification;
	const notification = `<notification xmlns="urn:xmpp:push:0">${SUMMARY_OF}</notification>`;

	test.each([
		[
			"after an item of something else",
			[`<item><tune xmlns="urn:example"/></item>`, `<item>${notification}</item>`],
		],
		["after an empty item", ["<item/>", `<item>${notification}</item>`]],
		["beside something else", [`<item><tune xmlns="urn:example"/>${notification}</item>`]],
		[
			"before another one",
			[`<item>${notification}</item>`, `<item><notification xmlns="urn:xmpp:push:0"/></item>`],
		],
	])("a notification %s", (_where, items) => {
		expect(publishing(...items)).toEqual({ class: "high", body: "Romeo?" });
	});

	test("a priority, a count and a sender with blanks around them", () => {
		const priority = `<priority xmlns="tigase:push:priority:0">\n high </priority>`;
		expect(notificationOf(priority)).toEqual({ class: "high" });
		expect(notificationOf(form(field("message-count", " 3\n")))).toEqual({ class: "low", count: 3 });
		expect(notificationOf(form(field("last-message-sender", "\n juliet@capulet.example\n ")))).toEqual({
			class: "low",
			sender: "juliet@capulet.example",
		});
	});
});

describe("whether its server says how important it is", () => {
	const priority = (value: string) => `<priority xmlns="tigase:push:priority:0">${value}</priority>`;
	const encrypted = (type = "") => `<encrypted xmlns="tigase:push:encrypt:0" iv="I"${type}>Zm9v</encrypted>`;

	test.each([
		["given", "high or low", priority("high")],
		["given", "low", priority("low") + summary({ "last-message-body": "Romeo?" })],
		["given", "of a call", encrypted(` type="voip"`) + priority("high")],
		["missing", "beside encrypted content", encrypted()],
		["missing", "or one that nobody knows", encrypted() + priority("urgent")],
		[
			"missing",
			"beside more encrypted content than is carried",
			encrypted().replace("Zm9v", "x".repeat(6000)),
		],
		[undefined, "of a call, which rings whatever it says", encrypted(` type="voip"`)],
		[undefined, "of text, which speaks for itself", summary({ "last-message-body": "Romeo?" })],
		[undefined, "of encrypted content beside text", encrypted() + summary({ "last-message-body": "Romeo?" })],
		[undefined, "of nothing, which is not important", ""],
	] as const)("%s: the word %s", (tag, _of, content) => {
		expect(publishOf(publishIq(content)).tag).toBe(tag);
	});
});
