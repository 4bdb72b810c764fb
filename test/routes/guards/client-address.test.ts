import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { clientAddressReader, networkOf, partyOfNetwork } from "../../../src/routes/guards/client-address.ts";

const reader = clientAddressReader([
	"10.0.0.0/8",
	"192.0.2.1",
	"2001:db8:ffff::/48",
	"::ffff:172.16.0.0/108",
]);

describe("the client's address", () => {
	test.each([
		["without a header it is the peer", "203.0.113.9", undefined, "203.0.113.9"],
		["a stranger's header is not believed", "203.0.113.9", "198.51.100.1", "203.0.113.9"],
		["a trusted proxy's is", "10.1.2.3", "198.51.100.1", "198.51.100.1"],
		["a trusted proxy that says nothing is the client", "10.1.2.3", undefined, "10.1.2.3"],
		["only the part a trusted proxy wrote counts", "10.1.2.3", "1.1.1.1, 198.51.100.1", "198.51.100.1"],
		["two proxies in a row are passed", "10.1.2.3", "1.1.1.1, 198.51.100.1, 192.0.2.1", "198.51.100.1"],
		[
			"a pretended proxy behind a stranger is not",
			"10.1.2.3",
			"1.1.1.1, 10.9.9.9, 198.51.100.1",
			"198.51.100.1",
		],
		["when all are trusted, the leftmost", "10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
		["IPv4 inside IPv6 is IPv4", "::ffff:10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"],
		["a range written as IPv4 inside IPv6 too", "172.16.5.5", "198.51.100.1", "198.51.100.1"],
		["but not more than the range", "172.32.0.1", "198.51.100.1", "172.32.0.1"],
		["an IPv6 proxy", "2001:db8:ffff::7", "2001:db8::1", "2001:db8::1"],
		["an IPv6 stranger", "2001:db8:fffe::7", "2001:db8::1", "2001:db8:fffe::7"],
		["ports are left off", "10.1.2.3", "198.51.100.1:4711", "198.51.100.1"],
		["ports behind IPv6 too", "10.1.2.3", "[2001:db8::1]:4711", "2001:db8::1"],
		["what is no address ends the walk", "10.1.2.3", "198.51.100.1, unknown", "10.1.2.3"],
		["riddles are no addresses", "10.1.2.3", "0x7f.1", "10.1.2.3"],
		["one number is no address", "10.1.2.3", "2130706433", "10.1.2.3"],
		["an empty header is none", "10.1.2.3", "", "10.1.2.3"],
		["an unknown peer vouches for nobody", undefined, "198.51.100.1", undefined],
		["a peer that is no address neither", "/run/socket", "198.51.100.1", undefined],
	] as const)("%s", (_, peer, header, client) => {
		expect(reader(peer, header)).toBe(client);
	});

	test("nobody behind a trusted proxy can choose the address, whatever is sent along", () => {
		fc.assert(
			fc.property(fc.string(), (header) => {
				expect(reader("10.1.2.3", `${header}, 198.51.100.1`)).toBe("198.51.100.1");
				expect(reader("203.0.113.9", header)).toBe("203.0.113.9");
			}),
		);
	});

	test("without trusted proxies no header is believed", () => {
		expect(clientAddressReader([])("127.0.0.1", "198.51.100.1")).toBe("127.0.0.1");
	});
});

test.each([
	["192.0.2.7", "192.0.2.7"],
	["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
	["2001:db8:1:2::", "2001:db8:1:2::/64"],
	["fe80::1%eth0", "fe80::/64"],
])("the network of %s is %s", (address, network) => {
	expect(networkOf(address)).toBe(network);
});

test.each([
	["192.0.2.7", "192.0.2.0/24"],
	["192.0.2.200", "192.0.2.0/24"],
	["2001:db8:1:2::/64", "2001:db8:1::/48"],
	["2001:db8:1:ffff::/64", "2001:db8:1::/48"],
])("who counts as one with %s is %s", (network, party) => {
	expect(partyOfNetwork(network)).toBe(party);
});
