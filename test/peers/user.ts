/**
 * An XMPP user at a client of their own: enables push, writes to friends, goes away properly or not.
 */

import { type Client, client as createClient, xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { PATIENCE_MS } from "./patience.ts";

/** Where and as whom to log in. */
export interface UserOptions {
	/** The server's WebSocket URL. */
	service: string;
	domain: string;
	username: string;
	password: string;
	/** Default: chosen by the server. */
	resource?: string;
	/** How long each step of connecting may take, in milliseconds. Default: 10 s. */
	timeoutMs?: number;
}

/** An address for publishes, as a client learns it when it registers. */
export interface PushAddress {
	jid: string;
	node: string;
	/** Without one the enable carries no form. */
	secret?: string;
}

/** A connected user. */
export interface User {
	/** The full JID. */
	readonly jid: string;
	readonly bareJid: string;
	/** The client itself, for what is not offered here. */
	readonly client: Client;
	/** XEP-0357: asks the user's server to publish there. @throws {StanzaError} as the server answers */
	enablePush(address: PushAddress): Promise<void>;
	/** XEP-0357: takes that back; without a node, for every node of the JID. */
	disablePush(address: { jid: string; node?: string }): Promise<void>;
	/** A chat message. Returns its id. */
	sendMessage(to: string, body: string): Promise<string>;
	/** A message that is stored but says nothing (a delivery receipt's request), so that its push is silent. */
	sendBodiless(to: string): Promise<string>;
	/** Asks with an IQ; resolves to the answer. @throws {StanzaError} when the answer is an error */
	iq(type: "get" | "set", child: Element, to?: string, timeoutMs?: number): Promise<Element>;
	/** Sends any stanza. */
	send(stanza: Element): Promise<void>;
	/** Initial presence: from now on messages come here instead of waiting at the server. */
	online(): Promise<void>;
	/**
	 * Resolves to the first matching stanza that no earlier wait took, including those that came before the call.
	 *
	 * @throws at the deadline, naming what did come
	 */
	waitForStanza(matches: (stanza: Element) => boolean, timeoutMs?: number): Promise<Element>;
	/** Closes the stream, so that the server stores what comes next. */
	goOffline(): Promise<void>;
	/**
	 * Drops the socket without closing the stream, as a phone in a tunnel does: the session can be resumed. All that
	 * came so far is acknowledged: servers publish for what is not.
	 */
	cutConnection(): Promise<void>;
}

const PUSH = "urn:xmpp:push:0";
const STREAM_MANAGEMENT = "urn:xmpp:sm:3";
const PUBLISH_OPTIONS = "http://jabber.org/protocol/pubsub#publish-options";

/**
 * Logs in and binds; sends no presence.
 *
 * @throws when the server refuses, or does not answer in time
 */
export async function connectUser(options: UserOptions): Promise<User> {
	const { service, domain, username, password, resource, timeoutMs = PATIENCE_MS } = options;
	const client = createClient({
		service,
		domain,
		timeout: timeoutMs,
		...(resource === undefined ? {} : { resource }),
		// SCRAM costs thousands of hashes in script for each login; these connections do not leave the machine.
		credentials: (authenticate, mechanisms) =>
			authenticate(
				{ username, password },
				mechanisms.includes("PLAIN") ? "PLAIN" : "SCRAM-SHA-1",
				xml("user-agent", { id: crypto.randomUUID() }),
			),
	});
	// Users of a test come and go when the test says so.
	client.reconnect.stop();
	// Errors reach whoever waits for the step that failed; without a listener they would end the process.
	client.on("error", () => {});

	const acknowledge = countHandled(client);
	const inbox: Element[] = [];
	const waiting = new Set<() => void>();
	client.on("stanza", (stanza) => {
		inbox.push(stanza);
		for (const look of [...waiting]) look();
	});

	const failed = new Promise<never>((_, reject) => {
		client.once("error", reject);
	});
	const managed = streamManaged(client);
	const address = await Promise.race([client.start(), failed]);
	// The client says "online" before stream management is agreed on; whoever then cuts the connection would
	// not leave a session that can be resumed.
	await Promise.race([managed(), failed]);
	const bareJid = address.bare().toString();

	const iq: User["iq"] = (type, child, to, wait) =>
		client.iqCaller.request(xml("iq", { type, ...(to === undefined ? {} : { to }) }, child), wait);
	const sendMessage = async (to: string, ...children: Element[]) => {
		const id = crypto.randomUUID();
		await client.send(xml("message", { type: "chat", to, id }, ...children));
		return id;
	};

	return {
		jid: address.toString(),
		bareJid,
		client,
		async enablePush({ jid, node, secret }) {
			const form = secret === undefined ? [] : [publishOptions(secret)];
			await iq("set", xml("enable", { xmlns: PUSH, jid, node }, ...form));
		},
		async disablePush({ jid, node }) {
			await iq("set", xml("disable", { xmlns: PUSH, jid, ...(node === undefined ? {} : { node }) }));
		},
		sendMessage: (to, body) => sendMessage(to, xml("body", {}, body)),
		sendBodiless: (to) =>
			sendMessage(
				to,
				xml("request", { xmlns: "urn:xmpp:receipts" }),
				// XEP-0334: without it neither server keeps a message that has no body.
				xml("store", { xmlns: "urn:xmpp:hints" }),
			),
		iq,
		send: (stanza) => client.send(stanza),
		online: () => client.send(xml("presence")),
		waitForStanza(matches, wait = PATIENCE_MS) {
			return new Promise((resolve, reject) => {
				const look = () => {
					const index = inbox.findIndex(matches);
					const found = inbox[index];
					if (!found) return;
					inbox.splice(index, 1);
					done();
					resolve(found);
				};
				const timer = setTimeout(() => {
					done();
					const came = inbox.map(String).join("\n") || "nothing";
					reject(new Error(`${bareJid}: no such stanza within ${wait} ms; what came: ${came}`));
				}, wait);
				const done = () => {
					clearTimeout(timer);
					waiting.delete(look);
				};
				waiting.add(look);
				look();
			});
		},
		async goOffline() {
			await client.stop();
		},
		async cutConnection() {
			await acknowledge();
			const gone = new Promise<void>((resolve) => client.once("disconnect", () => resolve()));
			client.socket?.end();
			await gone;
		},
	};
}

/** Watches the negotiation. Returns what resolves once XEP-0198 is on, or is known not to come. */
function streamManaged(client: Client): () => Promise<void> {
	let offered = false;
	const settled = Promise.withResolvers<void>();
	const watch = (element: Element) => {
		if (element.getChild("sm", STREAM_MANAGEMENT)) offered = true;
		if (element.is("enabled", STREAM_MANAGEMENT) || element.is("failed", STREAM_MANAGEMENT))
			settled.resolve();
	};
	client.on("element", watch);
	return async () => {
		if (offered) await settled.promise;
		client.off("element", watch);
	};
}

/**
 * Counts the stanzas that came (XEP-0198): the client itself leaves the answers to its questions out.
 * @returns acknowledges them all, and resolves when the server knows
 */
function countHandled(client: Client): () => Promise<void> {
	const { streamManagement } = client;
	let handled = 0;
	client.on("element", (element) => {
		if (element.is("enabled", STREAM_MANAGEMENT)) handled = 0;
		else if (["iq", "message", "presence"].includes(element.name)) handled++;
		// It has looked at this one already.
		streamManagement.inbound = handled;
	});
	return async () => {
		if (!streamManagement.enabled) return;
		const known = new Promise<void>((resolve) => {
			client.on("element", (element) => element.is("a", STREAM_MANAGEMENT) && resolve());
		});
		await client.send(xml("a", { xmlns: STREAM_MANAGEMENT, h: handled }));
		await client.send(xml("r", { xmlns: STREAM_MANAGEMENT }));
		await known;
	};
}

/** XEP-0357 §5: what the server shall copy into each publish. */
function publishOptions(secret: string): Element {
	return xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, PUBLISH_OPTIONS)),
		xml("field", { var: "secret" }, xml("value", {}, secret)),
	);
}
