/**
 * A second session of an account, under a resource that nobody else has and without presence: it takes nothing from the
 * Reveille that runs, and the server keeps nothing of it.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { XmppAccount } from "../../../../config/connections.ts";
import type { Ways } from "../../../../connector/server/discovery.ts";
import { openAccountStream } from "../../../../connector/stream/account-stream.ts";
import type { XmppStream } from "../../../../connector/stream/stream.ts";
import { createStreamManagement } from "../../../../connector/stream/stream-management.ts";
import { mechanismsOf } from "../../../../sasl/elements.ts";
import { bareOf } from "../../../../xmpp/jid.ts";
import { createRequests, type Requests } from "../../../../xmpp/requests.ts";

/** For connecting, logging in and binding together, ms. */
const OPEN_MS = 12_000;
/** For each answer, ms. */
const ANSWER_MS = 6_000;
/** The server is told that the session is over, and may say goodbye for so long, ms. */
const FAREWELL_MS = 500;
/** RFC 7395 §3.6 */
const NS_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";

export interface Session {
	/** The account, as it is bound here. */
	account: XmppAccount;
	stream: XmppStream;
	ask: Requests["ask"];
	/** What the server lets clients log in with. */
	mechanisms: readonly string[];
	/** Ends it for good: the server has nothing to keep. */
	close(): Promise<void>;
}

/**
 * Opens one.
 * @param ways how to get to the server
 * @throws {StreamFailure} with a sentence that says what to do
 */
export async function openSession(
	account: XmppAccount,
	ways: Ways | undefined,
	signal: AbortSignal,
): Promise<Session> {
	const resource = `doctor-${crypto.randomUUID()}`;
	const { username, domain } = account;
	const own = { ...account, resource, address: `${username}@${domain}/${resource}` };
	let stream: XmppStream | undefined;
	let mechanisms: readonly string[] | undefined;
	const send = (element: Element) => stream?.send(element);
	const requests = createRequests(send, { deadlineMs: ANSWER_MS, own: bareOf(account.address) });
	stream = await openAccountStream(own, {
		management: createStreamManagement(undefined, { save: async () => {}, send, onFault() {} }),
		ways,
		onStanza(stanza, handled) {
			requests.take(stanza);
			handled();
		},
		onFeatures(features) {
			mechanisms ??= mechanismsOf(features);
		},
		onLife() {},
		onOpen(opened) {
			stream = opened;
		},
		deadlineMs: OPEN_MS,
		signal,
	});
	const opened = stream;
	return {
		account: own,
		stream: opened,
		ask: requests.ask,
		mechanisms: mechanisms ?? [],
		async close() {
			opened.send(xml("close", { xmlns: NS_FRAMING }));
			await Promise.race([opened.closed, Bun.sleep(FAREWELL_MS)]);
			opened.drop();
		},
	};
}
