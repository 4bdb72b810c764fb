/**
 * One stream of a component (XEP-0114): connects over TCP, proves that it knows the secret, and is open until the
 * connection drops. Nothing is resumed and nothing is repeated: what was in hand then has no answer, which no
 * server holds against its users.
 */
import { createHash } from "node:crypto";
import { Socket } from "node:net";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { settingOf, shownUrl, type XmppComponent } from "../../config/connections.ts";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import { toALabels } from "../../syntax/domain-name.ts";
import { domainOf } from "../../xmpp/jid.ts";
import { NS } from "../../xmpp/namespaces.ts";
import { readSame, sameElement } from "../../xmpp/same-database.ts";
import { StanzaParser } from "./stanza-parser.ts";
import {
	causeAnd,
	explainStreamError,
	NS_STREAM,
	readStreamError,
	type StreamError,
	StreamFailure,
	type StreamOptions,
	startOpening,
	streamError,
	unreadable,
	type XmppStream,
} from "./stream.ts";

const NS_COMPONENT = "jabber:component:accept";

/** Whose ports answer with which namespace. Prosody's then says that the host is unknown, which it is not. */
const PORTS_OF_OTHERS: ReadonlyMap<string, string> = new Map([
	["jabber:client", "clients"],
	["jabber:server", "other servers"],
]);

/** The port that servers' documents name, for a URL without one. */
const PORT = 5347;

/** Read no more while so many stanzas wait for an answer: the server's own queue is the place for the rest. */
const MOST_IN_HAND = 4_000;

/** @throws {StreamFailure} */
export function openComponentStream(connection: XmppComponent, options: StreamOptions): Promise<XmppStream> {
	const { management, onStanza, onLife, others } = options;
	const { domain, password } = connection;
	const service = shownUrl(connection.service);
	const socket = new Socket();
	const ourselves = `${domain}/alive`;
	let isConnected = false;
	let isOpen = false;
	let inHand = 0;
	const opening = startOpening(
		options,
		drop,
		() =>
			`${service} did not answer within ${options.deadlineMs / 1000} s: check its port, and that the server listens for components there.`,
	);

	/** Goes out at the end of this turn of the loop. */
	let unsent = "";

	/** One write for all that is answered in a turn: each costs more than what is in it. */
	function send(element: Element) {
		if (unsent === "") setImmediate(flush);
		unsent += element.toString();
	}

	function flush() {
		// Without a connection it is lost: there is nobody to send it again.
		if (unsent !== "" && !socket.destroyed) socket.write(unsent);
		unsent = "";
	}

	function drop() {
		flush();
		socket.destroy();
	}

	function onElement(element: Element) {
		const error = readStreamError(element);
		if (error) return opening.fail(explain(error, connection, isOpen));
		if (!isOpen) {
			// An empty one is the server's consent; nothing else may come before it.
			if (element.is("handshake", NS_COMPONENT)) begin();
			return;
		}
		const handled = management.receive(element);
		if (!handled) return;
		if (others && element.attrs.type === "get") hearOthers(element, others);
		inHand++;
		onStanza(element, () => {
			inHand--;
			handled();
			if (inHand <= MOST_IN_HAND / 2 && socket.isPaused()) socket.resume();
		});
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
			// To ourselves, by way of the server: that proves both directions, and asks for no other entity. Where
			// several connections share the domain the server may give it to another of them; it is answered there,
			// and each of them hears of some. Not to the bare domain: ejabberd's mod_privilege (in 24.12, its issue 4336)
			// takes every IQ of a component to a bare JID for its own, and it never comes back.
			probe: () =>
				send(
					xml(
						"iq",
						{ type: "get", id: crypto.randomUUID(), from: ourselves, to: ourselves },
						xml("ping", { xmlns: NS.ping }, ...(others ? [sameElement(others.value)] : [])),
					),
				),
			leave: () =>
				new Promise((resolve) => {
					socket.once("close", () => resolve());
					flush();
					socket.end("</stream:stream>");
				}),
		});
	}

	/** Nobody but a connection of the domain can send from it. */
	function hearOthers(stanza: Element, { heard }: NonNullable<typeof others>) {
		const ping = domainOf(String(stanza.attrs.from)) === domain && stanza.getChild("ping", NS.ping);
		const theirs = ping ? readSame(ping) : undefined;
		if (theirs !== undefined) heard(theirs);
	}

	const parser = new StanzaParser(
		{
			onStart({ attrs }) {
				const others = PORTS_OF_OTHERS.get(attrs.xmlns);
				if (others) return opening.fail(wrongPort(others, connection));
				const proof = createHash("sha1").update(`${attrs.id}${password}`).digest("hex");
				send(xml("handshake", {}, proof));
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
				opening.fail(
					isOpen
						? unreadable(fault)
						: new StreamFailure(
								"other",
								`${service} is no XMPP server: check ${settingOf(connection, "service")}.`,
							),
				);
			},
			isAwaited: (head) => options.isAwaited?.(head) ?? false,
		},
		{ hasHeader: true },
	);

	// A character may come in two pieces.
	socket.setEncoding("utf8");
	socket.setNoDelay(true);
	socket.on("connect", () => {
		isConnected = true;
		const header = xml("stream:stream", { xmlns: NS_COMPONENT, "xmlns:stream": NS_STREAM, to: domain });
		socket.write(`<?xml version='1.0'?>${header.toString().replace(/\/>$/, ">")}`);
	});
	socket.on("data", (text) => {
		onLife();
		parser.write(String(text));
		if (inHand >= MOST_IN_HAND) socket.pause();
	});
	socket.on("error", (error) =>
		opening.fail(
			isConnected
				? new StreamFailure("other", `The connection was lost (${error.message}).`)
				: noConnection(error, connection),
		),
	);
	socket.on("close", () => opening.fail(new StreamFailure("other", "The connection was lost.")));
	const { hostname, port } = new URL(connection.service);
	socket.connect(Number(port) || PORT, toALabels(hostname).replace(/^\[(.*)\]$/, "$1"));
	return opening.stream;
}

