/** Who counts as one where names cost nothing: whoever has a domain makes as many under it as they like. */
import { parse } from "tldts-icann";

/**
 * The domain that somebody registered, by the public suffix list: `example.co.uk` for `chat.example.co.uk`. An
 * address stands for itself, and so does a name that has no such domain (`localhost`, a public suffix).
 *
 * Only suffixes of registries count. Those that hand out names for nothing (`duckdns.org`) are one domain, with
 * all who have a name there: a limit that each free name gets anew is none.
 *
 * @param host a domain as JIDs and URLs have it: with U-labels or A-labels, an IPv6 address with or without brackets
 * @returns in lower case
 */
export function registrableDomain(host: string): string {
	const name = host
		.toLowerCase()
		.replace(/^\[(.*)\]$/, "$1")
		.replace(/\.$/, "");
	return parse(name, { validateHostname: false, extractHostname: false }).domain ?? name;
}
