/**
 * A `fetch` over HTTP/2 on kept connections, as Apple's push service wants it.
 *
 * Apple allows one stream on a connection until a request on it was authenticated, and a thousand then. Bun honours
 * that, but opens one more connection after another for requests above the limit: a hundred pushes at a cold start are
 * dozens of handshakes, and Apple takes many of those for an attack. So while nothing says that a connection is
 * established, one request goes alone and the others wait for its answer.
 */
import type { Fetch } from "../services/exchange.ts";

/** Half of the 256 requests that Bun has in flight per process: other services need theirs. */
const MAX_CONCURRENT = 128;
/** How often a request is sent that the other side says it did not look at. */
const MAX_SENDS = 5;
/** After this long without an answer or a request, ms, the connection may be gone: one request goes alone again. */
const FRESH_MS = 1000;
/** How long a connection without requests is kept, seconds: less than what routers on the way forget silently. */
const KEEP_S = 240;
/** Statuses of a request that was not authenticated, and did not establish the connection. */
const UNAUTHENTICATED: ReadonlySet<number> = new Set([401, 403]);

/**
 * Bun's name for a promise of HTTP/2 (RFC 9113 §8.7): the request was not processed, because its stream was reset
 * with REFUSED_STREAM or lies above the last one of a graceful GOAWAY. It may be sent again. Every other failure
 * leaves open whether the push arrived (HTTP2GoAway is said of either), and is the caller's to judge.
 */
const NOT_PROCESSED = "HTTP2RefusedStream";

/**
 * Makes the `fetch`. It speaks HTTP/2 or fails, and sends a body again only where that cannot double it.
 * @param options.cert client certificate, PEM
 * @param options.key its private key, PEM
 * @param options.ca certificate authorities in place of the usual ones, PEM
 * @param options.maxConcurrent requests in flight per origin; more than 256 in the whole process need
 *   BUN_CONFIG_MAX_HTTP_REQUESTS at Bun's start
 * @param options.now a clock that only goes forward, ms
 */
export function createHttp2Fetch(
	options: {
		cert?: string | undefined;
		key?: string | undefined;
		ca?: string | undefined;
		maxConcurrent?: number | undefined;
		now?: (() => number) | undefined;
	} = {},
): Fetch {
	const { cert, key, ca, maxConcurrent = MAX_CONCURRENT, now = () => performance.now() } = options;
	const tls = { ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) };
	// Of its own, so that two client certificates never share a connection.
	const session = new Bun.FetchSession({ tls, keepAlive: { idleTimeout: KEEP_S } });
	const gates = new Map<string, Gate>();

	function gateOf(origin: string): Gate {
		const gate = gates.get(origin) ?? createGate(maxConcurrent, now);
		gates.set(origin, gate);
		return gate;
	}

	return async (url, init) => {
		const { signal } = init;
		const body = init.body ? await new Response(init.body).bytes() : undefined;
		const gate = gateOf(new URL(url).origin);
		for (let sends = 1; ; sends += 1) {
			const leave = await gate.enter(signal);
			try {
				const response = await session.fetch(url, {
					...init,
					...(body && asStream(body)),
					protocol: "http2",
				});
				leave(UNAUTHENTICATED.has(response.status) ? "unauthenticated" : "answered");
				return response;
			} catch (error) {
				// A request that we gave up says nothing about the connection.
				leave(signal?.aborted ? "given up" : "failed");
				const again = codeOf(error) === NOT_PROCESSED && sends < MAX_SENDS;
				if (!again) throw error;
			}
		}
	};
}

/**
 * A body that Bun does not send again by itself: its repetitions of what was not processed go past the gate, and so
 * over more connections. (A stream that a `Response` gives would be seen through.)
 */
function asStream(body: Uint8Array): BunFetchRequestInit {
	const stream = new ReadableStream<Uint8Array>({
		start(controller) {
			controller.enqueue(body);
			controller.close();
		},
	});
	return { body: stream, duplex: "half" } as BunFetchRequestInit;
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && "code" in error ? error.code : undefined;
}

/** What became of a request that was let in. */
type End = "answered" | "unauthenticated" | "failed" | "given up";

/** Lets the requests of one origin in: first one, then many. */
interface Gate {
	/**
	 * Waits for a place, in order.
	 * @returns to be called at the request's end
	 * @throws the signal's reason if it fires first
	 */
	enter(signal: AbortSignal | null | undefined): Promise<(end: End) => void>;
}

function createGate(maxConcurrent: number, now: () => number): Gate {
	const waiting = new Set<(leave: (end: End) => void) => void>();
	let active = 0;
	/** One request is on its way alone. */
	let leading = false;
	let established = false;
	/** Counts the connections that were established: a failure on an older one says nothing of the present. */
	let era = 0;
	let answeredAt = Number.NEGATIVE_INFINITY;

	function isOpen(): boolean {
		if (active === 0 && now() - answeredAt > FRESH_MS) established = false;
		return active < maxConcurrent && (established || !leading);
	}

	function letIn(): (end: End) => void {
		const leads = !established;
		const enteredIn = era;
		if (leads) leading = true;
		active += 1;
		return (end) => {
			active -= 1;
			if (leads) leading = false;
			if (end === "answered") {
				answeredAt = now();
				if (leads) era += 1;
				if (leads) established = true;
			} else if (end === "failed" && enteredIn === era) established = false;
			for (const next of waiting) {
				if (!isOpen()) break;
				waiting.delete(next);
				next(letIn());
			}
		};
	}

	return {
		async enter(signal) {
			signal?.throwIfAborted();
			if (waiting.size === 0 && isOpen()) return letIn();
			const { promise, resolve, reject } = Promise.withResolvers<(end: End) => void>();
			const giveUp = () => {
				waiting.delete(resolve);
				reject(signal?.reason);
			};
			signal?.addEventListener("abort", giveUp, { once: true });
			waiting.add(resolve);
			try {
				return await promise;
			} finally {
				signal?.removeEventListener("abort", giveUp);
			}
		},
	};
}
