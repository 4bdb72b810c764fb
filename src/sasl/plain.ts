/**
 * PLAIN (RFC 4616): the password itself. Servers whose accounts are in LDAP or PAM can offer nothing else.
 */
import { type Credentials, type Mechanism, SaslError } from "./mechanism.ts";
import { impossible, preparedName } from "./saslprep.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether nobody can read along: the password goes over TLS, or does not leave this machine.
 * @param service the URL of the XMPP server
 */
export function isPrivateWay(service: string): boolean {
	const url = URL.parse(service);
	return url !== null && (url.protocol === "wss:" || LOOPBACK.test(url.hostname));
}

/** RFC 4616 §2, without an identity of somebody else. */
export const plainMessage = ({ username, password }: Credentials) => `\0${username}\0${password}`;

/**
 * The password goes as it is: its form is the server's matter, and a directory behind it knows nothing of SASLprep.
 * ejabberd compares it with what it stored, and Prosody prepares it itself (both tried).
 * @throws {SaslError} where they cannot be sent
 */
export function createPlain({ username, password }: Credentials): Mechanism {
	if (password === "" || password.includes("\0")) impossible("password");
	const message = plainMessage({ username: preparedName(username), password });
	return {
		name: "PLAIN",
		first: () => message,
		async respond() {
			throw new SaslError("unreadable", "The server asked for more than PLAIN has.");
		},
		// It has nothing by which a server proves anything.
		async finish() {},
	};
}
