/**
 * The contact that push services are told (VAPID's `sub`, RFC 8292 §2.1). Apple refuses every push whose contact cannot
 * be one: it answers 403 `BadJwtToken`, as if our key were wrong. The others say nothing about it.
 */
import ipaddr from "ipaddr.js";

/** What RFC 6068 §2 lets stand in an address as it is: nobody's needs more. */
const MAILBOX = /^[\w.!$'*+^`{|}~-]+@([\w.-]+|\[[\w.:]+\])$/;

/**
 * The ends of names that nobody outside knows: this machine's (RFC 6761), a home's (RFC 6762, RFC 8375), a company's
 * (ICANN keeps `internal` for them, and gives `home`, `corp` and `lan` to nobody), and those that never resolve.
 */
const NOT_PUBLIC = /(^|\.)(localhost|invalid|test|local|home\.arpa|internal|home|corp|lan|onion|alt)$/;

/**
 * What is wrong with a contact, whoever is told it.
 * @returns what it must be instead, as the end of a sentence; undefined: nothing
 */
export function malformedSubject(subject: string): string | undefined {
	const url = URL.parse(subject);
	if (url?.protocol === "https:") return undefined;
	if (url?.protocol === "mailto:" && MAILBOX.test(subject.slice("mailto:".length))) return undefined;
	return "must be mailto: and one address without brackets or blanks, such as mailto:you@example.net, or a URL that begins https://";
}

/**
 * Is a contact one that can be reached from anywhere? Apple takes no other.
 * @param subject well formed
 */
export function isPublicSubject(subject: string): boolean {
	const { protocol, hostname } = new URL(subject);
	const host = protocol === "mailto:" ? subject.slice(subject.lastIndexOf("@") + 1) : hostname;
	const name = host
		.toLowerCase()
		.replace(/^\[(ipv6:)?(.*)\]$/, "$2")
		.replace(/\.$/, "");
	if (ipaddr.isValid(name)) return ipaddr.process(name).range() === "unicast";
	return name.includes(".") && !NOT_PUBLIC.test(name);
}
