/**
 * A `fetch` for URLs that clients hand in: connects only to addresses it has checked.
 *
 * A name is resolved here, once, and the connection goes to the address that was looked at, so a name that answers
 * differently the next time ("rebinding") gains nothing. The certificate is still checked against the name.
 */
import { type EndpointPolicy, isProvider, literalAddress } from "../../services/endpoint.ts";
import type { Fetch } from "../../services/exchange.ts";
import { ForbiddenAddress, isPublicAddress } from "../../services/public-address.ts";
import type { FirstToConnect } from "./happy-eyeballs.ts";
import { uncompressed } from "./plain.ts";
import { createResolve, type Resolve } from "./resolve.ts";

/** Failures to connect: nothing was sent, so the next address may be tried. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set([
	"ECONNREFUSED",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"EADDRNOTAVAIL",
]);

/**
 * Makes the `fetch`. It follows no redirect, unpacks no compressed body, and throws {@link ForbiddenAddress} if any
 * address of the host is not public, unless the policy allows private ones. The browsers' own push services are fetched
 * as they are: their operators answer for their names.
 * @param options.resolve as resolve.ts does, if not given
 * @param options.first which of several addresses takes a connection; without it they are tried in their order
 * @param options.fetch Bun's, if not given
 * @param options.ca certificate authorities in place of the usual ones, PEM
 */
export function createPinnedFetch(options: {
	policy: EndpointPolicy;
	resolve?: Resolve;
	first?: FirstToConnect | undefined;
	fetch?: (url: string, init: BunFetchRequestInit) => Promise<Response>;
	ca?: string;
}): Fetch {
	const { policy, resolve = createResolve(), first, fetch = globalThis.fetch, ca } = options;

	async function addressesOf(url: URL): Promise<readonly string[]> {
		const literal = literalAddress(url);
		const addresses = literal === undefined ? await resolve(url.hostname) : [literal];
		// Any, not some: a name with one address inside and one outside is no mistake.
		if (!policy.allowPrivate && !addresses.every(isPublicAddress))
			throw new ForbiddenAddress("The host has an address that is not public.");
		return addresses;
	}

	return async (text, given) => {
		const url = new URL(text);
		const own = uncompressed(given.headers);
		// Not unpacked, whatever comes: a few kilobytes of zeros unpack to hundreds of megabytes before a reader can
		// stop them.
		const init: BunFetchRequestInit = { ...given, redirect: "manual", decompress: false };
		if (isProvider(url)) return fetch(url.href, { ...init, headers: own });
		const found = await unlessAborted(addressesOf(url), given.signal);
		const addresses =
			first && found.length > 1 ? await unlessAborted(first.order(url, found), given.signal) : found;
		const headers = new Headers(own);
		headers.set("Host", url.host);
		const tls = { ...(literalAddress(url) === undefined && { serverName: url.hostname }), ...(ca && { ca }) };
		let refused: unknown = new Error("The host has no address.");
		for (const address of addresses) {
			const pinned = new URL(url);
			pinned.hostname = address.includes(":") ? `[${address}]` : address;
			try {
				return await fetch(pinned.href, { ...init, headers, tls });
			} catch (error) {
				refused = error;
				first?.forget(url);
				if (!(error instanceof Error && "code" in error && NOT_CONNECTED.has(error.code))) break;
			}
		}
		throw refused;
	};
}

/** A resolver takes no signal: stop waiting for it when the deadline does. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
	if (!signal) return work;
	signal.throwIfAborted();
	const { promise, reject } = Promise.withResolvers<never>();
	const abort = () => reject(signal.reason);
	signal.addEventListener("abort", abort, { once: true });
	try {
		return await Promise.race([work, promise]);
	} finally {
		signal.removeEventListener("abort", abort);
	}
}
