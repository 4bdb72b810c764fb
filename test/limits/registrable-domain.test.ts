import { describe, expect, test } from "bun:test";
import { registrableDomain } from "../../src/limits/registrable-domain.ts";

describe("the registrable domain", () => {
	test.each([
		["example.net", "example.net"],
		["chat.example.net", "example.net"],
		["a.b.c.example.co.uk", "example.co.uk"],
		["Chat.EXAMPLE.net.", "example.net"],
		["chat.bücher.example", "bücher.example"],
		["chat.xn--bcher-kva.example", "xn--bcher-kva.example"],
		["push.firma.公司.cn", "firma.公司.cn"],
		// The name of an intranet: its last label is taken for the suffix.
		["xmpp.office.lan", "office.lan"],
		// Names that anybody gets for nothing count as one.
		["mine.duckdns.org", "duckdns.org"],
		["mine.github.io", "github.io"],
	])("of %s is %s", (host, domain) => {
		expect(registrableDomain(host)).toBe(domain);
	});

	test.each(["localhost", "co.uk", "com", "192.0.2.7", "2001:db8::1", "", "a".repeat(300)])(
		"of %p, which has none, is the name itself",
		(host) => {
			expect(registrableDomain(host)).toBe(host);
		},
	);

	test("of an IPv6 address does not depend on its brackets", () => {
		expect(registrableDomain("[2001:db8::1]")).toBe("2001:db8::1");
	});
});
