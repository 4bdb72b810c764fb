/**
 * One stream of a component (XEP-0114): connects over TCP, proves that it knows the secret, and is open until the
 * connection drops. Nothing is resumed and nothing is repeated: what was in hand then has no answer, which no
 * server holds against its users.
 */
import { createHash } from "node:crypto";
import { Socket } from "node:net";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { shownUrl, type XmppComponent } from "../../config/connections.ts";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import { toALabels } from "../../syntax/domain-name.ts";
import { StanzaParser } from "../../syntax/stanza-parser.ts";
import { domainOf } from "../../xmpp/jid.ts";
import { NS } from "../../xmpp/namespaces.ts";
import { readSame, sameElement } from "../../xmpp/same-database.ts";
import { createStanzaScanner } from "../../xmpp/stanza-scanner.ts";
import type { Others } from "../address/other-databases.ts";
import { createBatchedWrites } from "./batched-writes.ts";
import { explain, noConnection, noXmppServer, PORT, wrongPort } from "./component-failures.ts";
import {
	createOpening,
	NS_STREAM,
	readStreamError,
	StreamFailure,
	type StreamOptions,
	streamError,
	unreadable,
	type XmppStream,
} from "./stream.ts";

const NS_COMPONENT = "jabber:component:accept";

/** Read no more while so many stanzas wait for an answer: the server's own queue is the place for the rest. */
const MOST_IN_HAND = 4_000;

/** @throws {StreamFailure} */
export function openComponentStream(component: XmppComponent, options: StreamOptions): Promise<XmppStream> {
	const { management, onLife, others, deadlineMs } = options;
	const { domain, password } = component;
	const socket = new Socket();
	const { send, flush } = createBatchedWrites(socket);
	const opening = createOpening(options, drop);
	const inHand = createInHand(socket, options);
	let isConnected = false;
	let isOpen = false;

	function drop() {
		flush();
		socket.destroy();
	}

	function onElement(element: Element) {
		const error = readStreamError(element);
		if (error) return opening.fail(explain(error, component, { wasOpen: isOpen }));
		if (!isOpen) {
			// An empty one is the server's consent; nothing else may come before it.
			if (element.is("handshake", NS_COMPONENT)) begin();
			return;
		}
		const handled = management.receive(element);
		if (!handled) return;
		if (others && element.attrs.type === "get") hearOthers(element, domain, others);
		inHand.take(element, handled);
	}

	function begin() {
		isOpen = true;
		management.begin("unmanaged");
		opening.succeed({
			resumed: false,
			resumable: false,
			mostBytes: stanzaBounds.sent.is,
			send,
			takes: undefined,
			keptSeconds: undefined,
			probe: () => send(pingToOurselves(domain, others)),
			leave: () =>
				new Promise((resolve) => {
					socket.once("close", () => resolve());
					flush();
					socket.end("</stream:stream>");
				}),
		});
	}

	const parser = new StanzaParser(
		{
			onStart({ attrs }) {
				const failure = wrongPort(attrs.xmlns, component);
				if (failure) opening.fail(failure);
				else send(handshake(attrs.id, password));
			},
			onElement(element) {
				// One read may hold more than the end.
				if (!socket.destroyed) onElement(element);
			},
			// Nobody counts, and nobody is answered.
			onSkipped() {},
			onEnd: () => opening.fail(new StreamFailure("other", "The server closed the stream.")),
			onFault(fault) {
				if (isOpen) send(streamError(fault));
				opening.fail(isOpen ? unreadable(fault) : noXmppServer(component));
			},
			isAwaited: (head) => options.isAwaited?.(head) ?? false,
		},
		{ hasHeader: true, scanner: createStanzaScanner() },
	);

	// A character may come in two pieces.
	socket.setEncoding("utf8");
	socket.setNoDelay(true);
	socket.on("connect", () => {
		isConnected = true;
		socket.write(headerTo(domain));
	});
	socket.on("data", (text) => {
		onLife();
		parser.write(String(text));
		inHand.pauseIfFull();
	});
	socket.on("error", (error) =>
		opening.fail(
			isConnected
				? new StreamFailure("other", `The connection was lost (${error.message}).`)
				: noConnection(error, component),
		),
	);
	socket.on("close", () => opening.fail(new StreamFailure("other", "The connection was lost.")));

	const stream = opening.start(
		() =>
			`${shownUrl(component.service)} did not answer within ${deadlineMs / 1000} s: check its port, and that the server listens for components there.`,
	);
	const { hostname, port } = new URL(component.service);
	socket.connect(Number(port) || PORT, toALabels(hostname).replace(/^\[(.*)\]$/, "$1"));
	return stream;
}

/** The stanzas that wait for an answer: while they are too many, no more is read. */
function createInHand(socket: Socket, { onStanza }: Pick<StreamOptions, "onStanza">) {
	let count = 0;
	return {
		take(stanza: Element, handled: () => void) {
			count++;
			onStanza(stanza, () => {
				count--;
				handled();
				if (count <= MOST_IN_HAND / 2 && socket.isPaused()) socket.resume();
			});
		},
		pauseIfFull() {
			if (count >= MOST_IN_HAND) socket.pause();
		},
	};
}

function headerTo(domain: string): string {
	const header = xml("stream:stream", { xmlns: NS_COMPONENT, "xmlns:stream": NS_STREAM, to: domain });
	return `<?xml version='1.0'?>${header.toString().replace(/\/>$/, ">")}`;
}

/** Proves that we know the secret. @param id the stream's */
function handshake(id: string, secret: string): Element {
	return xml("handshake", {}, createHash("sha1").update(`${id}${secret}`).digest("hex"));
}

/**
 * To ourselves, by way of the server: that proves both directions, and asks for no other entity. Where several
 * connections share the domain the server may give it to another of them; it is answered there, and each of them hears
 * of some. Not to the bare domain: ejabberd's mod_privilege (in 24.12, its issue 4336) takes every IQ of a component to
 * a bare JID for its own, and it never comes back.
 */
function pingToOurselves(domain: string, others: Pick<Others, "value"> | undefined): Element {
	const ourselves = `${domain}/alive`;
	return xml(
		"iq",
		{ type: "get", id: crypto.randomUUID(), from: ourselves, to: ourselves },
		xml("ping", { xmlns: NS.ping }, ...(others ? [sameElement(others.value)] : [])),
	);
}

/** Nobody but a connection of the domain can send from it. */
function hearOthers(stanza: Element, domain: string, { heard }: Pick<Others, "heard">) {
	const ping = domainOf(String(stanza.attrs.from)) === domain && stanza.getChild("ping", NS.ping);
	const theirs = ping ? readSame(ping) : undefined;
	if (theirs !== undefined) heard(theirs);
}
