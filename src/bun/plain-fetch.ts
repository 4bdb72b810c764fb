/**
 * The `fetch` for push services that the operator names. Nothing compressed is asked for, and nothing unpacked: of a
 * body only the beginning is read, and Bun would unpack a hundred megabytes of zeros before anybody could stop it.
 */
import type { Fetch } from "../services/exchange.ts";

export const plainFetch: Fetch = (url, init) => {
	const headers = new Headers(init.headers);
	headers.set("Accept-Encoding", "identity");
	return fetch(url, { ...init, headers, decompress: false } as BunFetchRequestInit);
};
