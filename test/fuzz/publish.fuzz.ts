/** Publishes of any structure, read as Namespaces in XML and XEP-0357 say by a reader of the model itself. */
import fc, { type Arbitrary } from "fast-check";
import type { Notification } from "../../src/types.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { MalformedPublish, parsePublish } from "../../src/xmpp/publish.ts";
import { parse } from "../xmpp/parse.ts";
import { claimSentence, same } from "./claims.ts";
import { always, type Fuzzed } from "./property.ts";

/** An element, and how its namespace is written. */
interface Node {
	name: string;
	ns: string;
	/** `inherit`: not at all, if the one around it has the same. */
	form: "inherit" | "default" | "prefix";
	attrs: Record<string, string>;
	children: (Node | string)[];
}

const words = fc.constantFrom(
	"",
	"0",
	"1",
	"007",
	"1234567890",
	"-1",
	"S",
	"high",
	"low",
	"voip",
	"<&'\"",
	"é🕊",
	" x ",
	" high\n",
	" 3 ",
	" ",
	NS.pushSummary,
	NS.publishOptions,
);
const form = fc.constantFrom("inherit", "inherit", "default", "prefix") as Arbitrary<Node["form"]>;
/** Mostly the right one. */
const nsOf = (right: string) =>
	fc.constantFrom(right, right, right, right, NS.pubsub, NS.dataForms, "urn:example:other");

const node = (
	name: string,
	ns: string,
	attrs: Arbitrary<Record<string, string>>,
	...children: Arbitrary<(Node | string)[]>[]
): Arbitrary<Node> =>
	fc.record({
		name: fc.constantFrom(name, name, name, name, name, "other"),
		ns: nsOf(ns),
		form,
		attrs,
		children: fc.tuple(...children).map((lists) => lists.flat()),
	});
const some = (arbitrary: Arbitrary<Node>, maxLength = 2): Arbitrary<Node[]> =>
	fc.array(arbitrary, { maxLength, size: "max" });
const oneText = words.map((text) => [text]);
const none = fc.constant({});
const maybe = (name: string) =>
	fc.record({ [name]: words }, { requiredKeys: [] }) as Arbitrary<Record<string, string>>;

const field = (names: readonly string[]) =>
	node(
		"field",
		NS.dataForms,
		fc.record({ var: fc.constantFrom(...names) }, { requiredKeys: [] }) as Arbitrary<Record<string, string>>,
		some(node("value", NS.dataForms, none, oneText)),
	);
const SUMMARY = [
	"FORM_TYPE",
	"message-count",
	"pending-subscription-count",
	"last-message-sender",
	"last-message-body",
];
const x = (names: readonly string[]) => node("x", NS.dataForms, none, some(field(names), 4));

const notification = node(
	"notification",
	NS.push,
	none,
	some(x(SUMMARY)),
	some(node("priority", NS.tigasePriority, none, oneText), 1),
	some(
		node(
			"encrypted",
			NS.tigaseEncrypt,
			fc.record({ iv: words, type: words }, { requiredKeys: [] }) as never,
			oneText,
		),
		1,
	),
	some(
		node("groupchat", NS.tigaseGroupchat, none, some(node("nickname", NS.tigaseGroupchat, none, oneText), 1)),
		1,
	),
	some(node("event", NS.tigaseEvent, maybe("name")), 1),
);
const publish = node(
	"publish",
	NS.pubsub,
	maybe("node"),
	some(node("item", NS.pubsub, none, some(notification))),
);
const options = node(
	"publish-options",
	NS.pubsub,
	none,
	some(x(["FORM_TYPE", "secret", "pushModule", "mode"])),
);
const pubsub: Arbitrary<Node> = node(
	"pubsub",
	NS.pubsub,
	none,
	some(options, 1),
	some(publish),
	some(options, 1),
).map((it) => ({ ...it, name: "pubsub", ns: NS.pubsub }));

const escaped = (text: string) =>
	text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&apos;");

/** @param around the default namespace where it stands */
function written({ name, ns, form, attrs, children }: Node, around: string): string {
	const isPrefixed = form === "prefix";
	const declaration = isPrefixed
		? ` xmlns:q="${ns}"`
		: form === "inherit" && ns === around
			? ""
			: ` xmlns="${ns}"`;
	const tag = isPrefixed ? `q:${name}` : name;
	const inside = isPrefixed ? around : ns;
	const given = Object.entries(attrs).map(([key, value]) => ` ${key}="${escaped(value)}"`);
	const content = children.map((child) =>
		typeof child === "string" ? escaped(child) : written(child, inside),
	);
	return `<${tag}${declaration}${given.join("")}>${content.join("")}</${tag}>`;
}