const wrongPort = (others: string, connection: XmppComponent) =>
	new StreamFailure(
		"other",
		`${shownUrl(connection.service)} is the server's port for ${others}, not for components: set ${settingOf(connection, "service")} to the port that it has for components (by default ${PORT}).`,
	);

function noConnection(error: Error, connection: XmppComponent): StreamFailure {
	const code = codeOf(error);
	const check = `check ${settingOf(connection, "service")}, and that the server listens for components there`;
	// What is to be checked then is said already.
	const words = code === "ECONNREFUSED" ? check : causeAnd(code, check);
	return new StreamFailure("other", `Cannot connect to ${shownUrl(connection.service)} (${code}): ${words}.`);
}

/** Why, without the address that the system's own sentence names. */
const codeOf = (error: Error) => String((error as { code?: unknown }).code ?? error.name);

function explain(error: StreamError, connection: XmppComponent, wasOpen: boolean): StreamFailure {
	const { domain } = connection;
	const service = shownUrl(connection.service);
	switch (error.condition) {
		case "not-authorized":
			return new StreamFailure(
				"credentials",
				`The server refused the component ${domain}: ${settingOf(connection, "password")} is not its secret, or the server has no component called so (${settingOf(connection, "domain")}).`,
			);
		case "conflict":
			// Prosody takes one connection of a component, unless it is told otherwise.
			return wasOpen
				? explainStreamError(error, connection)
				: new StreamFailure(
						"address-held",
						`The server has another connection of the component ${domain}. If it is a Reveille of the same database, this one stands by; of another database, end one of the two. If it is our last connection, the server has not noticed its end yet.`,
					);
		case "host-unknown":
			return new StreamFailure(
				"other",
				`The server at ${service} knows no component ${domain}: check ${settingOf(connection, "domain")}, and the server's configuration.`,
			);
		case "invalid-namespace":
			return new StreamFailure(
				"other",
				`The server does not take components at ${service}: check the port in ${settingOf(connection, "service")}.`,
			);
		default:
			return explainStreamError(error, connection);
	}
}
