/** Answers that are read to their end: a list of keys, what a database says. Their length is bounded all the same. */

/** An answer is longer than it may be. */
export class AnswerTooLarge extends Error {
	override name = "AnswerTooLarge";
}

/**
 * Reads an answer to its end, or leaves that to the caller where the answer says how long it is.
 * @param response as `fetch` gave it
 * @param maxBytes of its body, as `response` gives it
 * @param signal stops the reading
 * @returns the same answer, whose body is no longer than that
 * @throws {AnswerTooLarge} as soon as it is known to be longer, and what `signal` says when it fires
 */
export async function wholeAnswer(
	response: Response,
	maxBytes: number,
	signal?: AbortSignal | null,
): Promise<Response> {
	const { body, status, statusText, headers } = response;
	if (!body) return response;
	const length = headers.get("Content-Length") ?? "";
	if (Number(length) > maxBytes) {
		body.cancel().catch(() => {});
		throw tooLarge(maxBytes);
	}
	// The runtime reads so many bytes and no more, and its `fetch` was given the deadline.
	const isSaid = /^\d+$/.test(length);
	const isBounded = isSaid && !headers.has("Transfer-Encoding") && !headers.has("Content-Encoding");
	if (isBounded) return response;
	const reader = body.getReader();
	const stop = () => void reader.cancel().catch(() => {});
	// Whatever stands behind the stream, a signal of ours ends it.
	signal?.addEventListener("abort", stop, { once: true });
	const pieces: Uint8Array<ArrayBuffer>[] = [];
	let size = 0;
	try {
		for (;;) {
			signal?.throwIfAborted();
			const { done, value } = await reader.read();
			if (done) break;
			size += value.length;
			if (size > maxBytes) throw tooLarge(maxBytes);
			pieces.push(new Uint8Array(value));
		}
		signal?.throwIfAborted();
	} catch (error) {
		stop();
		throw error;
	} finally {
		signal?.removeEventListener("abort", stop);
	}
	return new Response(new Blob(pieces), { status, statusText, headers });
}

const tooLarge = (maxBytes: number) => new AnswerTooLarge(`The answer is longer than ${maxBytes} bytes.`);
