/** Connections of other libraries, as the kit asks over them. */
import type { IqCaller } from "../kit/iq-caller.ts";
import { PushError } from "./push-error.ts";
import { isStrophe, overStrophe, type StropheConnection } from "./strophe.ts";
import { isXmppJs, overXmppJs, type XmppJsConnection } from "./xmpp-js.ts";

/** A connection of Strophe.js, or what `client()` of xmpp.js returns. */
export type SiteConnection = StropheConnection | XmppJsConnection;

/** Who is logged in, and how they ask. */
export interface LoggedIn {
	/** Their bare JID. */
	account: string;
	iq: IqCaller;
}

/** @throws {PushError} where it is neither, or nobody is logged in with it */
export function loggedInWith(connection: unknown): LoggedIn {
	const { jid, isOnline, iq } = openedOf(connection);
	const [account = ""] = jid.split("/", 1);
	if (!isOnline || account === "") throw new PushError("not-connected");
	return { account, iq };
}

function openedOf(connection: unknown): { jid: string; isOnline: boolean; iq: IqCaller } {
	if (isXmppJs(connection)) return overXmppJs(connection);
	if (isStrophe(connection)) return overStrophe(connection);
	throw new PushError("unknown-connection");
}
