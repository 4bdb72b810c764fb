/**
 * Where a client's URL may lead: no spelling of an address that is not public gets through. Compared with a reading
 * of IANA's registries as plain numbers, written from the registries alone.
 */
import fc, { type Arbitrary } from "fast-check";
import { endpointPolicy, literalAddress, parseEndpoint } from "../../src/services/endpoint.ts";
import { isPublicAddress } from "../../src/services/public-address.ts";
import { parseChannel } from "../../src/services/wns/channel.ts";
import { InvalidDevice } from "../../src/types.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

type Block = readonly [first: bigint, bits: number];

const v4 = (text: string) => text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
/** Groups in full, from the left; the rest are zeros. */
const v6 = (text: string) => {
	const groups = text.split(":");
	return (
		groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) << BigInt(16 * (8 - groups.length))
	);
};
const block = (text: string): Block => {
	const [address = "", bits] = text.split("/");
	return [address.includes(".") ? v4(address) : v6(address), Number(bits)];
};

/** IANA IPv4 Special-Purpose Address Registry, where "globally reachable" is false, and multicast. */
const PRIVATE_V4 = [
	...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
	...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"],
	...["203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
].map(block);
/** Reachable, and of machines that nobody pushes to: either is right. */
const EITHER_V4 = ["192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24"].map(block);
/** What is allocated at all (RFC 4291 §2.4), and the registry's blocks within it that are not global, or carry IPv4. */
const GLOBAL_V6 = block("2000/3");
const PRIVATE_V6 = [
	"2001:0/32",
	"2001:2/48",
	"2001:10/28",
	"2001:20/28",
	"2001:db8/32",
	"2002/16",
	"3fff/20",
].map(block);
const EITHER_V6 = ["2001:0/23", "2620:4f:8000/48"].map(block);

const isIn =
	(address: bigint, length: bigint) =>
	([first, bits]: Block) =>
		address >> (length - BigInt(bits)) === first >> (length - BigInt(bits));
/** @returns undefined: either */
function isPublic(address: bigint, length: 32n | 128n): boolean | undefined {
	const its = isIn(address, length);
	const [isPrivate, isEither] =
		length === 32n
			? [PRIVATE_V4.some(its), EITHER_V4.some(its)]
			: [!its(GLOBAL_V6) || PRIVATE_V6.some(its), EITHER_V6.some(its)];
	return isPrivate ? false : isEither ? undefined : true;
}

/** In a block, at its ends more often, or just outside of it; or anywhere. */
const around = (blocks: readonly Block[], length: bigint): Arbitrary<bigint> => {
	const all = (1n << length) - 1n;
	return fc.oneof(
		fc.bigInt({ min: 0n, max: all }),
		fc
			.tuple(
				fc.constantFrom(...blocks),
				fc.constantFrom(-1n, 0n, 1n, 2n, 3n),
				fc.bigInt({ min: 0n, max: all }),
			)
			.map(([[first, bits], where, any]) => {
				const size = 1n << (length - BigInt(bits));
				const at =
					[first - 1n, first, first + size - 1n, first + size][Number(where)] ?? first + (any % size);
				return at & all;
			}),
	);
};
const addressV4 = around([...PRIVATE_V4, ...EITHER_V4], 32n);
const MAPPED = [
	"0:0:0:0:0:ffff/96",
	"64:ff9b/96",
	"64:ff9b:1/48",
	"0/96",
	"2002:7f00:1/48",
	"2001:0/32",
	"fc00/7",
	"fe80/10",
	"fec0/10",
	"ff00/8",
	"100/64",
	"5f00/16",
].map(block);
const addressV6 = around([GLOBAL_V6, ...PRIVATE_V6, ...EITHER_V6, ...MAPPED], 128n);

const quad = (address: bigint) => [24n, 16n, 8n, 0n].map((at) => (address >> at) & 255n).join(".");
const groups = (address: bigint) =>
	Array.from({ length: 8 }, (_, at) => (address >> BigInt(16 * (7 - at))) & 0xffffn);

type Digits = "decimal" | "octal" | "hex" | "HEX" | "padded";
const written = (value: bigint, digits: Digits) =>
	({
		decimal: `${value}`,
		octal: `0${value.toString(8)}`,
		hex: `0x${value.toString(16)}`,
		HEX: `0X0${value.toString(16).toUpperCase()}`,
		padded: `000${value.toString(8)}`,
	})[digits];
const digits = fc.constantFrom<Digits>("decimal", "decimal", "octal", "hex", "HEX", "padded");

/** All that URL parsers take for an IPv4 address: one to four parts, each in any base, escaped, or in wide digits. */
const spelledV4 = fc
	.tuple(
		addressV4,
		fc.constantFrom(1, 2, 3, 4),
		fc.array(digits, { minLength: 4, maxLength: 4 }),
		fc.constantFrom("", "", "."),
		fc.constantFrom("plain", "plain", "escaped", "wide", "dots", "soft"),
	)
	.map(([address, count, bases, end, disguise]) => {
		const parts = Array.from({ length: count }, (_, at) =>
			at < count - 1
				? (address >> BigInt(24 - 8 * at)) & 255n
				: address & ((1n << BigInt(8 * (5 - count))) - 1n),
		);
		const text = parts.map((part, at) => written(part, bases[at] ?? "decimal")).join(".") + end;
		return { address, text: disguised(text, disguise) };
	});

function disguised(text: string, disguise: string): string {
	switch (disguise) {
		case "escaped":
			return text.replace(/\d/g, (digit) => `%3${digit}`);
		case "wide":
			return text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
		case "dots":
			return text.replaceAll(".", "。");
		case "soft":
			return text.replace(/\./, "\u00ad.");
		default:
			return text;
	}
}

const spelledV6 = fc
	.tuple(addressV6, fc.nat(6), fc.nat(7), fc.boolean(), fc.boolean(), fc.boolean())
	.map(([address, from, length, isUpper, isPadded, isDotted]) => {
		const all = groups(address);
		const last = isDotted
			? [...all.slice(0, 6).map((it) => it.toString(16)), quad(address & 0xffffffffn)]
			: all.map((it) => it.toString(16));
		const texts = last.map((it) => (isPadded && !it.includes(".") ? it.padStart(4, "0") : it));
		// Zeros are left out where there are some.
		const zeros = last.slice(from, from + length);
		const isShort = zeros.length > 0 && zeros.every((it) => it === "0");
		const text = isShort
			? `${texts.slice(0, from).join(":")}::${texts.slice(from + length).join(":")}`
			: texts.join(":");
		return { address, text: isUpper ? text.toUpperCase() : text };
	});

const anyPublic = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
const stock = endpointPolicy({ allowHosts: [], allowPrivate: false });

function endpoint(text: string, policy = anyPublic): URL | undefined {
	try {
		return parseEndpoint(text, policy);
	} catch (error) {
		if (!(error instanceof InvalidDevice)) throw error;
		claimSentence(error.message);
		return undefined;
	}
}

const PROVIDERS =
	/^(updates\.push\.services\.mozilla\.com|fcm\.googleapis\.com|jmt17\.google\.com|[^.].*\.(push\.apple\.com|notify\.windows\.com))$/;
const hosts = fc.oneof(
	fc.constantFrom(
		"fcm.googleapis.com",
		"jmt17.google.com",
		"web.push.apple.com",
		"wns2.notify.windows.com",
		"updates.push.services.mozilla.com",
	),
	fc.domain(),
	spelledV4.map(({ text }) => text),
	spelledV6.map(({ text }) => `[${text}]`),
);
const urls = fc
	.tuple(
		fc.constantFrom("https://", "https://", "http://", "https:\\\\", "//"),
		fc.constantFrom("", "", "", "a@", "fcm.googleapis.com@", "a:b@"),
		hosts,
		fc.constantFrom("", "", ":443", ":8443", ":80", ":"),
		fc.constantFrom("", "/x", "/x?y=1", "#x", "\\x", "/../x"),
	)
	.map((parts) => parts.join(""));

export const fuzzed: Fuzzed = {
	name: "addresses and endpoints",
	properties: [
		always("an IPv4 address is public as IANA's registry has it", { weight: 6 }, addressV4, (address) => {
			const said = isPublicAddress(quad(address));
			same(said, isPublic(address, 32n) ?? said, quad(address));
		}),
		always(
			"an IPv6 address is public as IANA's registry has it, in any spelling",
			{ weight: 6 },
			spelledV6,
			({ address, text }) => {
				const said = isPublicAddress(text);
				same(said, isPublic(address, 128n) ?? said, text);
				same(isPublicAddress(`${text}%eth0`), false);
			},
		),
		always(
			"no spelling of an IPv4 address leads anywhere but to a public one",
			{ weight: 8 },
			spelledV4,
			({ address, text }) => {
				const url = endpoint(`https://${text}/`);
				if (!url) return;
				same([literalAddress(url), isPublicAddress(quad(address))], [quad(address), true], text);
				claim(isPublic(address, 32n) !== false, text);
			},
		),
		always(
			"no spelling of an IPv6 address leads anywhere but to a public one",
			{ weight: 6 },
			spelledV6,
			({ address, text }) => {
				const url = endpoint(`https://[${text}]/`);
				claim(!url || isPublic(address, 128n) !== false, text);
				// An IPv4 address inside is nobody's way around.
				const inside = endpoint(`https://[::ffff:${quad(address & 0xffffffffn)}]/`);
				same(inside, undefined);
			},
		),
		always(
			"with nothing set, an endpoint is at a browser's push service, over https and with nothing else to it",
			{ weight: 6 },
			fc.oneof(urls, spoiltText(urls), anyText),
			(text) => {
				const url = endpoint(text, stock);
				if (!url) return;
				claim(PROVIDERS.test(url.hostname), url.hostname);
				same([url.protocol, url.port, url.username, url.password, url.hash], ["https:", "", "", "", ""]);
				same(parseEndpoint(url.href, stock).href, url.href);
			},
		),
		always(
			"a channel of WNS is at Microsoft's, over https and with nothing else to it",
			{ weight: 4 },
			fc.oneof(urls, spoiltText(urls), anyText),
			(text) => {
				try {
					const url = parseChannel(text, { allowPrivate: false });
					claim(/^([^.]+\.)*notify\.windows\.com$/.test(url.hostname), url.hostname);
					same([url.protocol, url.port, url.username, url.password, url.hash], ["https:", "", "", "", ""]);
				} catch (error) {
					if (!(error instanceof InvalidDevice)) throw error;
					claimSentence(error.message);
				}
			},
		),
	],
};