const first = (it: Node | undefined, name: string, ns?: string): Node | undefined =>
	it?.children.find(
		(child): child is Node => typeof child !== "string" && child.name === name && (!ns || child.ns === ns),
	);
const textOf = (it: Node | undefined) => it?.children.filter((child) => typeof child === "string").join("");

const every = (it: Node | undefined, name: string, ns: string): Node[] =>
	it?.children.filter(
		(child): child is Node => typeof child !== "string" && child.name === name && child.ns === ns,
	) ?? [];
const isBlank = (text: string) => /^\s*$/.test(text);

/** The first value that says something, in the first of the fields that has one. */
function fieldOf(x: Node | undefined, name: string): string | undefined {
	const fields = every(x, "field", NS.dataForms).filter(({ attrs }) => attrs.var === name);
	const values = fields.map((its) => every(its, "value", NS.dataForms).map((value) => textOf(value) ?? ""));
	return values.flat().find((value) => !isBlank(value)) ?? (values[0]?.[0] || undefined);
}

/** The form of a kind; else the first that names none; else the first. */
function formIn(around: Node | undefined, kind: string): Node | undefined {
	const forms = every(around, "x", NS.dataForms);
	const ofKind = (wanted: string | undefined) => forms.find((it) => fieldOf(it, "FORM_TYPE") === wanted);
	return ofKind(kind) ?? ofKind(undefined) ?? forms[0];
}

/** What it says; undefined: it is none. */
function read(pubsub: Node) {
	const publish = first(pubsub, "publish", NS.pubsub);
	const items = every(publish, "item", NS.pubsub);
	const it = items.map((item) => first(item, "notification", NS.push)).find((its) => its !== undefined);
	if (!publish?.attrs.node || !it) return undefined;
	const options = formIn(first(pubsub, "publish-options", NS.pubsub), NS.publishOptions);
	const summary = formIn(it, NS.pushSummary);
	const body = fieldOf(summary, "last-message-body");
	const number = (name: string) => {
		const text = fieldOf(summary, name)?.trim() ?? "";
		return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
	};
	const secretly = first(it, "encrypted", NS.tigaseEncrypt);
	const { iv, type } = secretly?.attrs ?? {};
	const encrypted =
		iv === undefined ? undefined : { data: textOf(secretly) ?? "", iv, ...(type !== undefined && { type }) };
	const event = first(it, "event", NS.tigaseEvent)?.attrs.name;
	const priority = textOf(first(it, "priority", NS.tigasePriority))?.trim();
	const isTagged = priority === "high" || priority === "low";
	const said = isTagged ? priority : body || encrypted ? "high" : "low";
	const isGuessed = !isTagged && !body && encrypted && encrypted.type !== "voip" && !event;
	const wanted: { [K in keyof Notification]: Notification[K] | undefined } = {
		class: event ? "event" : type === "voip" && encrypted ? "voip" : said,
		count: number("message-count"),
		pending: number("pending-subscription-count"),
		sender: fieldOf(summary, "last-message-sender")?.trim(),
		body,
		encrypted,
		event,
		nickname: textOf(first(first(it, "groupchat", NS.tigaseGroupchat), "nickname")) || undefined,
	};
	return plain({
		node: publish.attrs.node,
		secret: fieldOf(options, "secret"),
		pushModule: fieldOf(options, "pushModule"),
		tag: isTagged ? "given" : isGuessed ? "missing" : undefined,
		notification: plain(wanted),
	});
}

const plain = (record: object) => JSON.parse(JSON.stringify(record));

export const fuzzed: Fuzzed = {
	name: "publishes",
	properties: [
		always(
			"a publish of any structure says what its description says, or is refused with a sentence",
			{ weight: 10, most: 150_000 },
			pubsub.map((model) => ({ model, xml: written(model, "jabber:client") })),
			({ model, xml }) => {
				const wanted = read(model);
				try {
					same(parsePublish(parse(xml)), wanted);
				} catch (error) {
					if (!(error instanceof MalformedPublish)) throw error;
					same(wanted, undefined);
					claimSentence(`${error.message}.`);
				}
			},
		),
	],
};
