import fc from "fast-check";
import { bareOf, domainOf, isBareJid, resourceOf } from "../../src/xmpp/jid.ts";
import { same } from "./claims.ts";
import { anyText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

/** A part of a JID in front of the resource: neither of the separators. */
const part = anyText.map((text) => text.replaceAll(/[@/]/g, "") || "x");
const jid = fc.record({ local: fc.option(part), domain: part, resource: fc.option(anyText) });

export const fuzzed: Fuzzed = {
	name: "JIDs",
	properties: [
		always(
			"a JID comes apart where it was put together",
			{ weight: 3 },
			jid,
			({ local, domain, resource }) => {
				const bare = local === null ? domain : `${local}@${domain}`;
				const full = resource === null ? bare : `${bare}/${resource}`;
				same(bareOf(full), bare.toLowerCase());
				same(domainOf(full), domain.toLowerCase());
				// An empty one is none.
				same(resourceOf(full), resource || undefined);
			},
		),
		always(
			"any text has the bare JID of its own bare JID, and one @ at the most",
			{ weight: 2 },
			anyText,
			(text) => {
				const bare = bareOf(text);
				same(bareOf(bare), bare.toLowerCase());
				same(resourceOf(bare), undefined);
				const parts = text.split("@");
				const isBare = parts.length === 2 && parts.every((it) => /^[^\s/]{1,1023}$/.test(it));
				same(isBareJid(text), isBare);
			},
		),
	],
};
