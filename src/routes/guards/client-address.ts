/** Who is asking: the client's address, as far as trusted proxies vouch for it. */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** An address in its one spelling: IPv4 inside IPv6 is IPv4. Undefined for anything that is not an address. */
function parse(text: string): Address | undefined {
	// Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
	const bare = text.trim().replace(/^\[(.+)\](:\d+)?$/, "$1");
	const host = /^[\d.]+:\d+$/.test(bare) ? bare.slice(0, bare.indexOf(":")) : bare;
	// Not ipaddr.isValid: it takes 1 and 0x7f.1 for IPv4 addresses, and a header is no place for riddles.
	if (ipaddr.IPv4.isValidFourPartDecimal(host)) return ipaddr.IPv4.parse(host);
	if (!host.includes(":")) return undefined;
	try {
		const address = ipaddr.IPv6.parse(host);
		return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
	} catch {
		return undefined;
	}
}

/** The network that an IPv6 address is in. @param groups how many of its eight are the network's */
function networkIn(address: ipaddr.IPv6, groups: number): string {
	const parts = address.parts.map((part, i) => (i < groups ? part : 0));
	return `${new ipaddr.IPv6(parts)}/${16 * groups}`;
}

const isIpv6 = (network: string) => network.includes(":");
const parseIpv6 = (network: string) => ipaddr.IPv6.parse(network.replace(/\/64$/, ""));

function parseRange(text: string): Range {
	const [address, bits]: Range = ipaddr.isValidCIDR(text)
		? ipaddr.parseCIDR(text)
		: [ipaddr.parse(text), ipaddr.parse(text).kind() === "ipv4" ? 32 : 128];
	const mapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
	return mapped ? [address.toIPv4Address(), bits - 96] : [address, bits];
}

function inRange(address: Address, [network, bits]: Range): boolean {
	if (address instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && address.match(network, bits);
	return network instanceof ipaddr.IPv6 && address.match(network, bits);
}

/**
 * Makes the function that finds out a request's client.
 *
 * X-Forwarded-For is read from the right: each proxy adds whom it spoke to, so an entry is worth as much as
 * whoever is right of it. The first that is not a trusted proxy is the client; what is left of it, anybody can write.
 *
 * @param trustedProxies addresses and CIDR ranges
 * @returns the client's address, from the peer's address and the X-Forwarded-For header
 */
export function clientAddressReader(
	trustedProxies: readonly string[],
): (peer: string | undefined, forwardedFor: string | undefined) => string | undefined {
	const ranges = trustedProxies.map(parseRange);
	return (peer, forwardedFor) => {
		let client = peer === undefined ? undefined : parse(peer);
		const entries = forwardedFor?.split(",") ?? [];
		while (client && entries.length > 0) {
			const current = client;
			if (!ranges.some((range) => inRange(current, range))) break;
			const next = parse(entries.pop() ?? "");
			// A proxy we trust wrote no address ("unknown"): the proxy is the nearest that is known.
			if (!next) break;
			client = next;
		}
		return client?.toString();
	};
}

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 address, since each network owner has all of its
 * 2^64 addresses.
 * @param address as `clientAddressReader` returns it
 */
export function networkOf(address: string): string {
	const parsed = ipaddr.parse(address);
	if (parsed instanceof ipaddr.IPv4) return parsed.toString();
	return networkIn(parsed, 4);
}

/**
 * What hands out networks to one household, office or customer at the most: the /48 of an IPv6 network.
 * @param network as `networkOf` returns it
 * @returns undefined for an IPv4 address, which is all that its owner has
 */
export function siteOf(network: string): string | undefined {
	return isIpv6(network) ? networkIn(parseIpv6(network), 3) : undefined;
}

/**
 * Who counts as one where addresses cost nothing: the /24 of an IPv4 address, the /48 of an IPv6 network. Whoever has
 * several machines has them in one of these.
 * @param network as `networkOf` returns it
 */
export function partyOfNetwork(network: string): string {
	if (isIpv6(network)) return networkIn(parseIpv6(network), 3);
	return `${ipaddr.IPv4.networkAddressFromCIDR(`${network}/24`)}/24`;
}
