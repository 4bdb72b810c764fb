/**
 * One stream of an account over WebSocket (RFC 7395): connects, authenticates, resumes or binds, and is then open
 * until it drops. Composed from the parts of xmpp.js, without its stream management and its reconnecting: those
 * forget with the process what ours must remember.
 */
import { Client } from "@xmpp/client-core";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { shownUrl, type XmppAccount } from "../../config/connections.ts";
import { NS_SASL } from "../../sasl/elements.ts";
import { NS } from "../../xmpp/namespaces.ts";
import { explainNoConnection } from "../server/connection-failures.ts";
import type { Way } from "../server/discovery.ts";
import { beforeLogin, explain, explainError, lost } from "./account-failures.ts";
import { readWholeStanzas } from "./framed-stanzas.ts";
import { NS_SM } from "./managed-session.ts";
import { createNegotiation } from "./negotiation.ts";
import { createSaslLogin } from "./sasl-login.ts";
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
import { addWebSocket } from "./websocket-transport.ts";

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
	const { service, domain } = account;
	const { entity, send, drop } = createClient(account, { way, deadlineMs });
	const opening = createOpening(options, drop);
	const login = createSaslLogin(account, send);
	const negotiation = createNegotiation({
		account,
		management,
		isKept,
		send,
		onOpen: (opened) => opening.succeed({ ...opened, send, probe, leave: async () => drop() }),
		onFailure: opening.fail,
	});

	function probe() {
		const ping = () => xml("iq", { type: "get", id: "ping", to: domain }, xml("ping", { xmlns: NS.ping }));
		send(management.counts() ? xml("r", { xmlns: NS_SM }) : ping());
	}

	function failed(failure: StreamFailure) {
		opening.fail(login.isDone() ? failure : beforeLogin(failure));
	}

	function onFeatures(features: Element) {
		options.onFeatures?.(features);
		if (login.isDone()) return negotiation.begin(features);
		login
			.start(features)
			.then(() => entity.restart())
			.catch((error: unknown) => opening.fail(explain(error, account)));
	}

	readWholeStanzas(entity, {
		onSkipped(head) {
			onLife();
			// It counts as handled: the server would send it again.
			if (login.isDone()) management.receive(head)?.();
		},
		onFault(fault) {
			send(streamError(fault));
			opening.fail(unreadable(fault));
		},
		isAwaited: (head) => options.isAwaited?.(head) ?? false,
	});
	entity.on("element", (element: Element) => {
		onLife();
		const error = readStreamError(element);
		if (error) failed(explain(error, account));
		else if (element.is("features", NS_STREAM)) onFeatures(element);
		else if (element.getNS() === NS_SASL) login.receive(element);
		// Whoever speaks has not shown yet who it is.
		else if (!login.isDone()) return;
		else if (!negotiation.take(element) && entity.isStanza(element)) {
			const handled = management.receive(element);
			if (handled) onStanza(element, handled);
		}
	});
	let isConnected = false;
	entity.on("connect", () => {
		isConnected = true;
	});
	entity.on("error", (error: unknown) => {
		if (!isConnected) onRefused(error);
		failed(explainError(error, account));
	});
	// The server closed the stream; some wait for us to leave first.
	entity.on("close", () => opening.fail(new StreamFailure("other", "The server closed the stream.")));
	entity.on("disconnect", ({ reason }: { reason?: { code?: number } }) => opening.fail(lost(reason?.code)));

	const stream = opening.start(() => {
		if (negotiation.isResuming()) management.unanswered();
		return `${shownUrl(service)} did not answer within ${deadlineMs / 1000} s: check its port, and whether it is ws:// or wss:// there.`;
	});
	entity
		.connect(service)
		.then(() => entity.open({ domain }))
		.catch((error: unknown) => opening.fail(explain(error, account)));
	return stream;
}

/** A client of xmpp.js that is not connected yet. */
function createClient(
	{ service, domain }: XmppAccount & { service: string },
	{ way, deadlineMs }: { way: Way; deadlineMs: number },
) {
	const entity = new Client({ service, domain, timeout: deadlineMs });
	addWebSocket(entity, way.tls);
	// RFC 6120 §4.9.3.19 lets us come back to where we were. xmpp.js would follow the server to any host, and where none
	// is named end the process.
	Object.assign(entity, { _onSeeOtherHost: (error: Error) => void entity.emit("error", error) });
	return {
		entity,
		/** Without a connection, stream management keeps what must be sent again. */
		send(element: Element) {
			entity.send(element).catch(() => {});
		},
		drop() {
			const socket = entity.socket as { socket?: WebSocket & { terminate(): void } } | null;
			socket?.socket?.terminate();
		},
	};
}
