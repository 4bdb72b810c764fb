/** Why something could not be done, for whoever shows it to a person: each kind has a sentence of its own there. */

export type FaultReason =
	/** The domain does not tell browsers where its server is (XEP-0156), or cannot be reached for it. */
	| { kind: "no-server-known"; domain: string }
	/** No WebSocket could be opened: nothing there, no network, or a certificate that is not valid. Browsers do not say which. */
	| { kind: "server-unreachable"; service: string }
	/** The server is there, and does not serve this domain (RFC 6120 `host-unknown`). */
	| { kind: "domain-unknown"; domain: string }
	| { kind: "wrong-password"; domain: string }
	/** The server refuses the login for another reason; `reason` is its own, cut. */
	| { kind: "login-refused"; domain: string; reason: string }
	/** The server offers no way to log in that keeps the password secret. */
	| { kind: "no-safe-login"; domain: string }
	/** Somebody answers in the server's place: it did not prove that it knows the password. */
	| { kind: "server-unproven"; domain: string }
	/** The account's server has no XEP-0357. */
	| { kind: "no-push"; domain: string }
	/** It has, and refuses to enable it. */
	| { kind: "enable-refused"; domain: string; reason: string }
	/** Reveille's address does not answer, or the user's server cannot reach it. */
	| { kind: "reveille-away"; address: string }
	/** XMPP_ALLOW does not cover this account. */
	| { kind: "not-allowed"; address: string; domain: string }
	/** The same, and an invite gives leave. */
	| { kind: "invite-needed"; address: string; domain: string }
	/** The invite lets the account not in; `reason` is Reveille's sentence. */
	| { kind: "no-invite"; reason: string }
	/** Reveille refuses what it was asked, in its own sentence. */
	| { kind: "reveille-refused"; reason: string }
	/** Too much for now; `reason` says how long. */
	| { kind: "not-now"; reason: string }
	/** The registration is not there any more. */
	| { kind: "ended" }
	/** The stream to the user's server was lost, or an answer did not come in time. */
	| { kind: "disconnected"; domain: string }
	/** Reveille's HTTP does not answer: no network, or it is away. */
	| { kind: "http-away" };

export type FaultKind = FaultReason["kind"];

/** Thrown by all that the kit does; nothing else is, but what a signal says that was given to it. */
export class Fault extends Error {
	override name = "Fault";
	readonly reason: FaultReason;

	constructor(reason: FaultReason) {
		super(reason.kind);
		this.reason = reason;
	}
}
