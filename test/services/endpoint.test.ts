/**
 * The guard of URLs that clients hand in: every trick known to us, and any text at all.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { endpointPolicy, isProvider, parseEndpoint } from "../../src/services/endpoint.ts";
import { DeadDevice, InvalidDevice } from "../../src/types.ts";

const stock = endpointPolicy({ allowHosts: [], allowPrivate: false });
const anyPublic = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
const listed = endpointPolicy({
	allowHosts: ["ntfy.example", "*.up.example", "odd.example:8443", "203.0.114.7", "Bücher.example"],
	allowPrivate: false,
});
const home = endpointPolicy({ allowHosts: ["ntfy.lan"], allowPrivate: true });

describe("with nothing set, an endpoint", () => {
	test.each([
		"https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
		"https://fcm.googleapis.com/fcm/send/abc:def",
		"https://jmt17.google.com/fcm/send/abc:def",
		"https://web.push.apple.com/QABC",
		"https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%3d%3d",
		"https://UPDATES.push.services.mozilla.COM:443/wpush/v2/gAAAA",
	])("may be a browser's: %s", (text) => {
		const url = parseEndpoint(text, stock);
		expect(isProvider(url)).toBe(true);
	});

	test.each([
		["another host", "https://ntfy.example/up1"],
		["a host that ends alike, off the dot", "https://evilfcm.googleapis.com/x"],
		["a host under one that is meant exactly", "https://x.fcm.googleapis.com/x"],
		["a host that begins alike", "https://fcm.googleapis.com.evil.example/x"],
		["the bare domain of a wildcard", "https://push.apple.com/x"],
		["a host off a wildcard's dot", "https://evilpush.apple.com/x"],
		["a letter from another alphabet", "https://fcm.googleapis.c\u043em/x"],
		["the user name trick", "https://fcm.googleapis.com@evil.example/x"],
		["the backslash trick", "https://evil.example\\@fcm.googleapis.com/x"],
		["the fragment trick", "https://evil.example#@fcm.googleapis.com/x"],
		["a sibling of one that is meant exactly", "https://www.google.com/x"],
		["another port", "https://fcm.googleapis.com:8443/x"],
		["plain http", "http://fcm.googleapis.com/x"],
		["a dot at the end", "https://fcm.googleapis.com./x"],
		["nothing before a wildcard's dot", "https://.push.apple.com/x"],
		["two dots in a row", "https://a..push.apple.com/x"],
	])("may not be %s", (_, text) => {
		expect(() => parseEndpoint(text, stock)).toThrow(InvalidDevice);
	});
});

describe("with any public host allowed, an endpoint", () => {
	test.each([
		["a host", "https://ntfy.up-example.net/up1"],
		["a public address", "https://203.0.114.7/x"],
		["a public IPv6 address", "https://[2a01:4f8::1]/x"],
		["an international name", "https://bücher.up-example.net/x"],
		["one of 1000 bytes", `https://ntfy.up-example.net/${"x".repeat(972)}`],
	])("may be %s", (_, text) => {
		expect(parseEndpoint(text, anyPublic).protocol).toBe("https:");
	});

	test.each([
		["loopback", "https://127.0.0.1/"],
		["loopback, short", "https://127.1/"],
		["loopback, decimal", "https://2130706433/"],
		["loopback, octal", "https://0177.0.0.1/"],
		["loopback, octal in one", "https://017700000001/"],
		["loopback, hexadecimal", "https://0x7f.0.0.1/"],
		["loopback, hexadecimal in one", "https://0x7f000001/"],
		["loopback, escaped", "https://%31%32%37.0.0.1/"],
		["loopback, wide digits", "https://１２７.0.0.1/"],
		["loopback, a dot at the end", "https://127.0.0.1./"],
		["loopback, IPv6", "https://[::1]/"],
		["loopback by name", "https://localhost/"],
		["loopback by name, shouted", "https://LOCALHOST/"],
		["a name under localhost", "https://push.localhost/"],
		["this network", "https://0.0.0.0/"],
		["private 10/8", "https://10.0.0.1/"],
		["private 172.16/12", "https://172.31.255.255/"],
		["private 192.168/16", "https://192.168.1.1/"],
		["link-local, where clouds keep credentials", "https://169.254.169.254/latest/meta-data"],
		["carrier-grade NAT", "https://100.64.0.1/"],
		["documentation", "https://192.0.2.1/"],
		["multicast", "https://224.0.0.1/"],
		["broadcast", "https://255.255.255.255/"],
		["IPv6 unique local", "https://[fd00::1]/"],
		["IPv6 link-local", "https://[fe80::1]/"],
		["IPv6 mapped", "https://[::ffff:127.0.0.1]/"],
		["IPv6 mapped, hexadecimal", "https://[::ffff:7f00:1]/"],
		["IPv6 of NAT64", "https://[64:ff9b::10.0.0.1]/"],
		["IPv6 of 6to4", "https://[2002:7f00:1::]/"],
		["a user name", "https://user@ntfy.up-example.net/"],
		["a user name and password", "https://user:password@ntfy.up-example.net/"],
		["another port", "https://ntfy.up-example.net:8443/"],
		["the port of http", "https://ntfy.up-example.net:80/"],
		["http", "http://ntfy.up-example.net/"],
		["another protocol", "ftp://ntfy.up-example.net/"],
		["a file", "file:///etc/passwd"],
		["data", "data:text/plain,x"],
		["a fragment", "https://ntfy.up-example.net/up#1"],
		["an empty fragment", "https://ntfy.up-example.net/up#"],
		["a blank inside", "https://ntfy.up-example.net/a b"],
		["a line end inside", "https://ntfy.up-example.net/a\r\nX: y"],
		["a tab inside the host", "https://ntfy\t.example/"],
		["a blank before", " https://ntfy.up-example.net/"],
		["a dot at the end", "https://ntfy.up-example.net./"],
		["1001 bytes", `https://ntfy.up-example.net/${"x".repeat(973)}`],
		["1001 bytes of few characters", `https://ntfy.up-example.net/${"€".repeat(327)}`],
		["1000 bytes that grow when escaped", `https://ntfy.up-example.net/${"€".repeat(326)}`],
		["nothing", ""],
		["no URL", "ntfy.up-example.net/up1"],
	])("may not be %s", (_, text) => {
		expect(() => parseEndpoint(text, anyPublic)).toThrow(InvalidDevice);
	});
});

describe("with hosts listed, an endpoint", () => {
	test.each([
		"https://ntfy.example/x",
		"https://a.up.example/x",
		"https://a.b.up.example/x",
		"https://odd.example:8443/x",
		"https://203.0.114.7/x",
		"https://xn--bcher-kva.example/x",
		"https://bücher.example/x",
		"https://fcm.googleapis.com/x",
	])("may be %s", (text) => {
		expect(parseEndpoint(text, listed).href).toStartWith("https://");
	});

	test.each([
		"https://up.example/x",
		"https://x.ntfy.example/x",
		"https://odd.example/x",
		"https://odd.example:9443/x",
		"https://ntfy.example:8443/x",
		"https://203.0.114.8/x",
		"https://localhost/x",
	])("may not be %s", (text) => {
		expect(() => parseEndpoint(text, listed)).toThrow(InvalidDevice);
	});
});

describe("with private addresses allowed, an endpoint", () => {
	test.each([
		"http://127.0.0.1:8080/x",
		"https://192.168.1.5/x",
		"http://[::1]:1234/x",
		"http://localhost:3000/x",
		"http://ntfy.lan/x",
		"https://ntfy.lan:2586/x",
	])("may be %s", (text) => {
		expect(parseEndpoint(text, home).href).toBe(text);
	});

	test.each(["https://elsewhere.example/x", "https://8.8.8.8/x", "http://user@127.0.0.1/x"])(
		"may not be %s",
		(text) => {
			expect(() => parseEndpoint(text, home)).toThrow(InvalidDevice);
		},
	);
});

describe("a name that never resolves", () => {
	const names = [
		"permanently-removed.invalid",
		"invalid",
		"PUSH.Invalid",
		"push.test",
		"a.b.example",
		"expyuzz4wqqyqhjn.onion",
		"push.alt",
	];

	test.each(names)("is no device's, whatever is allowed: %s", (name) => {
		for (const policy of [stock, anyPublic, home, endpointPolicy({ allowHosts: ["*"], allowPrivate: true })])
			expect(() => parseEndpoint(`https://${name}/x`, policy)).toThrow(
				new DeadDevice(
					"The endpoint's host has a name that never resolves (RFC 6761), so no push can reach this device.",
				),
			);
	});

	test.each(names)("is allowed where the operator named it: %s", (name) => {
		const policy = endpointPolicy({ allowHosts: [name], allowPrivate: false });
		expect(parseEndpoint(`https://${name}/x`, policy).hostname).toBe(name.toLowerCase());
	});

	test("is allowed under a domain that the operator named", () => {
		const policy = endpointPolicy({ allowHosts: ["*.test"], allowPrivate: false });
		expect(parseEndpoint("https://push.test/x", policy).hostname).toBe("push.test");
	});

	test.each(["latest.net", "push.testing", "example.net", "test.example.com", "invalid.net"])(
		"is not meant by one that looks alike: %s",
		(name) => {
			expect(parseEndpoint(`https://${name}/x`, anyPublic).hostname).toBe(name);
		},
	);
});

test("a port of its own is possible for every host", () => {
	const policy = endpointPolicy({ allowHosts: ["*:8443"], allowPrivate: false });
	expect(parseEndpoint("https://ntfy.up-example.net:8443/", policy).port).toBe("8443");
	expect(() => parseEndpoint("https://ntfy.up-example.net/", policy)).toThrow(InvalidDevice);
});

test("any text either parses or is refused with a sentence, and what parses stays as it is", () => {
	const hosts = fc.oneof(
		fc.domain(),
		fc.ipV4(),
		fc.ipV4Extended(),
		fc.ipV6().map((address) => `[${address}]`),
	);
	const texts = fc.oneof(
		fc.string({ unit: "binary" }),
		fc.webUrl({ validSchemes: ["https"], withFragments: true, withQueryParameters: true }),
		fc
			.tuple(fc.constantFrom("https://", "https:\\", "https:", "//", "http://"), hosts, fc.string())
			.map((parts) => parts.join("")),
	);
	let parsed = 0;
	fc.assert(
		fc.property(texts, fc.constantFrom(stock, anyPublic, listed, home), (text, policy) => {
			let url: URL;
			try {
				url = parseEndpoint(text, policy);
			} catch (error) {
				expect(error).toBeInstanceOf(InvalidDevice);
				expect((error as Error).message).toMatch(/^The endpoint.*\.$/s);
				return;
			}
			parsed += 1;
			expect(parseEndpoint(url.href, policy).href).toBe(url.href);
		}),
		{ numRuns: 5000 },
	);
	expect(parsed).toBeGreaterThan(100);
});

test.each([
	"",
	"*.",
	"https://ntfy.example",
	"ntfy.example/x",
	"a b",
	"host:99999",
	"user@host",
	"*foo",
	"**",
	"a.b.",
])("an allow-list's entry that cannot be read stops the start: %p", (entry) => {
	expect(() => endpointPolicy({ allowHosts: [entry], allowPrivate: false })).toThrow(
		/is not a host to allow/,
	);
});
