/**
 * Which addresses the public internet may have: each special range of the IANA registries, at both its ends.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isPublicAddress } from "../../src/services/public-address.ts";

describe("public is", () => {
	test.each([
		"8.8.8.8",
		"1.1.1.1",
		"100.63.255.255",
		"100.128.0.0",
		"172.15.255.255",
		"172.32.0.0",
		"223.255.255.255",
	])("%s", (address) => expect(isPublicAddress(address)).toBe(true));
	test.each(["2606:4700::1111", "2a00:1450:4001::5e", "2003::1"])("%s", (address) =>
		expect(isPublicAddress(address)).toBe(true),
	);
});

describe("not public is", () => {
	test.each([
		["this network", "0.0.0.0", "0.255.255.255"],
		["private", "10.0.0.0", "10.255.255.255"],
		["private", "172.16.0.0", "172.31.255.255"],
		["private", "192.168.0.0", "192.168.255.255"],
		["shared (CGNAT)", "100.64.0.0", "100.127.255.255"],
		["loopback", "127.0.0.0", "127.255.255.255"],
		["link-local", "169.254.0.0", "169.254.255.255"],
		["IETF protocols", "192.0.0.0", "192.0.0.255"],
		["documentation", "192.0.2.0", "192.0.2.255"],
		["documentation", "198.51.100.0", "198.51.100.255"],
		["documentation", "203.0.113.0", "203.0.113.255"],
		["6to4 relays", "192.88.99.0", "192.88.99.255"],
		["benchmarking", "198.18.0.0", "198.19.255.255"],
		["multicast", "224.0.0.0", "239.255.255.255"],
		["reserved", "240.0.0.0", "255.255.255.254"],
		["broadcast", "255.255.255.255", "255.255.255.255"],
		["unspecified", "::", "::"],
		["loopback", "::1", "::1"],
		["IPv4-compatible", "::8.8.8.8", "::10.0.0.1"],
		["mapped", "::ffff:0.0.0.0", "::ffff:8.8.8.8"],
		["translated", "::ffff:0:8.8.8.8", "::ffff:0:10.0.0.1"],
		["NAT64", "64:ff9b::", "64:ff9b::8.8.8.8"],
		["NAT64, local", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"],
		["discard", "100::", "100::ffff:ffff:ffff:ffff"],
		["Teredo", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"],
		["benchmarking", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"],
		["ORCHIDv2", "2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"],
		["documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
		["documentation", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["6to4", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["segment routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["unassigned", "4000::", "fbff::"],
		["unique local", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["link-local", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["link-local with a zone", "fe80::1%eth0", "fe80::1%1"],
		["site-local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["multicast", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
		["another spelling", "127.1", "0x8080808"],
		["in brackets", "[2606:4700::1111]", "[::1]"],
		["a public one with a zone", "2606:4700::1111%eth0", "2606:4700::1111%"],
		["no address", "", "example.net"],
	])("%s: %s to %s", (_, first, last) => {
		expect([isPublicAddress(first), isPublicAddress(last)]).toEqual([false, false]);
	});
});

test("any text is answered, never thrown at", () => {
	fc.assert(
		fc.property(
			fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()),
			(text) => typeof isPublicAddress(text) === "boolean",
		),
	);
});
