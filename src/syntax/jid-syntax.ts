/**
 * How a JID is written (RFC 7622 §3), as far as its letters tell: for the addresses that an operator writes. Servers
 * check the others before they get here.
 */
import { bytesOf } from "../limits/text-length.ts";
import { toULabels } from "./domain-name.ts";

/** RFC 7622 §3.1: of each of the three parts, bytes of UTF-8. */
const LONGEST_PART = 1023;

const fits = (part: string) => part !== "" && bytesOf(part) <= LONGEST_PART;

/** The part before the `@` (RFC 7622 §3.3.1): no blanks, and none of `"&'/:<>@`. */
export const isLocalPart = (text: string) => fits(text) && !/[\s\p{Cc}"&'/:<>@]/u.test(text);

/**
 * A name whose labels are all there, or an address, an IPv6 one in brackets. What ends a host in a URL, or stands for
 * another character there, is in no name.
 */
export const isDomainPart = (text: string) =>
	fits(text) &&
	(/^\[[\da-f:.]+\]$/i.test(text) ||
		/^[^\s\p{Cc}"#%&'/:<>?@[\\\].]+(\.[^\s\p{Cc}"#%&'/:<>?@[\\\].]+)*$/u.test(text));

/** The part behind the first `/`, which may hold blanks, `@` and `/` (RFC 7622 §3.4). */
export const isResourcePart = (text: string) => fits(text) && !/\p{Cc}/u.test(text);

/** A JID without a resource: `name@domain`, or a domain alone. */
export function isWrittenBareJid(text: string): boolean {
	const at = text.indexOf("@");
	return isDomainPart(text.slice(at + 1)) && (at === -1 || isLocalPart(text.slice(0, at)));
}

/** A JID with a resource or without one. */
export function isWrittenJid(text: string): boolean {
	const slash = text.indexOf("/");
	if (slash === -1) return isWrittenBareJid(text);
	return isWrittenBareJid(text.slice(0, slash)) && isResourcePart(text.slice(slash + 1));
}

/** A written JID with its domain as JIDs have it: U-labels in the place of A-labels. */
export const withULabels = (jid: string) =>
	jid.replace(/^([^@/]*@)?([^/]*)/, (_, local = "", domain: string) => local + toULabels(domain));
