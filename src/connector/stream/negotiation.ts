/**
 * What follows an account's login (RFC 6120 §7, XEP-0198): the last session is resumed; or the address is bound, and a
 * session is begun that the server keeps.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { settingOf, type XmppAccount } from "../../config/connections.ts";
import { loginBounds } from "../../limits/bounds/login.ts";
import { saidBy } from "../../sasl/server-words.ts";
import { type NewSession, NS_SM } from "./managed-session.ts";
import { StreamFailure, type XmppStream } from "./stream.ts";
import { mostBytesSaid, mostBytesTaken } from "./stream-limits.ts";
import type { StreamManagement } from "./stream-management.ts";

const NS_BIND = "urn:ietf:params:xml:ns:xmpp-bind";

/** Ask the server to keep the session this long, s; it decides itself (Prosody 600, ejabberd 300 by default). */
const PREFERRED_RESUME_S = 3600;

/** What we asked the server last, and wait for: nothing else is an answer, whoever sends it. */
type Phase =
	/** Nothing: the server has not offered its features yet, or the stream is open. */
	| { name: "unasked" }
	/** To go on with the last session. */
	| { name: "resuming" }
	/** For our address, by an IQ with this id. */
	| { name: "binding"; id: string }
	/** To count stanzas, and to keep the session for us. */
	| { name: "enabling" };

/** How the stream was opened. */
export type Opened = Pick<XmppStream, "resumed" | "resumable" | "mostBytes" | "takes" | "keptSeconds">;

export interface NegotiationDeps {
	account: XmppAccount;
	management: StreamManagement;
	/** Whether the server is to count stanzas, and to keep the session for us after a loss. */
	isKept: boolean;
	send(element: Element): void;
	/** The stream is open: what the last one owed is sent. */
	onOpen(opened: Opened): void;
	onFailure(failure: StreamFailure): void;
}

export interface Negotiation {
	/** The server offers this to who is logged in. */
	begin(features: Element): void;
	/** An element came. @returns false: it is a stanza like others */
	take(element: Element): boolean;
	/** Whether it waits for the server's answer to `<resume/>`. */
	isResuming(): boolean;
}

export function createNegotiation(deps: NegotiationDeps): Negotiation {
	const { account, management, isKept, send, onOpen, onFailure } = deps;
	const { address, resource } = account;
	let phase: Phase = { name: "unasked" };
	let features: Element | undefined;

	/** The phases in their order: resume, or else bind; then enable. */
	function resume() {
		const state = features?.getChild("sm", NS_SM) && management.resumption();
		if (!state) return bind();
		phase = { name: "resuming" };
		send(xml("resume", { xmlns: NS_SM, h: String(state.inbound), previd: state.id }));
	}

	function whileResuming({ name, attrs }: Element) {
		if (name === "resumed") {
			const repeat = management.resume(Number(attrs.h), mostBytesTaken(features));
			open({ resumed: true, resumable: true, keptSeconds: undefined }, repeat);
		}
		// Nothing to resume (the server was restarted, or we came too late): take the address anew.
		if (name === "failed") bind();
	}

	function bind() {
		const id = crypto.randomUUID();
		phase = { name: "binding", id };
		send(xml("iq", { type: "set", id }, xml("bind", { xmlns: NS_BIND }, xml("resource", {}, resource))));
	}

	/** @returns whether the element answers our bind */
	function whileBinding(element: Element, id: string): boolean {
		if (!isBindReply(element, id, account)) return false;
		const failure = bindFailure(element, account);
		if (failure) onFailure(failure);
		else if (isKept && features?.getChild("sm", NS_SM)) enable();
		else begin("unmanaged");
		return true;
	}

	function enable() {
		phase = { name: "enabling" };
		send(xml("enable", { xmlns: NS_SM, resume: "true", max: String(PREFERRED_RESUME_S) }));
	}

	function whileEnabling({ name, attrs }: Element) {
		if (name === "enabled") {
			const { id, resume: kept } = attrs;
			const isResumable =
				(kept === "true" || kept === "1") && Boolean(id) && id.length <= loginBounds.resumptionId.is;
			begin(isResumable ? { id, jid: address } : "counted", secondsIn(attrs.max));
		}
		if (name === "failed") begin("unmanaged");
	}

	/** A new session. */
	function begin(session: NewSession, keptSeconds?: number) {
		const repeat = management.begin(session, mostBytesTaken(features));
		open({ resumed: false, resumable: typeof session === "object", keptSeconds }, repeat);
	}

	function open(kind: Pick<Opened, "resumed" | "resumable" | "keptSeconds">, repeat: readonly Element[]) {
		for (const element of repeat) send(element);
		phase = { name: "unasked" };
		onOpen({ ...kind, mostBytes: mostBytesTaken(features), takes: mostBytesSaid(features) });
	}

	function whileUnasked({ name, attrs }: Element) {
		if (name === "r") management.requested();
		if (name === "a") management.acknowledged(Number(attrs.h));
	}

	function onStreamManagement(element: Element) {
		const nonsense = nonsenseIn(element, management.state()?.id);
		if (nonsense) onFailure(nonsense);
		else if (phase.name === "resuming") whileResuming(element);
		else if (phase.name === "enabling") whileEnabling(element);
		else if (phase.name === "unasked") whileUnasked(element);
	}

	return {
		begin(offered) {
			features = offered;
			resume();
		},

		take(element) {
			if (element.getNS() === NS_SM) {
				onStreamManagement(element);
				return true;
			}
			return phase.name === "binding" && whileBinding(element, phase.id);
		},

		isResuming: () => phase.name === "resuming",
	};
}

/** @param max as the server wrote it */
const secondsIn = (max: unknown) =>
	typeof max === "string" && /^\d{1,9}$/.test(max) ? Number(max) : undefined;

/** The server's answer to our bind: from nobody, from our account or from the server itself. */
function isBindReply({ name, attrs }: Element, id: string, account: XmppAccount): boolean {
	const { domain, username, address } = account;
	const ours = [undefined, domain, `${username}@${domain}`, address];
	return name === "iq" && attrs.id === id && ours.includes(attrs.from);
}

/** @returns undefined: the server bound our address */
function bindFailure(reply: Element, account: XmppAccount): StreamFailure | undefined {
	const { address, username, domain } = account;
	const jid = reply.getChild("bind", NS_BIND)?.getChildText("jid");
	if (!jid) {
		const taken = reply.getChild("error")?.getChild("conflict") !== undefined;
		const reason = taken ? "another session holds it" : "the server refused to bind it";
		return new StreamFailure("other", `Cannot take the address ${address}: ${reason}.`);
	}
	if (jid === address) return undefined;
	// Users' servers publish to the address they were given: another one is of no use.
	const field = jid.startsWith(`${username}@${domain}/`) ? "resource" : "username";
	return new StreamFailure(
		"other",
		`The server bound ${saidBy(jid, account)} instead of ${address}: set ${settingOf(account, field)} as the server has it.`,
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
