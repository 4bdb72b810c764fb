/** One XMPP stream, whatever carries it: what a connection asks of it, and what all kinds have in common. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { settingOf, shownUrl, type XmppConnection } from "../../config/connections.ts";
import { quoted } from "../../limits/text-length.ts";
import { causeOf } from "../../services/network-failures.ts";
import type { ReadFault } from "../../syntax/read-fault.ts";
import type { Others } from "../address/other-databases.ts";
import type { Ways } from "../server/discovery.ts";
import type { StreamManagement } from "./stream-management.ts";

export const NS_STREAM = "http://etherx.jabber.org/streams";
/** RFC 6120 §4.9.3 */
export const NS_CONDITIONS = "urn:ietf:params:xml:ns:xmpp-streams";

/** Why there is no stream, as a sentence that says what to do where there is something to do. */
export class StreamFailure extends Error {
	override name = "StreamFailure";
	/**
	 * `address-held`: another session has our address, and keeps it. `address-taken`: another took it over.
	 * `address-foreign`: a Reveille of another database has it, and we leave it alone. `too-big`: a
	 * message came that cannot be received at all, and comes again until it counts as handled.
	 */
	readonly kind: "credentials" | "address-held" | "address-taken" | "address-foreign" | "too-big" | "other";
	/** The server ended the stream at something that we sent, as far as it says. */
	readonly isStreamError: boolean;

	constructor(kind: StreamFailure["kind"], message: string, { isStreamError = false } = {}) {
		super(message);
		this.kind = kind;
		this.isStreamError = isStreamError;
	}
}

export interface XmppStream {
	readonly resumed: boolean;
	/** Whether the server keeps the session for us when the connection is lost. */
	readonly resumable: boolean;
	/** How large a stanza may be that is sent, bytes. */
	readonly mostBytes: number;
	/** The longest stanza that the server says it takes, bytes (XEP-0478). */
	readonly takes: number | undefined;
	/** How long the server keeps the session after a loss, as it says, s (XEP-0198 `max`). */
	readonly keptSeconds: number | undefined;
	send(element: Element): void;
	/** Asks for a sign of life: something arrives soon after, if the connection lives. */
	probe(): void;
	/** Takes leave for good; resolves when the connection is gone. What can be resumed stays so. */
	leave(): Promise<void>;
	/** Cuts the connection without closing the stream: what can be resumed stays so. */
	drop(): void;
	/** Resolves, with the reason, when the connection is gone. */
	readonly closed: Promise<StreamFailure>;
}

export interface StreamOptions {
	management: StreamManagement;
	/** Whether the server is to count stanzas, and keep the session for us after a loss. Default: true. */
	isKept?: boolean;
	/** An account's: how to get to its server. Missing: by its URL. */
	ways?: Ways | undefined;
	/** Called for every stanza, after stream management has seen it, with what to call once it is handled. */
	onStanza(stanza: Element, handled: () => void): void;
	/** Whether a stanza, by its own tag, answers a request of ours: it may be longer. Default: none does. */
	isAwaited?(head: Element): boolean;
	/** An account's: called with what the server offers, before the login and after it. */
	onFeatures?(features: Element): void;
	/** Called for everything that arrives: the connection lives. */
	onLife(): void;
	/** What a component's pings carry, and who is told of those that come. */
	others?: Pick<Others, "value" | "heard"> | undefined;
	/** Called as soon as the stream is open, before anything else that arrives is looked at. */
	onOpen(stream: XmppStream): void;
	/** How long all steps together may take, ms. */
	deadlineMs: number;
	/** Ends it while it is being opened. */
	signal: AbortSignal;
}

/** A stream that is being opened: it succeeds or fails once, and once open it fails once, when it ends. */
export interface Opening {
	/**
	 * The time begins to run.
	 * @param tooLate called at the deadline: the sentence to say
	 * @returns rejects with a StreamFailure
	 */
	start(tooLate: () => string): Promise<XmppStream>;
	succeed(
		parts: Pick<
			XmppStream,
			"resumed" | "resumable" | "mostBytes" | "takes" | "keptSeconds" | "send" | "probe" | "leave"
		>,
	): void;
	fail(failure: StreamFailure): void;
}

