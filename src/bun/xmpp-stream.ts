/**
 * One XMPP stream over WebSocket (RFC 7395): connects, authenticates, resumes or binds, and is then open until it
 * drops. Composed from the parts of xmpp.js, without its stream management and its reconnecting: those forget
 * with the process what ours must remember.
 */
import { Client } from "@xmpp/client-core";
import sasl from "@xmpp/sasl";
import plain from "@xmpp/sasl-plain";
import scramSha1 from "@xmpp/sasl-scram-sha-1";
import websocket from "@xmpp/websocket";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import SASLFactory from "saslmechanisms";
import type { XmppAccount } from "../config.ts";
import { NS_SM, type StreamManagement } from "./stream-management.ts";

const NS_STREAM = "http://etherx.jabber.org/streams";
const NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const NS_BIND = "urn:ietf:params:xml:ns:xmpp-bind";

/** Ask the server to keep the session this long, s; it decides itself (Prosody 600, ejabberd 300 by default). */
const PREFERRED_RESUME_S = 3600;

/** Why there is no stream, as a sentence that says what to do where there is something to do. */
export class StreamFailure extends Error {
	override name = "StreamFailure";
	/** `address-taken`: another session holds our address, or took it over. */
	readonly kind: "credentials" | "address-taken" | "other";

	constructor(kind: StreamFailure["kind"], message: string) {
		super(message);
		this.kind = kind;
	}
}

export interface XmppStream {
	/** The full JID that is bound. */
	readonly jid: string;
	readonly resumed: boolean;
	/** Whether the server keeps the session for us when the connection is lost. */
	readonly resumable: boolean;
	send(element: Element): void;
	/** Cuts the connection without closing the stream: what can be resumed stays so. */
	drop(): void;
	/** Resolves, with the reason, when the connection is gone. */
	readonly closed: Promise<StreamFailure>;
}

export interface XmppStreamOptions {
	account: XmppAccount;
	management: StreamManagement;
	/** Called for every stanza, after stream management has seen it, with what to call once it is handled. */
	onStanza(stanza: Element, handled: () => void): void;
	/** Called for everything that arrives: the connection lives. */
	onLife(): void;
	/** Called as soon as the stream is open, before anything else that arrives is looked at. */
	onOpen(stream: XmppStream): void;
	/** How long all steps together may take, ms. */
	deadlineMs: number;
	/** Ends it while it is being opened. */
	signal: AbortSignal;
}

