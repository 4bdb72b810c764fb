/**
 * One stream of an account over WebSocket (RFC 7395): connects, authenticates, resumes or binds, and is then open
 * until it drops. Composed from the parts of xmpp.js, without its stream management and its reconnecting: those
 * forget with the process what ours must remember.
 */
import { Client } from "@xmpp/client-core";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { settingOf, shownUrl, type XmppAccount } from "../../config/connections.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import { saidBy } from "../../sasl/said.ts";
import { NS } from "../../xmpp/namespaces.ts";
import { explainNoConnection } from "../server/connection-failures.ts";
import type { Way } from "../server/discovery.ts";
import { readWholeStanzas } from "./framed-stanzas.ts";
import { type NewSession, NS_SM } from "./managed-session.ts";
import { createSaslLogin, NS_SASL } from "./sasl-login.ts";
import {
	explainStreamError,
	NS_STREAM,
	readStreamError,
	StreamFailure,
	type StreamOptions,
	startOpening,
	streamError,
	unreadable,
	type XmppStream,
} from "./stream.ts";
import { addWebSocket } from "./websocket-transport.ts";

const NS_BIND = "urn:ietf:params:xml:ns:xmpp-bind";
/** XEP-0478 */
const NS_LIMITS = "urn:xmpp:stream-limits:0";

/** Ask the server to keep the session this long, s; it decides itself (Prosody 600, ejabberd 300 by default). */
const PREFERRED_RESUME_S = 3600;

/**
 * @param options.ways how to get there; without it, by the account's URL
 * @throws {StreamFailure}
 */
export async function openAccountStream(account: XmppAccount, options: StreamOptions): Promise<XmppStream> {
	const { ways, signal } = options;
	let way: Way = { service: account.service ?? "" };
	let refusal: { error: unknown } | undefined;
	try {
		if (ways) way = await ways.find(signal);
		if (signal.aborted) throw new StreamFailure("other", "ended");
		if (way.service === "") {
			throw new StreamFailure("other", `Where the server of ${account.domain} is, was not looked for.`);
		}
		return await openStream({ ...account, service: way.service }, options, {
			way,
			onRefused(error) {
				refusal ??= { error };
			},
		});
	} catch (failure) {
		ways?.failed();
		if (!refusal || signal.aborted) throw failure;
		throw await explainNoConnection(refusal.error, { account, way, signal });
	}
}