/** @param drop cuts the connection, if there is one */
export function createOpening({ onOpen, deadlineMs, signal }: StreamOptions, drop: () => void): Opening {
	const ready = Promise.withResolvers<XmppStream>();
	const closed = Promise.withResolvers<StreamFailure>();
	// Whoever awaits the stream hears of the failure; one that came too late is nobody's.
	ready.promise.catch(() => {});

	function fail(failure: StreamFailure) {
		ready.reject(failure);
		closed.resolve(failure);
		drop();
	}

	return {
		start(tooLate) {
			const timer = setTimeout(() => fail(new StreamFailure("other", tooLate())), deadlineMs);
			const abort = () => fail(new StreamFailure("other", "ended"));
			signal.addEventListener("abort", abort, { once: true });
			return ready.promise.finally(() => {
				clearTimeout(timer);
				signal.removeEventListener("abort", abort);
			});
		},
		succeed(parts) {
			const stream = { ...parts, drop, closed: closed.promise };
			onOpen(stream);
			ready.resolve(stream);
		},
		fail,
	};
}

/**
 * Why nothing was connected to, and what to look at.
 * @param code the system's
 * @param check what to check in any case
 * @param host what was looked up
 */
export function causeAnd(code: string, check: string, host: string): string {
	const cause = causeOf(code, host);
	if (cause === undefined) return check;
	return `${cause}${cause.endsWith("?") ? "" : "."} Else ${check}`;
}

/** What came cannot be read any further. */
export function unreadable(fault: ReadFault): StreamFailure {
	return new StreamFailure("other", `What the server sent cannot be read (${fault}).`);
}

/** What the server is told of it. */
export function streamError(fault: ReadFault): Element {
	return xml("stream:error", { "xmlns:stream": NS_STREAM }, xml(fault, { xmlns: NS_CONDITIONS }));
}

/** A stream error's condition and text, as the server gave them. */
export interface StreamError {
	condition: string;
	text: string;
}

/**
 * @returns undefined when the element is no stream error (RFC 6120 §4.9). Prosody 13 declares the prefix in no frame of a
 * WebSocket, against RFC 7395 §3.3.3: there the name alone tells it. No stanza has such a name.
 */
export function readStreamError(element: Element): StreamError | undefined {
	if (element.name !== "stream:error" && !element.is("error", NS_STREAM)) return undefined;
	const condition = element.getChildElements().find((child) => !child.is("text"));
	return {
		condition: condition?.getName() ?? "undefined-condition",
		text: element.getChildText("text", NS_CONDITIONS) ?? "",
	};
}

/**
 * What a stream error (RFC 6120 §4.9) means for us.
 * @param condition undefined: there was none
 */
export function explainStreamError(
	{ condition, text, message }: { condition?: string; text?: string; message?: string },
	settings: XmppConnection,
): StreamFailure {
	const { domain, service } = settings;
	const server = service === undefined ? "The server" : `The server at ${shownUrl(service)}`;
	switch (condition) {
		case "conflict":
			return new StreamFailure("address-taken", quoted(text || "replaced by another session"));
		case "host-unknown":
			return new StreamFailure(
				"other",
				`${server} does not serve ${domain}: check ${settingOf(settings, "domain")}${settings.kind === "account" ? `, or the domain in ${settingOf(settings, "username")}` : ""}.`,
			);
		case "undefined-condition":
			// Prosody's words where it wants encryption first (c2s_require_encryption), and sees none.
			return /no stream features/i.test(text ?? "")
				? new StreamFailure(
						"other",
						`${server} offers no way to log in (it says: ${quoted(text ?? "")}). Prosody does so where it wants encryption: write wss:// in ${settingOf(settings, "service")}.`,
					)
				: closedWith(condition, text);
		case undefined:
			return new StreamFailure("other", message || "unknown error");
		default:
			return closedWith(condition, text);
	}
}

const closedWith = (condition: string, text: string | undefined) =>
	new StreamFailure(
		"other",
		`The server closed the stream: ${quoted(condition)}${text ? ` (${quoted(text)})` : ""}.`,
		// A server that is stopped says so to all.
		{ isStreamError: condition !== "system-shutdown" },
	);