/** @throws {StreamFailure} */
export async function openStream(options: XmppStreamOptions): Promise<XmppStream> {
	const { account, management, onStanza, onLife, onOpen, deadlineMs, signal } = options;
	const { service, domain, username, password, resource } = account;
	const entity = new Client({ service, domain, timeout: deadlineMs });
	websocket({ entity });
	const ready = Promise.withResolvers<XmppStream>();
	const closed = Promise.withResolvers<StreamFailure>();
	// Whoever awaits the stream hears of the failure; one that came too late is nobody's.
	ready.promise.catch(() => {});
	/** What we asked the server last, and wait for: nothing else is an answer, whoever sends it. */
	let waitingFor: "resumption" | { bind: string } | "enabling" | undefined;
	let features: Element | undefined;

	function drop() {
		const socket = entity.socket as { socket?: WebSocket & { terminate(): void } } | null;
		socket?.socket?.terminate();
	}

	function fail(failure: StreamFailure) {
		ready.reject(failure);
		closed.resolve(failure);
		drop();
	}

	function send(element: Element) {
		// Without a connection, stream management keeps what must be sent again.
		entity.send(element).catch(() => {});
	}

	function opened(jid: string, resumed: boolean, resumable: boolean, repeat: readonly Element[]) {
		for (const element of repeat) send(element);
		waitingFor = undefined;
		const stream = { jid, resumed, resumable, send, drop, closed: closed.promise };
		onOpen(stream);
		ready.resolve(stream);
	}

	const authenticate = saslHandler(username, password, () => entity.isSecure());

	function negotiate(offered: Element) {
		features = offered;
		const mechanisms = offered.getChild("mechanisms", NS_SASL);
		if (mechanisms) {
			authenticate(entity, mechanisms).catch((error: unknown) => fail(explainSasl(error, account)));
		} else {
			const state = offered.getChild("sm", NS_SM) && management.resumption();
			if (state) {
				waitingFor = "resumption";
				send(xml("resume", { xmlns: NS_SM, h: String(state.inbound), previd: state.id }));
			} else {
				bind();
			}
		}
	}

	function bind() {
		const id = crypto.randomUUID();
		waitingFor = { bind: id };
		send(xml("iq", { type: "set", id }, xml("bind", { xmlns: NS_BIND }, xml("resource", {}, resource))));
	}

	function onBound(reply: Element) {
		const jid = reply.getChild("bind", NS_BIND)?.getChildText("jid");
		if (!jid) {
			const taken = reply.getChild("error")?.getChild("conflict") !== undefined;
			const reason = taken ? "another session holds it" : "the server refused to bind it";
			fail(new StreamFailure("other", `Cannot take the address ${addressOf(account)}: ${reason}.`));
		} else if (jid !== addressOf(account)) {
			// Users' servers publish to the address they were given: another one is of no use.
			fail(
				new StreamFailure(
					"other",
					`The server bound ${jid} instead of ${addressOf(account)}: set XMPP_RESOURCE.`,
				),
			);
		} else if (features?.getChild("sm", NS_SM)) {
			waitingFor = "enabling";
			send(xml("enable", { xmlns: NS_SM, resume: "true", max: String(PREFERRED_RESUME_S) }));
		} else {
			opened(jid, false, false, management.begin("unmanaged"));
		}
	}

	function onStreamManagement(element: Element) {
		const h = Number(element.attrs.h);
		switch (`${element.name} ${typeof waitingFor === "object" ? "bind" : (waitingFor ?? "")}`.trim()) {
			case "r":
				return management.requested();
			case "a":
				return management.acknowledged(h);
			case "resumed resumption": {
				const jid = management.state()?.jid ?? addressOf(account);
				return opened(jid, true, true, management.resume(h));
			}
			case "failed resumption":
				// Nothing to resume (the server was restarted, or we came too late): take the address anew.
				return bind();
			case "enabled enabling": {
				const { id, resume } = element.attrs;
				const jid = addressOf(account);
				const resumable = (resume === "true" || resume === "1") && Boolean(id);
				return opened(jid, false, resumable, management.begin(resumable ? { id, jid } : "counted"));
			}
			case "failed enabling":
				return opened(addressOf(account), false, false, management.begin("unmanaged"));
		}
	}

	/** The server's answer to our bind: from nobody, from our account or from the server itself. */
	function isBindReply({ name, attrs }: Element): boolean {
		const { domain, username } = account;
		const ours = [undefined, domain, `${username}@${domain}`, addressOf(account)];
		return (
			name === "iq" &&
			typeof waitingFor === "object" &&
			attrs.id === waitingFor.bind &&
			ours.includes(attrs.from)
		);
	}

	entity.on("element", (element: Element) => {
		onLife();
		if (element.is("features", NS_STREAM)) negotiate(element);
		else if (element.getNS() === NS_SM) onStreamManagement(element);
		else if (isBindReply(element)) onBound(element);
		else if (entity.isStanza(element)) {
			const handled = management.receive(element);
			if (handled) onStanza(element, handled);
		}
	});
	let connected = false;
	entity.on("connect", () => {
		connected = true;
	});
	entity.on("error", (error: unknown) =>
		fail(connected ? explain(error, account) : noConnection(error, service)),
	);
	// The server closed the stream; some wait for us to leave first.
	entity.on("close", () => fail(new StreamFailure("other", "The server closed the stream.")));
	entity.on("disconnect", () => fail(new StreamFailure("other", "The connection was lost.")));

	const timer = setTimeout(
		() =>
			fail(
				new StreamFailure(
					"other",
					`${service} did not answer within ${deadlineMs / 1000} s: check its port, and whether it is ws:// or wss:// there.`,
				),
			),
		deadlineMs,
	);
	const abort = () => fail(new StreamFailure("other", "ended"));
	signal.addEventListener("abort", abort, { once: true });
	entity
		.connect(service)
		.then(() => entity.open({ domain }))
		.catch((error: unknown) => fail(explain(error, account)));
	return ready.promise.finally(() => {
		clearTimeout(timer);
		signal.removeEventListener("abort", abort);
	});
}

