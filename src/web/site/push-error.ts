/** Why push could not be enabled or disabled, for whoever writes the site: a code for the program, a sentence for them. */
import { Fault, type FaultReason } from "../kit/fault.ts";
import { StorageFault } from "../store/database.ts";
import { PushServiceAway } from "../this-browser.ts";

/** What the kit for sites says beside the faults of the server and of Reveille. */
const OWN = {
	"unknown-connection":
		"`connection` is neither a connection of Strophe.js nor what client() of @xmpp/client returns.",
	"not-connected": "Nobody is logged in with this connection: call it once the connection is online.",
	"no-address": "`reveille` is missing: the XMPP address of Reveille.",
	insecure: "Browsers have push on https pages, and on http://localhost.",
	"home-screen": "On iPhone and iPad a web page has push once it is on the home screen.",
	unsupported: "This browser has no service workers or no push here: an older one, or a private window.",
	denied: "Notifications are not allowed for this site: the person changes it in the browser's settings.",
	dismissed: "The question for notifications was closed, or not asked: ask again from a click.",
	"no-worker":
		"The service worker could not be registered: is its file where `worker` says? It is a copy of /app/site-sw.js.",
	"no-key":
		"Reveille does not say the key to subscribe with: Web Push is off there, or it is older and `service` is missing.",
	"push-service-away": "The browser's push service gives no subscription.",
	storage: "The browser stores nothing for this site.",
} as const;

/** Of the faults that the account's server and Reveille cause, those without a login. */
const TOLD = {
	"no-push": "The user's server has no push (XEP-0357).",
	"enable-refused": "The user's server refuses to enable push.",
	"reveille-away":
		"Reveille does not answer at this XMPP address. Its first lines say which it is, with its resource, such as push@example.net/push.",
	"not-allowed": "Reveille does not let this account register: its operator allows the domain by XMPP_ALLOW.",
	"invite-needed":
		"Reveille does not let this account register without an invite: pass its code as `invite`.",
	"no-invite": "Reveille does not take the invite.",
	"reveille-refused": "Reveille refuses the registration.",
	"not-now": "Reveille asks to try again later.",
	disconnected: "The connection was lost.",
	"http-away": "Reveille's https address does not answer.",
} as const satisfies Partial<Record<FaultReason["kind"], string>>;

const SENTENCES = { ...OWN, ...TOLD };

export type PushErrorCode = keyof typeof SENTENCES;

export const PUSH_ERROR_CODES = Object.keys(SENTENCES) as readonly PushErrorCode[];

const isCode = (kind: string): kind is PushErrorCode => kind in SENTENCES;

export class PushError extends Error {
	override name = "PushError";
	readonly code: PushErrorCode;

	/** @param reason the words of whoever refused */
	constructor(code: PushErrorCode, reason = "", options?: ErrorOptions) {
		const sentence = SENTENCES[code];
		super(reason === "" ? sentence : `${sentence} ${reason}`, options);
		this.code = code;
	}
}

/** What is thrown at the site for anything that was thrown within. */
export function pushErrorOf(cause: unknown): unknown {
	if (cause instanceof Fault) {
		const { reason } = cause;
		// A kind that is not there cannot come about without a login.
		const code = isCode(reason.kind) ? reason.kind : "reveille-refused";
		return new PushError(code, "reason" in reason ? reason.reason : "", { cause });
	}
	if (cause instanceof PushServiceAway) return new PushError("push-service-away", cause.message, { cause });
	if (cause instanceof StorageFault) return new PushError("storage", cause.message, { cause });
	return cause;
}
