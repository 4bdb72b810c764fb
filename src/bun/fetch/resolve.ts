/** The addresses of the hosts that clients name. */
import { dns } from "bun";

/** The addresses of a name, best first; rejects if there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** What looks a name up: `c-ares` asks name servers by itself, `system` the machine's own resolver. */
export type Lookup = (
	host: string,
	options: { backend: "c-ares" | "system" },
) => Promise<readonly { address: string }[]>;

/** After so long, ms, the system is asked as well: a push waits some 15 s for everything. */
const PATIENCE_MS = 2_000;

/** How many names may wait for the system's own lookup. */
const MOST_WAITING = 32;

/**
 * Looks names up with c-ares, which asks name servers (and reads the hosts file) without a thread: the system's own
 * lookup takes one of few, on which all cryptography waits too, and one that hangs keeps it for many seconds.
 *
 * But c-ares reads once, at its first use, which name servers there are, takes a refusal of the first for the last
 * word, and knows neither mDNS nor what else a system finds names by. So what it does not find, or not soon, the system
 * is asked for, one name at a time: that leaves the other threads to those who need them.
 */
export function createResolve(lookup: Lookup = dns.lookup, patienceMs = PATIENCE_MS): Resolve {
	let waiting = 0;
	/** The last of the system's lookups, found or not. */
	let last: Promise<unknown> = Promise.resolve();

	async function bySystem(host: string) {
		if (waiting >= MOST_WAITING) throw new Error("Too many names wait to be looked up.");
		waiting++;
		const found = last.then(() => lookup(host, { backend: "system" })).finally(() => waiting--);
		last = found.catch(() => {});
		return found;
	}

	async function find(host: string) {
		// Only the system knows of mDNS.
		if (/\.local\.?$/i.test(host)) return bySystem(host);
		const asked = lookup(host, { backend: "c-ares" });
		const isFound = await succeedsWithin(asked, patienceMs);
		if (isFound) return asked;
		const system = bySystem(host);
		return Promise.any([asked, system]).catch(() => system);
	}

	return async (host) => (await find(host)).map(({ address }) => address);
}

/** @returns whether it came to good within that time */
async function succeedsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
	const late = Promise.withResolvers<boolean>();
	const timer = setTimeout(() => late.resolve(false), ms);
	try {
		return await Promise.race([
			work.then(
				() => true,
				() => false,
			),
			late.promise,
		]);
	} finally {
		clearTimeout(timer);
	}
}
