import { describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import { Element as XmlElement } from "@xmpp/xml";
import fc from "fast-check";
import type { Answer } from "../../src/types.ts";
import { createStanzaHandler, type StanzaDeps } from "../../src/xmpp/stanzas.ts";
import { noCommands } from "./no-commands.ts";
import { options, parse, publishIq, summary } from "./parse.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };
const UNKNOWN: Answer = { kind: "unknown", reason: "wrong secret" };
const WAIT: Answer = { kind: "wait", reason: "the database is not available" };

type Publish = StanzaDeps["publish"];

const handler = (publish: Publish = async () => DELIVERED) =>
	createStanzaHandler({ publish, commands: noCommands, version: "1.2.3" });

async function replyTo(stanza: string, publish?: Publish): Promise<string | undefined> {
	return (await handler(publish)(parse(stanza)))?.toString();
}

const PUBLISH = publishIq(summary({ "message-count": "1" }));
const RESULT = `<iq type="result" id="p1" to="example.org" from="push@example.net/push"/>`;
const error = (type: string, condition: string, text = "") =>
	`<iq type="error" id="p1" to="example.org" from="push@example.net/push"><error type="${type}">` +
	`<${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>${text}</error></iq>`;
const say = (text: string) =>
	`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">${text}</text>`;

describe("who asks which database we serve", () => {
	const asks = (from: string, type = "get") =>
		`<iq type="${type}" id="p1" from="${from}" to="push@example.net/push"><same xmlns="urn:reveille:0">theirs</same></iq>`;
	const told: string[][] = [];
	const handle = createStanzaHandler({
		publish: async () => DELIVERED,
		commands: noCommands,
		version: "1",
		same(from, value) {
			told.push([from, value]);
			return from.startsWith("push@example.net") ? "ours" : undefined;
		},
	});

	test("is told, if that one may know", async () => {
		expect(String(await handle(parse(asks("push@example.net/asks"))))).toBe(
			`<iq type="result" id="p1" to="push@example.net/asks" from="push@example.net/push"><same xmlns="urn:reveille:0">ours</same></iq>`,
		);
		expect(told).toEqual([["push@example.net/asks", "theirs"]]);
	});

	test("hears as a stranger what any unknown question hears, and so does everybody where nobody is told", async () => {
		const unknown = (await replyTo(asks("mallory@example.org/x").replaceAll("same", "other"))) ?? "";
		expect(unknown).toContain("service-unavailable");
		expect(String(await handle(parse(asks("mallory@example.org/x"))))).toBe(unknown);
		expect(await replyTo(asks("mallory@example.org/x"))).toBe(unknown);
	});

	test("is answered to a get alone", async () => {
		expect(String(await handle(parse(asks("push@example.net/asks", "set"))))).toContain("bad-request");
	});
});

describe("a publish", () => {
	test("goes to delivery with its node, its secret and what was published", async () => {
		const calls: unknown[] = [];
		await replyTo(
			publishIq(summary({ "message-count": "1" }), options({ secret: "S3" })),
			async (...call) => {
				calls.push(call);
				return DELIVERED;
			},
		);
		expect(calls).toEqual([
			[{ node: "N", secret: "S3", notification: { class: "low", count: 1 } }, "example.org"],
		]);
	});

	test("tells of its server's tags if the server itself sent it: a user speaks for nobody else there", async () => {
		const tagOf = async (from: string) => {
			const tags: unknown[] = [];
			const content = `<priority xmlns="tigase:push:priority:0">high</priority>`;
			await replyTo(
				publishIq(content).replace("example.org", from),
				async ({ tag, notification }, publisher) => {
					tags.push([tag, notification.class, publisher]);
					return DELIVERED;
				},
			);
			return tags;
		};
		expect(await tagOf("example.org")).toEqual([["given", "high", "example.org"]]);
		expect(await tagOf("example.org/push")).toEqual([["given", "high", "example.org"]]);
		for (const user of ["eve@example.org", "eve@example.org/x", "EVE@example.org/example.org"]) {
			expect(await tagOf(user)).toEqual([[undefined, "high", "example.org"]]);
		}
	});

	test("for an unknown registration is answered with wait while it may be another Reveille's", async () => {
		let doubt: string | undefined = "another one may have it";
		const handle = createStanzaHandler({
			publish: async () => UNKNOWN,
			commands: noCommands,
			version: "1.2.3",
			doubt: () => doubt,
		});
		const reply = async () => (await handle(parse(PUBLISH)))?.toString();
		expect(await reply()).toBe(error("wait", "internal-server-error", say("another one may have it")));
		doubt = undefined;
		expect(await reply()).toBe(error("cancel", "item-not-found"));
	});

	test("without a secret goes to delivery without one", async () => {
		const secrets: (string | undefined)[] = [];
		await replyTo(publishIq("", ""), async ({ secret }) => {
			secrets.push(secret);
			return UNKNOWN;
		});
		expect(secrets).toEqual([undefined]);
	});

	test.each(["delivered", "queued", "superseded"] as const)(
		"that was %s is answered by an empty result",
		async (how) => {
			expect(await replyTo(PUBLISH, async () => ({ kind: "done", how }))).toBe(RESULT);
		},
	);

	test("to what is known to be gone is answered by item-not-found, without a word of why", async () => {
		expect(await replyTo(PUBLISH, async () => UNKNOWN)).toBe(error("cancel", "item-not-found"));
	});

	test("that cannot be handled now is answered by an error to wait, which no server counts", async () => {
		expect(await replyTo(PUBLISH, async () => WAIT)).toBe(
			error("wait", "internal-server-error", say("the database is not available")),
		);
	});

	test("that makes us stumble is answered by an error to wait", async () => {
		expect(await replyTo(PUBLISH, () => Promise.reject(new Error("secret details")))).toBe(
			error("wait", "internal-server-error"),
		);
	});

	test("that is malformed is answered by an error to wait, with a sentence for whoever runs that server", async () => {
		const stanza = PUBLISH.replace(`node="N"`, "");
		expect(await replyTo(stanza)).toBe(error("wait", "bad-request", say("&lt;publish/&gt; has no node")));
	});

	test("with markup in the reason stays one stanza", async () => {
		const reply = await replyTo(PUBLISH, async () => ({ kind: "wait", reason: "</error> & <a b='\"'>" }));
		expect(
			parse(reply ?? "")
				.getChild("error")
				?.getChildText("text"),
		).toBe("</error> & <a b='\"'>");
	});
});

describe("the reply", () => {
	test("leaves from exactly the JID that was written to, resource and case included, to exactly who wrote", async () => {
		const stanza = PUBLISH.replace(`to="push@example.net/push"`, `to="Push@example.net/Wake Up"`).replace(
			`from="example.org"`,
			`from="example.org/server component"`,
		);
		const reply = parse((await replyTo(stanza)) ?? "");
		expect(reply.attrs).toEqual({
			type: "result",
			id: "p1",
			to: "example.org/server component",
			from: "Push@example.net/Wake Up",
		});
	});

	test("carries the id as it was, even one that needs escaping", async () => {
		const reply = parse((await replyTo(PUBLISH.replace(`id="p1"`, `id="&lt;&quot;&amp;'"`))) ?? "");
		expect(reply.attrs.id).toBe(`<"&'`);
	});
});

describe("a stanza that a reply would have to repeat too much of is not answered, and nothing comes of it:", () => {
	const notPublished: Publish = () => Promise.reject(new Error("must not be published"));
	const ping = (attributes: string) => `<iq type="get" ${attributes}><ping xmlns="urn:xmpp:ping"/></iq>`;

	test("its id", async () => {
		expect(await replyTo(ping(`id="${">".repeat(1_024)}"`))).toContain(`type="result"`);
		expect(await replyTo(ping(`id="${">".repeat(1_025)}"`))).toBeUndefined();
		const long = PUBLISH.replace(`id="p1"`, `id="${"i".repeat(100_000)}"`);
		expect(await replyTo(long, notPublished)).toBeUndefined();
	});

	test.each(["from", "to"])("the JID in its %s", async (name) => {
		expect(await replyTo(ping(`id="1" ${name}="a@b/${"x".repeat(3_067)}"`))).toContain(`type="result"`);
		expect(await replyTo(ping(`id="1" ${name}="a@b/${"x".repeat(3_068)}"`))).toBeUndefined();
	});
});

describe("no reply is due", () => {
	test.each([
		`<iq type="result" id="1" from="a"/>`,
		`<iq type="error" id="1" from="a"><error type="cancel"/></iq>`,
		`<iq id="1" from="a"><ping xmlns="urn:xmpp:ping"/></iq>`,
		`<iq type="fetch" id="1" from="a"/>`,
		`<message from="a" type="chat"><body>Hello?</body></message>`,
		`<message from="a"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="N"/></pubsub></message>`,
		`<presence from="a" type="subscribe"/>`,
	])("to %s", async (stanza) => {
		const reply = await replyTo(stanza, () => Promise.reject(new Error("must not be published")));
		expect(reply).toBeUndefined();
	});
});

describe("what any XMPP entity may ask", () => {
	const get = (payload: string) =>
		`<iq type="get" id="p1" from="juliet@example.org/b" to="push@example.net/push">${payload}</iq>`;
	const payloadOf = async (payload: string): Promise<Element | undefined> => {
		const reply = parse((await replyTo(get(payload))) ?? "");
		expect(reply.attrs.type).toBe("result");
		return reply.getChildElements()[0];
	};

	test("a ping is answered", async () => {
		expect(await replyTo(get(`<ping xmlns="urn:xmpp:ping"/>`))).toBe(
			`<iq type="result" id="p1" to="juliet@example.org/b" from="push@example.net/push"/>`,
		);
	});

	test("the version is told", async () => {
		const query = await payloadOf(`<query xmlns="jabber:iq:version"/>`);
		expect(query?.getChildText("name")).toBe("Reveille");
		expect(query?.getChildText("version")).toBe("1.2.3");
	});

	test("anything else is not served", async () => {
		expect(await replyTo(get(`<vCard xmlns="vcard-temp"/>`))).toContain(
			`<error type="cancel"><service-unavailable`,
		);
	});
});

describe("whatever a user's server sends, it is never told to drop a registration by mistake", () => {
	test.each([
		[
			"two payloads",
			`<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="N"><item>
				<notification xmlns="urn:xmpp:push:0"/></item></publish></pubsub><x xmlns="y"/>`,
		],
		["no payload", ""],
		["only text", "hello"],
		["another pubsub", `<pubsub xmlns="http://jabber.org/protocol/pubsub#owner"><delete node="N"/></pubsub>`],
		["no namespace", `<pubsub xmlns=""><publish node="N"/></pubsub>`],
		["something unheard of", `<publish xmlns="urn:xmpp:push:9" node="N"/>`],
	])("%s is answered by an error to wait", async (_name, payload) => {
		const reply = await replyTo(
			`<iq type="set" id="p1" from="example.org" to="push@example.net/push">${payload}</iq>`,
		);
		expect(reply).toStartWith(error("wait", "bad-request").slice(0, 130));
	});

	test.each([
		["that is empty, or of which nothing was kept because it was too large, says so", "", "is larger than"],
		["with two payloads says so", `<a xmlns="y"/><b xmlns="y"/>`, "more than one child element"],
	])("the error to a request %s", async (_name, payload, sentence) => {
		const reply = await replyTo(
			`<iq type="get" id="p1" from="juliet@example.org/b" to="push@example.net/push">${payload}</iq>`,
		);
		expect(
			parse(reply ?? "")
				.getChild("error")
				?.getChildText("text"),
		).toContain(sentence);
	});

	test("fuzz: one reply each, never a throw, and no other error than wait unless delivery knows of nothing", async () => {
		const namespace = fc.constantFrom(
			"http://jabber.org/protocol/pubsub",
			"urn:xmpp:push:0",
			"jabber:x:data",
			"tigase:push:encrypt:0",
			"tigase:push:priority:0",
			"http://tigase.org/protocol/account#event",
			"http://jabber.org/protocol/disco#info",
			"",
		);
		const name = fc.constantFrom(
			..."pubsub publish item notification x field value encrypted priority event query error p:publish".split(
				" ",
			),
			...["publish-options", "__proto__", "constructor"],
		);
		const attribute = fc.constantFrom("node", "var", "iv", "type", "name", "xmlns:p", "id", "__proto__");
		const value = fc.oneof(
			fc.constantFrom(
				"N",
				"secret",
				"message-count",
				"last-message-body",
				"voip",
				"http://jabber.org/protocol/pubsub",
			),
			fc.string({ maxLength: 8 }),
		);
		const { tree } = fc.letrec<{ tree: Element; child: Element | string }>((tie) => ({
			child: fc.oneof({ depthSize: "small" }, value, tie("tree")) as fc.Arbitrary<Element | string>,
			tree: fc
				.tuple(
					name,
					fc.option(namespace, { nil: undefined }),
					fc.dictionary(attribute, value, { maxKeys: 3 }),
					fc.array(tie("child") as fc.Arbitrary<Element | string>, { maxLength: 4 }),
				)
				.map(([elementName, xmlns, attrs, children]) => {
					const element = new XmlElement(elementName, {
						...attrs,
						...(xmlns === undefined ? {} : { xmlns }),
					});
					for (const child of children) element.append(child);
					return element;
				}),
		}));
		// Half of them a publish with something grown into it, so that the depths are reached too.
		const grafted = fc.tuple(tree, fc.nat(3)).map(([graft, depth]) => {
			const iq = parse(publishIq(summary({ "message-count": "1" })));
			let at = iq;
			for (let level = 0; level < depth + 1; level++) at = at.getChildElements()[0] ?? at;
			at.append(graft);
			return iq.getChildElements()[0] as Element;
		});
		const answer = fc.constantFrom<Answer | "throws">(DELIVERED, UNKNOWN, WAIT, "throws");
		const payloads = fc.array(fc.oneof(tree, grafted), { maxLength: 2 });
		await fc.assert(
			fc.asyncProperty(payloads, answer, async (children, outcome) => {
				const stanza = new XmlElement("iq", {
					xmlns: "jabber:client",
					type: "set",
					id: "f",
					from: "example.org",
					to: "push@example.net/push",
				});
				for (const child of children) stanza.append(child);
				let asked = 0;
				const reply = await handler(async () => {
					asked++;
					if (outcome === "throws") throw new Error("stumbled");
					return outcome;
				})(stanza);
				const { type, id, to, from } = reply?.attrs ?? {};
				expect([id, to, from]).toEqual(["f", "example.org", "push@example.net/push"]);
				expect(asked).toBeLessThanOrEqual(1);
				const errorType = reply?.getChild("error")?.attrs.type;
				if (asked === 1 && outcome === DELIVERED) expect(type).toBe("result");
				else if (asked === 1 && outcome === UNKNOWN) expect([type, errorType]).toEqual(["error", "cancel"]);
				else expect([type, errorType]).toEqual(["error", "wait"]);
			}),
			{ numRuns: 1000 },
		);
	});
});