export const addressOf = ({ username, domain, resource }: XmppAccount) => `${username}@${domain}/${resource}`;

/** The SASL step of xmpp.js, without the rest of its negotiation. */
function saslHandler(username: string, password: string, isSecure: () => boolean) {
	type Handler = (context: { entity: Client }, next: () => void, mechanisms: Element) => Promise<void>;
	let handler: Handler | undefined;
	const saslFactory = new SASLFactory();
	scramSha1(saslFactory);
	plain(saslFactory);
	const streamFeatures = { use: (_name: string, _ns: string, added: Handler) => (handler = added) };
	const onAuthenticate = async (
		done: (credentials: { username: string; password: string }, mechanism: string) => Promise<void>,
		offered: string[],
	) => {
		// A password in the clear goes over a secure connection only.
		const mechanism = offered.find((name) => name !== "PLAIN" || isSecure());
		if (!mechanism)
			throw new StreamFailure("credentials", "The server offers no safe way to log in here: use wss://.");
		await done({ username, password }, mechanism);
	};
	sasl({ streamFeatures, saslFactory } as never, onAuthenticate as never);
	return async (entity: Client, mechanisms: Element) => handler?.({ entity }, () => {}, mechanisms);
}

function explainSasl(error: unknown, account: XmppAccount): StreamFailure {
	if (error instanceof StreamFailure) return error;
	const condition = (error as { condition?: string }).condition;
	switch (condition) {
		case "not-authorized":
			return new StreamFailure(
				"credentials",
				`The server refused ${account.username}@${account.domain}: XMPP_USERNAME or XMPP_PASSWORD is wrong, or there is no such account.`,
			);
		case "account-disabled":
			return new StreamFailure(
				"credentials",
				`The account ${account.username}@${account.domain} is disabled.`,
			);
		default:
			return explain(error, account);
	}
}

function explain(error: unknown, { domain, service }: XmppAccount): StreamFailure {
	if (error instanceof StreamFailure) return error;
	const { condition, text, message } = error as { condition?: string; text?: string; message?: string };
	switch (condition) {
		case "conflict":
			return new StreamFailure("address-taken", text || "replaced by another session");
		case "host-unknown":
			return new StreamFailure(
				"other",
				`The server at ${service} does not serve ${domain}: check XMPP_DOMAIN.`,
			);
		case undefined:
			return new StreamFailure("other", message || String(error));
		default:
			return new StreamFailure(
				"other",
				`The server closed the stream: ${condition}${text ? ` (${text})` : ""}.`,
			);
	}
}

function noConnection(error: unknown, service: string): StreamFailure {
	const said = error instanceof Error ? error.message : String(error);
	// Bun's own sentence repeats the address.
	const reason = said.replace(/^WebSocket connection to '.*' failed: /, "");
	const hint = /101|upgrade|status/i.test(reason)
		? "there is no XMPP over WebSocket; check the path of XMPP_SERVICE"
		: "check XMPP_SERVICE";
	return new StreamFailure("other", `Cannot connect to ${service} (${reason}): ${hint}.`);
}
