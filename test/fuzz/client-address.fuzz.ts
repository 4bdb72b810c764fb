/** Who is asking, behind proxies: nobody chooses it who is not trusted. */
import { isIP } from "node:net";
import fc from "fast-check";
import { clientAddressReader, networkOf } from "../../src/routes/guards/client-address.ts";
import { claim, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

const read = clientAddressReader(["10.0.0.0/8", "fd00::/8", "::1"]);
const trusted = fc.constantFrom(
	"10.1.2.3",
	"fd00::1",
	"::1",
	"::ffff:10.9.9.9",
	"[fd00::2]:4711",
	"10.1.2.3:80",
);
const stranger = fc.constantFrom(
	"203.0.113.9",
	"2001:db8:1:2:3::4",
	"::ffff:203.0.113.9",
	"[2001:db8::1]:443",
	"203.0.113.9:4711",
);
/** In its one spelling, without the port. */
const plain: Readonly<Record<string, string>> = {
	"::ffff:203.0.113.9": "203.0.113.9",
	"[2001:db8::1]:443": "2001:db8::1",
	"203.0.113.9:4711": "203.0.113.9",
};
const entry = fc.oneof(trusted, stranger, anyText, spoiltText(fc.oneof(trusted, stranger), 1));
const header = fc.array(entry, { maxLength: 4 }).map((entries) => entries.join(", "));
const spelled = (address: string) => plain[address] ?? address;

export const fuzzed: Fuzzed = {
	name: "a client's address",
	properties: [
		always(
			"is the last that no trusted proxy has, whatever is written in front of it",
			{ weight: 3 },
			fc.tuple(header, stranger, fc.array(trusted, { maxLength: 3 }), trusted),
			([before, client, proxies, peer]) => {
				const forwarded = [before, client, ...proxies].join(",");
				same(read(peer, forwarded), spelled(client));
				same(read(client, forwarded), spelled(client));
			},
		),
		always(
			"is an address or unknown, and has a network",
			{ weight: 3 },
			fc.tuple(fc.oneof(entry, fc.constant(undefined)), fc.oneof(header, fc.constant(undefined))),
			([peer, forwarded]) => {
				const client = read(peer, forwarded);
				if (client === undefined) return;
				claim(isIP(client.replace(/%.*/, "")) !== 0, client);
				const network = networkOf(client);
				claim(isIP(network.replace(/\/64$/, "")) !== 0, network);
				same(network.endsWith("/64"), client.includes(":"));
			},
		),
	],
};
