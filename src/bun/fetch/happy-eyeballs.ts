/**
 * Which of a host's addresses takes a connection (RFC 8305 §5): the next one is tried beside a first that does not
 * answer, and not only after it.
 *
 * A request cannot be tried so itself, since whoever answers late may have taken it: the push would come twice. So a
 * connection is opened and closed again, and the request goes to the address that took it. Which one that was is
 * remembered for a while: most requests open no connection of this kind.
 */
import { connect as openSocket } from "node:net";
import { answerBounds } from "../../limits/bounds/answers.ts";
import { createRecent } from "../../limits/recent-names.ts";

/** Opens a connection, and closes it: rejects where there is none, and when the signal fires. */
export type Connect = (address: string, port: number, signal: AbortSignal) => Promise<void>;

export interface FirstToConnect {
	/**
	 * The addresses in the order in which to send to them: the first takes connections, if any does.
	 * @param addresses two or more, checked; no other is ever connected to
	 */
	order(url: URL, addresses: readonly string[]): Promise<readonly string[]>;
	/** The address that came first did not answer: which one does is found out anew. */
	forget(url: URL): void;
}

/** RFC 8305 §8: the time after which the next address is tried, ms. */
const PAUSE_MS = 250;
/** All of them together have so long, ms: a push has 15 s for everything. */
const PATIENCE_MS = 3_000;
/** How long one that took a connection is believed to take others, ms. */
const KEPT_MS = 300_000;
const MOST_ADDRESSES = answerBounds.addresses.is;

/**
 * @param options.connect over TCP, if not given
 * @param options.pauseMs before the next address is tried beside the others
 * @param options.now a clock that only goes forward, ms
 */
export function createFirstToConnect(
	options: { connect?: Connect; pauseMs?: number; patienceMs?: number; now?: () => number } = {},
): FirstToConnect {
	const { connect = connectTcp, pauseMs = PAUSE_MS, patienceMs = PATIENCE_MS } = options;
	const { now = () => performance.now() } = options;
	const kept = createRecent<{ address: string; at: number }>(answerBounds.addressesKept.is);
	/** Those that are being found out: many pushes to one host ask once. */
	const asked = new Map<string, Promise<string | undefined>>();

	async function ask(url: URL, addresses: readonly string[]): Promise<string | undefined> {
		const port = Number(url.port) || (url.protocol === "http:" ? 80 : 443);
		const end = new AbortController();
		const patience = setTimeout(() => end.abort(), patienceMs);
		try {
			const address = await race(addresses, (one) => connect(one, port, end.signal), pauseMs, end.signal);
			kept.set(url.host, { address, at: now() });
			return address;
		} catch {
			// Nobody: the request itself says why.
			return undefined;
		} finally {
			clearTimeout(patience);
			end.abort();
		}
	}

	return {
		async order(url, all) {
			const addresses = byTurns(all).slice(0, MOST_ADDRESSES);
			if (addresses.length < 2) return addresses;
			const { host } = url;
			const known = kept.get(host);
			let first = known && now() - known.at < KEPT_MS ? known.address : undefined;
			if (first === undefined || !addresses.includes(first)) {
				const asking = asked.get(host) ?? ask(url, addresses).finally(() => asked.delete(host));
				asked.set(host, asking);
				first = await asking;
			}
			// Asked for somebody else a moment ago, whose look-up may have found other addresses than ours.
			if (first === undefined || !addresses.includes(first)) return addresses;
			return [first, ...addresses.filter((address) => address !== first)];
		},

		forget: ({ host }) => kept.delete(host),
	};
}

/** RFC 8305 §4: by turns of the two families, so that one that does not work here is not tried to its end. */
function byTurns(addresses: readonly string[]): readonly string[] {
	const isV6 = (address: string) => address.includes(":");
	const [first = ""] = addresses;
	const own = addresses.filter((address) => isV6(address) === isV6(first));
	const others = addresses.filter((address) => isV6(address) !== isV6(first));
	const longest = Math.max(own.length, others.length);
	return Array.from({ length: longest }, (_, at) => [own[at], others[at]])
		.flat()
		.filter((address) => address !== undefined);
}

/** @returns the first address to take a connection; rejects when none did, or the signal fires */
async function race(
	addresses: readonly string[],
	connect: (address: string) => Promise<void>,
	pauseMs: number,
	signal: AbortSignal,
): Promise<string> {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	let begun = 0;
	let failed = 0;
	let pause: Timer | undefined;
	const next = () => {
		clearTimeout(pause);
		const address = addresses[begun];
		if (address === undefined || signal.aborted) return;
		begun += 1;
		pause = setTimeout(next, pauseMs);
		connect(address).then(
			() => resolve(address),
			(error: unknown) => {
				failed += 1;
				if (failed === addresses.length) reject(error);
				else next();
			},
		);
	};
	next();
	try {
		return await promise;
	} finally {
		clearTimeout(pause);
		begun = addresses.length;
	}
}

const connectTcp: Connect = (host, port, signal) => {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const socket = openSocket({ host, port });
	socket.once("connect", () => resolve());
	socket.on("error", reject);
	const end = () => reject(signal.reason);
	signal.addEventListener("abort", end, { once: true });
	return promise.finally(() => {
		signal.removeEventListener("abort", end);
		socket.destroy();
	});
};
