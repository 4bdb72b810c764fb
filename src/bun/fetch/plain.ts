/**
 * The `fetch` for push services that the operator names. Nothing compressed is asked for, and nothing unpacked: of a
 * body only the beginning is read, and Bun would unpack a hundred megabytes of zeros before anybody could stop it.
 */
import { wholeAnswer } from "../../limits/answer-size.ts";
import type { Fetch } from "../../services/exchange.ts";

export const plainFetch: Fetch = (url, init) =>
	fetch(url, { ...init, headers: uncompressed(init.headers), decompress: false } as BunFetchRequestInit);

/** These headers, and that nothing compressed is wanted. Services give plain records, which need no copy of each name. */
export function uncompressed(headers: HeadersInit | undefined): Record<string, string> | Headers {
	const isRecord = headers !== undefined && !(headers instanceof Headers) && !Array.isArray(headers);
	if (isRecord) return { ...headers, "Accept-Encoding": "identity" };
	const all = new Headers(headers);
	all.set("Accept-Encoding", "identity");
	return all;
}

/**
 * The same for answers that are read to their end.
 * @param maxBytes of an answer
 * @param given.signal the deadline
 * @throws {AnswerTooLarge} and for one that is compressed all the same
 */
export async function fetchWhole(
	request: string | Request,
	maxBytes: number,
	given: RequestInit = {},
): Promise<Response> {
	const headers = new Headers(given.headers ?? (request instanceof Request ? request.headers : {}));
	headers.set("Accept-Encoding", "identity");
	const response = await fetch(request, { ...given, headers, decompress: false } as BunFetchRequestInit);
	const encoding = response.headers.get("Content-Encoding") ?? "identity";
	if (encoding !== "identity") {
		response.body?.cancel().catch(() => {});
		throw new Error("The answer is compressed, which was not asked for.");
	}
	return wholeAnswer(response, maxBytes, given.signal);
}
