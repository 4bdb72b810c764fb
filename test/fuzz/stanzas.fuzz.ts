/** Whatever a stanza is: what comes back is due, is one reply to whoever asked, and costs no user the registration. */
import type { Element } from "@xmpp/xml";
import fc from "fast-check";
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import type { Answer } from "../../src/types.ts";
import type { Registrar } from "../../src/xmpp/commands/registrar.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import type { Publish } from "../../src/xmpp/publish.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { parse } from "../xmpp/parse.ts";
import { claim, same } from "./claims.ts";
import { PUBLISHES, PUBSUB_HOST, QUESTIONS, STANZAS } from "./corpus.ts";
import { eventually, type Fuzzed } from "./property.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const DELIVERED: Answer = { kind: "done", how: "delivered" };

const registrar: Registrar = {
	apps: [],
	services: new Set(["apns", "fcm", "webpush", "ubuntu", "wns"]),
	providers: ["tigase:messenger:apns:1"],
	givesSecrets: true,
	mayRegister: () => true,
	isInvited: async () => false,
	register: async () => ({
		kind: "registered",
		jid: "push.example.net",
		node: "N",
		secret: "S",
		deviceSecret: "D",
	}),
	test: async () => ({ kind: "tested", node: "N", outcome: { result: "delivered" } }),
	rename: async () => ({ kind: "renamed", registrations: [] }),
	list: async () => [],
	remove: async () => [],
	secretOf: async () => "S",
};

/** Handles a stanza, and checks all that holds of every reply. */
async function handled(stanza: Element, answer: Answer = DELIVERED) {
	const published: { publish: Publish; publisher: string }[] = [];
	const faults: unknown[] = [];
	const handle = createStanzaHandler({
		async publish(publish, publisher) {
			published.push({ publish, publisher });
			return answer;
		},
		commands: { registrar, onFault: (error) => faults.push(error) },
		version: "1",
	});
	const { type, id, from, to } = stanza.attrs;
	const isWithin = (text: unknown, bound: number) => String(text ?? "").length <= bound;
	const isShort =
		isWithin(id, stanzaBounds.id.is) && [from, to].every((jid) => isWithin(jid, stanzaBounds.address.is));
	const isDue = stanza.getName() === "iq" && (type === "get" || type === "set") && isShort;
	const reply = await handle(stanza);
	same(faults, []);
	same(reply !== undefined, isDue, "a reply");
	if (!reply) {
		same(published, []);
		return { published };
	}
	same(reply.name, "iq");
	same([reply.attrs.id, reply.attrs.to, reply.attrs.from], [id, from, to]);
	const [payload, ...more] = reply.getChildElements();
	same(more, []);
	same(reply.attrs.type, payload?.is("error") ? "error" : "result");
	const error = reply.getChild("error");
	if (error) {
		const [condition] = error.getChildElements();
		same(condition?.getNS(), NS.stanzaErrors);
		claim(
			condition?.name !== "internal-server-error" || ["wait", "refused"].includes(answer.kind),
			"it stumbled",
		);
	}
	const back = parse(String(reply));
	same(
		[back.name, back.attrs.type, back.getChildElements().length],
		["iq", reply.attrs.type, payload ? 1 : 0],
	);
	return { published, reply, error };
}

export const fuzzed: Fuzzed = {
	name: "stanzas",
	properties: [
		eventually(
			"any stanza gets the one reply that is due",
			{ weight: 6, most: 250_000 },
			spoiltStanza(STANZAS),
			async (stanza) => {
				await handled(stanza);
			},
		),
		eventually(
			"no publish is ever answered by an error but one to wait, unless its registration is known to be gone",
			{ weight: 8, most: 300_000 },
			fc.tuple(
				spoiltStanza(PUBLISHES),
				fc.constantFrom<Answer>(
					...[DELIVERED, { kind: "done", how: "queued" } as const],
					...[{ kind: "refused", reason: "r" } as const, { kind: "wait", reason: "r" } as const],
					{ kind: "unknown", reason: "never told" },
				),
			),
			async ([stanza, answer]) => {
				const { published, error } = await handled(stanza, answer);
				claim(published.length <= 1, "it is published once");
				for (const { publish, publisher } of published) {
					claim(
						publish.node !== "" && publish.secret !== "" && publish.pushModule !== "",
						"it names nothing",
					);
					claim(["voip", "event", "high", "low"].includes(publish.notification.class), "its class is none");
					const { count, pending } = publish.notification;
					for (const number of [count, pending])
						claim(number === undefined || (Number.isSafeInteger(number) && number >= 0), "no number");
					claim(String(stanza.attrs.from).toLowerCase().includes(publisher), "it is not who sent it");
				}
				if (!error || stanza.attrs.type !== "set") return;
				const isCommand = stanza.getChildElements()[0]?.is("command", NS.commands);
				const isGone = published.length === 1 && answer.kind === "unknown";
				same(String(error).includes("never told"), false);
				if (isGone)
					same(
						[error.attrs.type, error.getChildElements().map(({ name }) => name)],
						["cancel", ["item-not-found"]],
					);
				else if (!isCommand) same(error.attrs.type, "wait");
			},
		),
		eventually(
			"what is asked, or told by a host that is none of ours, publishes nothing",
			{ weight: 3, most: 150_000 },
			spoiltStanza([...QUESTIONS, ...PUBSUB_HOST]),
			async (stanza) => {
				const { published } = await handled(stanza);
				if (stanza.attrs.type !== "set") same(published, []);
			},
		),
	],
};