/** @param hooks.onRefused called with what the WebSocket said when it did not come about */
async function openStream(
	account: XmppAccount & { service: string },
	options: StreamOptions,
	{ way, onRefused }: { way: Way; onRefused(error: unknown): void },
): Promise<XmppStream> {
	const { management, onStanza, onLife, deadlineMs, isKept = true } = options;
	const { address, service, domain, username, resource } = account;
	const entity = new Client({ service, domain, timeout: deadlineMs });
	addWebSocket(entity, way.tls);
	// RFC 6120 §4.9.3.19 lets us come back to where we were. xmpp.js would follow the server to any host, and where none
	// is named end the process.
	Object.assign(entity, { _onSeeOtherHost: (error: Error) => void entity.emit("error", error) });
	const opening = startOpening(options, drop, () => {
		if (waitingFor === "resumption") management.unanswered();
		return `${shownUrl(service)} did not answer within ${deadlineMs / 1000} s: check its port, and whether it is ws:// or wss:// there.`;
	});
	const { fail } = opening;
	const login = createSaslLogin(account, send);
	const failed = (failure: StreamFailure) => fail(login.isDone() ? failure : beforeLogin(failure));
	readWholeStanzas(entity, {
		onSkipped(head) {
			onLife();
			// It counts as handled: the server would send it again.
			if (login.isDone()) management.receive(head)?.();
		},
		onFault(fault) {
			send(streamError(fault));
			fail(unreadable(fault));
		},
		isAwaited: (head) => options.isAwaited?.(head) ?? false,
	});
	/** What we asked the server last, and wait for: nothing else is an answer, whoever sends it. */
	let waitingFor: "resumption" | { bind: string } | "enabling" | undefined;
	let features: Element | undefined;

	function drop() {
		const socket = entity.socket as { socket?: WebSocket & { terminate(): void } } | null;
		socket?.socket?.terminate();
	}

	function send(element: Element) {
		// Without a connection, stream management keeps what must be sent again.
		entity.send(element).catch(() => {});
	}

	function opened(resumed: boolean, resumable: boolean, repeat: readonly Element[]) {
		for (const element of repeat) send(element);
		waitingFor = undefined;
		const mostBytes = mostBytesTaken(features);
		const takes = mostBytesSaid(features);
		opening.succeed({ resumed, resumable, mostBytes, takes, send, probe, leave: async () => drop() });
	}

	const begin = (session: NewSession) => management.begin(session, mostBytesTaken(features));

	function probe() {
		const ping = () => xml("iq", { type: "get", id: "ping", to: domain }, xml("ping", { xmlns: NS.ping }));
		send(management.counts() ? xml("r", { xmlns: NS_SM }) : ping());
	}

	function negotiate(offered: Element) {
		features = offered;
		if (!login.isDone()) {
			login
				.start(offered)
				.then(() => entity.restart())
				.catch((error: unknown) => fail(explain(error, account)));
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
			fail(new StreamFailure("other", `Cannot take the address ${address}: ${reason}.`));
		} else if (jid !== address) {
			// Users' servers publish to the address they were given: another one is of no use.
			const field = jid.startsWith(`${username}@${domain}/`) ? "resource" : "username";
			const bound = saidBy(jid, account);
			fail(
				new StreamFailure(
					"other",
					`The server bound ${bound} instead of ${address}: set ${settingOf(account, field)} as the server has it.`,
				),
			);
		} else if (isKept && features?.getChild("sm", NS_SM)) {
			waitingFor = "enabling";
			send(xml("enable", { xmlns: NS_SM, resume: "true", max: String(PREFERRED_RESUME_S) }));
		} else {
			opened(false, false, begin("unmanaged"));
		}
	}

	function onStreamManagement(element: Element) {
		const nonsense = nonsenseIn(element, management.state()?.id);
		if (nonsense) return fail(nonsense);
		const h = Number(element.attrs.h);
		switch (`${element.name} ${typeof waitingFor === "object" ? "bind" : (waitingFor ?? "")}`.trim()) {
			case "r":
				return management.requested();
			case "a":
				return management.acknowledged(h);
			case "resumed resumption":
				return opened(true, true, management.resume(h, mostBytesTaken(features)));
			case "failed resumption":
				// Nothing to resume (the server was restarted, or we came too late): take the address anew.
				return bind();
			case "enabled enabling": {
				const { id, resume } = element.attrs;
				const isKept = resume === "true" || resume === "1";
				const resumable = isKept && Boolean(id) && id.length <= loginBounds.resumptionId.is;
				return opened(false, resumable, begin(resumable ? { id, jid: address } : "counted"));
			}
			case "failed enabling":
				return opened(false, false, begin("unmanaged"));
		}
	}

	/** The server's answer to our bind: from nobody, from our account or from the server itself. */
	function isBindReply({ name, attrs }: Element): boolean {
		const ours = [undefined, domain, `${username}@${domain}`, address];
		return (
			name === "iq" &&
			typeof waitingFor === "object" &&
			attrs.id === waitingFor.bind &&
			ours.includes(attrs.from)
		);
	}

	entity.on("element", (element: Element) => {
		onLife();
		const error = readStreamError(element);
		if (error) failed(explain(error, account));
		else if (element.is("features", NS_STREAM)) negotiate(element);
		else if (element.getNS() === NS_SASL) login.receive(element);
		// Whoever speaks has not shown yet who it is.
		else if (!login.isDone()) return;
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
	entity.on("error", (error: unknown) => {
		if (!connected) onRefused(error);
		failed(lostOr(error, account));
	});
	// The server closed the stream; some wait for us to leave first.
	entity.on("close", () => fail(new StreamFailure("other", "The server closed the stream.")));
	entity.on("disconnect", ({ reason }: { reason?: { code?: number } }) =>
		fail(
			new StreamFailure("other", "The connection was lost.", {
				isStreamError: BLAMES_US.includes(reason?.code ?? 0),
			}),
		),
	);

	entity
		.connect(service)
		.then(() => entity.open({ domain }))
		.catch((error: unknown) => fail(explain(error, account)));
	return opening.stream;
}

/** A server takes no less (RFC 6120 §13.12). */
const LEAST_TAKEN = 10_000;
/** Left free below what a server takes: it may count what we do not. */
const SPARE = 1024;

/** The longest stanza that the server says it takes, bytes (XEP-0478). */
function mostBytesSaid(features: Element | undefined): number | undefined {
	const said = features?.getChild("limits", NS_LIMITS)?.getChildText("max-bytes")?.trim() ?? "";
	return /^\d{1,15}$/.test(said) ? Number(said) : undefined;
}

/** How large a stanza may be that we send, bytes: less than the server says that it takes. */
function mostBytesTaken(features: Element | undefined): number {
	const said = mostBytesSaid(features);
	if (said === undefined) return stanzaBounds.sent.is;
	return Math.min(stanzaBounds.sent.is, Math.max(said, LEAST_TAKEN) - SPARE);
}

function explain(error: unknown, account: XmppAccount): StreamFailure {
	if (error instanceof StreamFailure) return error;
	const { condition, text, message = String(error) } = error as Parameters<typeof explainStreamError>[0];
	const [its, words] = [condition, text].map((said) => said && saidBy(said, account));
	return explainStreamError(
		{ ...(its && { condition: its }), ...(words && { text: words }), message },
		account,
	);
}

/** XEP-0198 §4: counts begin anew there. */
const COUNTS = 2 ** 32;

/** @param id of the session that can be resumed */
function nonsenseIn({ name, attrs }: Element, id: string | undefined): StreamFailure | undefined {
	if (name !== "a" && name !== "resumed") return undefined;
	if (!/^\d{1,10}$/.test(attrs.h) || Number(attrs.h) >= COUNTS) {
		return new StreamFailure(
			"other",
			"The server did not count our stanzas (XEP-0198), and said that it did.",
		);
	}
	if (name === "resumed" && id !== undefined && attrs.previd !== undefined && attrs.previd !== id) {
		return new StreamFailure("other", "The server resumed another session than the one that was asked for.");
	}
	return undefined;
}

/** Nobody can take an address from us that we do not have yet; and whoever says so has not shown who it is. */
function beforeLogin(failure: StreamFailure): StreamFailure {
	if (failure.kind !== "address-taken") return failure;
	return new StreamFailure(
		"other",
		`The server closed the stream before the login: conflict (${failure.message}).`,
	);
}

/** WebSocket's ways to say that a message of ours was not taken (RFC 6455 §7.4.1). */
const BLAMES_US: readonly number[] = [1002, 1003, 1007, 1008, 1009];

/** Bun's own code where a message is longer than the 128 MiB that it receives. */
const TOO_BIG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

function lostOr(error: unknown, account: XmppAccount): StreamFailure {
	if ((error as { code?: string }).code !== TOO_BIG) return explain(error, account);
	return new StreamFailure("too-big", "A message of more than 128 MiB came, which cannot be received.");
}
