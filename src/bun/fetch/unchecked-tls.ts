/** NODE_TLS_REJECT_UNAUTHORIZED=0, with which Bun believes whoever answers, for all that is sent. */
import type { Environment } from "./proxy.ts";

/** @returns a sentence for the operator; undefined: certificates are checked */
export function uncheckedTls(env: Environment): string | undefined {
	if (env.NODE_TLS_REJECT_UNAUTHORIZED !== "0") return undefined;
	return "NODE_TLS_REJECT_UNAUTHORIZED=0 is set: NO CERTIFICATE IS CHECKED. Anybody on the way to the XMPP server, the push services and the database can read and change everything, passwords too. Remove it. For an XMPP server whose certificate is not trusted here set XMPP_CA; for all else NODE_EXTRA_CA_CERTS.";
}
