/**
 * Which way a request came: `reveille doctor` sends one to PUBLIC_URL with a word that it was told over the socket, and
 * asks there whether it arrived. The answer to the request is the same for everybody, so that nobody learns anything.
 */

/** The header that carries the word. */
export const WATCHED_HEADER = "Reveille-Doctor";

/** How a request arrived. */
export interface Arrival {
	/** Who is connected to us: the client, or the reverse proxy. */
	peer: string | null;
	/** As it came. */
	forwardedFor: string | null;
	/** Whether TRUSTED_PROXIES has the peer, so that its X-Forwarded-For is believed. */
	isTrusted: boolean;
}

export interface RequestWatch {
	/** @returns a new word to watch for, as long as the process lives or newer ones come */
	begin(): string;
	/** A request came with this word. */
	arrived(word: string, arrival: Arrival): void;
	/** How the request with this word arrived; undefined: none did. */
	of(word: string): Arrival | undefined;
}

/** Words at once. */
const MOST = 16;

export function createRequestWatch(random: () => string = () => crypto.randomUUID()): RequestWatch {
	const watched = new Map<string, Arrival | undefined>();
	return {
		begin() {
			const word = random();
			watched.set(word, undefined);
			for (const oldest of watched.keys()) {
				if (watched.size <= MOST) break;
				watched.delete(oldest);
			}
			return word;
		},
		arrived(word, arrival) {
			if (watched.has(word)) watched.set(word, arrival);
		},
		of: (word) => watched.get(word),
	};
}
