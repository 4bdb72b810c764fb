/**
 * Which addresses the public internet may have: what a URL from a client may lead to, and nothing else.
 */
import ipaddr from "ipaddr.js";

/** A host that must not be reached: thrown by a `fetch` that checks addresses, and never worth a second try. */
export class ForbiddenAddress extends Error {
	override name = "ForbiddenAddress";
}

// RFC 4291 §2.4: what is in use of IPv6's global unicast. Everything else is special, reserved or a translation
// (64:ff9b::/96 and 64:ff9b:1::/48 lead into IPv4, and so possibly inside).
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Is this the address of a host on the public internet?
 *
 * No for private, shared (CGNAT), loopback, link-local, unique local, multicast, documentation, benchmarking and
 * reserved addresses, and for every form that carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo).
 * @param address IPv4 in four decimal parts, or IPv6 without brackets; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
	if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).range() === "unicast";
	// A zone is of one machine's interfaces: nothing public needs one.
	if (!ipaddr.IPv6.isValid(address) || address.includes("%")) return false;
	const v6 = ipaddr.IPv6.parse(address);
	return v6.range() === "unicast" && v6.match(GLOBAL_UNICAST_V6);
}
