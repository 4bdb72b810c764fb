/**
 * PLAIN (RFC 4616): the password itself. Servers whose accounts are in LDAP or PAM can offer nothing else.
 */
import { type Credentials, type Mechanism, SaslError } from "./mechanism.ts";
import { prepared } from "./saslprep.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether nobody can read along: the password goes over TLS, or does not leave this machine.
 * @param service the URL of the XMPP server
 */
export function isPrivateWay(service: string): boolean {
	const url = URL.parse(service);
	return url !== null && (url.protocol === "wss:" || LOOPBACK.test(url.hostname));
}

/** RFC 4616 §2, without an identity of somebody else. @param credentials as SASLprep has them */
export const plainMessage = ({ username, password }: Credentials) => `\0${username}\0${password}`;

/** @throws {SaslError} where SASLprep forbids what is given */
export function createPlain(credentials: Credentials): Mechanism {
	const message = plainMessage(prepared(credentials));
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
