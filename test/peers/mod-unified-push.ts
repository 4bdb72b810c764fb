/** Debian's own mod_unified_push (prosody-modules) on a Prosody of the tests: the other push server of the same kind. */
import type { Endpoint } from "./distributor.ts";
import type { XmppServer } from "./xmpp-server.ts";

export const MOD_UNIFIED_PUSH = "up.example.org";

/** Lines for the end of Prosody's configuration. */
export const MOD_UNIFIED_PUSH_LINES = `Component "${MOD_UNIFIED_PUSH}" "unified_push"
	unified_push_acl = { "example.org" }
	http_host = "127.0.0.1"
`;

/** An endpoint of its, by this machine's own address. */
export const endpointAt = ({ url }: Endpoint, { ports }: XmppServer): string =>
	`http://127.0.0.1:${ports.http}${new URL(url).pathname}`;
