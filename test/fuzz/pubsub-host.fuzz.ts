/** What a pubsub host tells us, and what anybody answers us. */
import xml, { type Element } from "@xmpp/xml";
import fc from "fast-check";
import { stanzaBounds } from "../../src/limits/bounds/stanzas.ts";
import { affiliationNone } from "../../src/xmpp/affiliation.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { keptItems, publishedItems, subscribedNodes } from "../../src/xmpp/pubsub-requests.ts";
import { createRequests, RequestFailed } from "../../src/xmpp/requests.ts";
import { PUSH } from "../xmpp/commands/commands-fixture.ts";
import { parse } from "../xmpp/parse.ts";
import { claim, same } from "./claims.ts";
import { PUBSUB_HOST, STANZAS } from "./corpus.ts";
import { anyText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const CLASSES = ["voip", "event", "high", "low"];
const HOST = "pubsub.example.net";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

export const fuzzed: Fuzzed = {
	name: "a pubsub host",
	properties: [
		always(
			"any event or answer holds items of a named node, each to be pushed, or none",
			{ weight: 8, most: 150_000 },
			spoiltStanza(PUBSUB_HOST),
			(stanza) => {
				for (const { node, id, notification } of [...keptItems(stanza), ...publishedItems(stanza)]) {
					same([typeof node, id === undefined || typeof id === "string"], ["string", true]);
					claim(CLASSES.includes(notification.class), "no class");
				}
				const items = publishedItems(stanza).length;
				const written =
					stanza.getChild("event", NS.pubsubEvent)?.getChild("items")?.getChildren("item").length ?? 0;
				claim(items === 0 || items === written, "an item more or less than there are");
				const nodes = subscribedNodes(stanza, PUSH);
				for (const node of nodes) claim(String(stanza).includes("subscribed"), `subscribed to ${node}`);
			},
		),
		eventually(
			"only the one who was asked answers, once, with a result or an error that says which",
			{ weight: 6, most: 60_000 },
			spoiltStanza([...PUBSUB_HOST, ...STANZAS.slice(0, 3)]),
			async (stanza) => {
				let sent: Element | undefined;
				const requests = createRequests(
					(element) => {
						sent = element;
					},
					{ random: () => "q1", deadlineMs: 60_000 },
				);
				let came: unknown;
				const asked = requests.ask("set", HOST, xml("pubsub")).then(
					(answer) => {
						came = answer;
					},
					(error: unknown) => {
						came = error;
					},
				);
				same([sent?.attrs.id, sent?.attrs.to], ["q1", HOST]);
				const { type, id, from } = stanza.attrs;
				const isAnswer = stanza.getName() === "iq" && (type === "result" || type === "error");
				same(requests.take(stanza), isAnswer);
				const isOurs = isAnswer && id === "q1" && String(from).toLowerCase() === HOST;
				// Ends its deadline too.
				if (!isOurs) requests.take(parse(`<iq type="result" id="q1" from="${HOST}"/>`));
				await asked;
				if (isOurs && type === "error")
					claim(came instanceof RequestFailed && came.condition !== "", "no condition");
				else if (isOurs) same(came, stanza);
				else same((came as Element).attrs.type, "result");
			},
		),
		always(
			"who owns a registration that ended is told, whatever its node holds, in a short message, and nobody else",
			{ weight: 2 },
			fc.record({ owner: anyText, node: anyText, jid: fc.option(anyText, { nil: undefined }) }),
			({ owner, node, jid }) => {
				const times = { registeredAt: 0, renewedAt: 0 };
				const registration = { owner, node, app: "a", device: "d", token: "t", ...times };
				const message = affiliationNone({ ...registration, ...(jid !== undefined && { jid }) });
				if (!message) {
					// What a message must repeat of them is too long: the server hears when it next publishes.
					const repeated = bytesOf(owner + owner + node + (jid ?? ""));
					// An entity takes six bytes.
					claim(owner === "" || 200 + 6 * repeated > stanzaBounds.notice.is, "nobody is told");
					return;
				}
				claim(owner !== "" && bytesOf(String(message)) <= stanzaBounds.notice.is, String(message));
				same([message.attrs.to, message.attrs.from, message.attrs.type], [owner, jid, "headline"]);
				const back = parse(String(message));
				same([back.attrs.to, back.getChildElements().length], [owner, 1]);
			},
		),
	],
};
