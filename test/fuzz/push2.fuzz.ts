/** Push 2.0: whatever a message is, nothing is answered, nobody who was not meant is reached, and what is read is bounded. */
import fc from "fast-check";
import { createPush2Relay } from "../../src/delivery/push2-relay.ts";
import { push2Bounds } from "../../src/limits/bounds/push2.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { isWebPushMessage } from "../../src/services/webpush/message-header.ts";
import { createRelay } from "../../src/services/webpush/relay.ts";
import type { Push2Message } from "../../src/xmpp/push2.ts";
import { parsePush2, push2Url } from "../../src/xmpp/push2.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { noCommands } from "../xmpp/no-commands.ts";
import { parse } from "../xmpp/parse.ts";
import { push2Message } from "../xmpp/push2-messages.ts";
import { claim, same } from "./claims.ts";
import { MESSAGES } from "./corpus.ts";
import { HOSTILE } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const base64 = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes).toBase64());
const url = fc.oneof(
	fc.webUrl({ withQueryParameters: true, withFragments: true }),
	fc.constantFrom(...HOSTILE),
	fc.string({ unit: "grapheme" }),
);

/** What holds of all that was read. */
function isBounded({ client, publisher, notification }: Push2Message): void {
	const { rfc8291, jwt, class: pushClass, ...others } = notification;
	same(others, {});
	claim(["voip", "high", "low"].includes(pushClass), "its class is none");
	claim(publisher === publisher.toLowerCase(), "its domain is not in one spelling");
	if (rfc8291 !== undefined) {
		const bytes = Uint8Array.fromBase64(rfc8291);
		claim(bytes.length > 0 && bytes.length <= push2Bounds.payload.is, "its content is too large");
		isWebPushMessage(bytes);
	}
	if (jwt) claim(client.kind === "endpoint", "its JWT is nobody's");
	for (const text of [jwt?.token, jwt?.key])
		claim((text ?? "").length <= push2Bounds.jwt.is, "its JWT is too long");
	claim(JSON.stringify(client).length <= 7 * push2Bounds.client.is, "its client is too long");
	if (client.kind === "apns") claim(/^[0-9a-f]+$/.test(client.token), "its token would be another path");
}

const asked: string[] = [];
/** Each from another domain: none has too many. */
let asking = 0;
const relay = createPush2Relay({
	service: createRelay({
		policy: endpointPolicy({ allowHosts: ["*"], allowPrivate: false }),
		now: () => 0,
		async fetch(to) {
			asked.push(to);
			return new Response();
		},
	}),
	mayRelay: () => true,
	hash: async (endpoint) => endpoint,
	now: () => 0,
});

export const fuzzed: Fuzzed = {
	name: "Push 2.0",
	properties: [
		eventually(
			"a message, whatever is in it, is never answered, and what is read of it is bounded",
			{ weight: 5, most: 250_000 },
			spoiltStanza(MESSAGES),
			async (stanza) => {
				let read: Push2Message | undefined;
				const handle = createStanzaHandler({
					publish: async () => ({ kind: "done", how: "delivered" }),
					async push2(message) {
						read = message;
					},
					commands: noCommands,
					version: "1",
				});
				const reply = await handle(stanza);
				if (!stanza.is("message")) return;
				same(reply, undefined, "a reply");
				if (read) isBounded(read);
				const { type } = stanza.attrs;
				if (type === "error" || type === "groupchat") same(read, undefined);
			},
		),
		always(
			"what was given out is read as it was, and content comes as it was sent",
			{ weight: 2, most: 100_000 },
			fc.tuple(fc.webUrl(), fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" }), base64),
			([publicUrl, node, payload]) => {
				const [base = ""] = publicUrl.split(/[?#]/);
				const client = push2Url(base, node.toWellFormed(), "s".repeat(43));
				const message = parsePush2(parse(push2Message({ client, payload })));
				if (client.length > push2Bounds.client.is) return same(message, undefined);
				same(message?.client, { kind: "registration", node: node.toWellFormed(), secret: "s".repeat(43) });
				same(message?.notification.rfc8291, payload === "" ? undefined : payload);
			},
		),
		eventually(
			"nothing is relayed to an endpoint that no device could register, or without its server's signature",
			{ weight: 1, most: 50_000 },
			fc.tuple(
				url,
				fc.option(fc.record({ token: fc.string(), key: fc.string() }), { nil: undefined }),
				base64,
			),
			async ([client, jwt, rfc8291]) => {
				const notification = { class: "high" as const, rfc8291, ...(jwt && { jwt }) };
				const admitted = await relay.admit({
					url: client,
					notification,
					publisher: `example${asking++}.org`,
				});
				same("kind" in admitted && admitted.kind, "refused");
				same(asked, []);
			},
		),
	],
};
