/**
 * A `fetch` over HTTP/2 on kept connections, as Apple's push service wants it.
 *
 * Apple allows one stream on a connection until a request on it was authenticated, and a thousand then. Bun honours
 * that, but opens one more connection after another for requests above the limit: a hundred pushes at a cold start are
 * dozens of handshakes, and Apple takes many of those for an attack. So while nothing says that a connection is
 * established, one request goes alone and the others wait for its answer.
 *
 * A connection may die without a word: a router on the way forgets it, or the packets go nowhere. Giving a request up
 * ends its stream only, and Bun sends the next one on the same connection, until the kernel stops repeating what is
 * not acknowledged, a quarter of an hour later. (Its probes, after a minute's rest, notice sooner, but only while
 * nothing waits to be acknowledged.) So a connection that is silent until a deadline is left for a new one.
 */
import type { Fetch } from "../../services/exchange.ts";

/** Half of the 256 requests that Bun has in flight per process: other services need theirs. */
const MAX_CONCURRENT = 128;
/** How often a request is sent that the other side says it did not look at. */
const MAX_SENDS = 5;
/** After this long without an answer or a request, ms, the connection may be gone: one request goes alone again. */
const FRESH_MS = 1000;
/** How long a connection without requests is kept, seconds: less than what routers on the way forget silently. */
const KEEP_S = 240;
/**
 * So long without a word, ms, and a request given up: the connection may be dead. A third of a push's deadline, for
 * those that waited for most of theirs and were sent just before it: each would make a connection.
 */
const SILENT_MS = 5000;
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
	// Of their own, so that two client certificates never share a connection.
	const newSession = () => new Bun.FetchSession({ tls, keepAlive: { idleTimeout: KEEP_S } });
	const admissions = new Map<string, Admission>();

	function admissionOf(origin: string): Admission {
		const admission = admissions.get(origin) ?? createAdmission(maxConcurrent, now, newSession);
		admissions.set(origin, admission);
		return admission;
	}

	return async (url, init) => {
		const { signal } = init;
		const body = await bytesOf(init.body);
		const admission = admissionOf(new URL(url).origin);
		for (let sends = 1; ; sends += 1) {
			const { session, leave } = await admission.enter(signal);
			try {
				const response = await session.fetch(url, {
					...init,
					...(body && asStream(body)),
					protocol: "http2",
					// Only the beginning of an answer is read; Bun would unpack all of it.
					decompress: false,
				});
				leave(UNAUTHENTICATED.has(response.status) ? "unauthenticated" : "answered");
				return response;
			} catch (error) {
				leave(signal?.aborted ? "given up" : "failed");
				const again = codeOf(error) === NOT_PROCESSED && sends < MAX_SENDS;
				if (!again) throw error;
			}
		}
	};
}

/** Most bodies are texts, which need no stream to be read. */
async function bytesOf(body: BodyInit | null | undefined): Promise<Uint8Array | undefined> {
	if (!body) return undefined;
	return typeof body === "string" ? new TextEncoder().encode(body) : new Response(body).bytes();
}

/**
 * A body that Bun does not send again by itself: its repetitions of what was not processed go past the
 * admission. Of bytes each refused request went out six times, and a GOAWAY with a hundred on their way made 35 to 37
 * connections in place of one (tried with Bun 1.4.5). (A stream that a `Response` gives would be seen through.)
 *
 * That is the dearer kind. CPU of a request, 128 on their way: a text, bytes, a Blob or a `Response`'s body 18 to 21 µs,
 * and all of them are repeated; a stream of any type, a generator or an iterable 28 to 34; a stream of `node:stream` 41
 * to 44; `node:http2` 30 to 37. A `FetchSession` has no option against it.
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

/** A request's place. */
interface Place {
	/** To be sent with this. */
	session: Bun.FetchSession;
	/** To be called at the request's end. */
	leave(end: End): void;
}

/** Lets the requests of one origin in: first one, then many. */
interface Admission {
	/**
	 * Waits for a place, in order.
	 * @throws the signal's reason if it fires first
	 */
	enter(signal: AbortSignal | null | undefined): Promise<Place>;
}

/** A session, and so a connection: where one ends in the open, Bun puts another in its place. */
interface Line {
	readonly session: Bun.FetchSession;
	active: number;
	/** One request is on its way alone. */
	leading: boolean;
	established: boolean;
	/** Counts the connections that were established: a failure on an older one says nothing of the present. */
	era: number;
	answeredAt: number;
	/** When the first request was sent that nothing came after; undefined: none was. */
	silentSince: number | undefined;
}

function createAdmission(
	maxConcurrent: number,
	now: () => number,
	newSession: () => Bun.FetchSession,
): Admission {
	const waiting = new Set<(place: Place) => void>();
	/** On all lines. */
	let active = 0;
	let line = newLine();

	function newLine(): Line {
		return {
			session: newSession(),
			active: 0,
			leading: false,
			established: false,
			era: 0,
			answeredAt: Number.NEGATIVE_INFINITY,
			silentSince: undefined,
		};
	}

	function isOpen(): boolean {
		if (line.active === 0 && now() - line.answeredAt > FRESH_MS) line.established = false;
		return active < maxConcurrent && (line.established || !line.leading);
	}

	function letIn(): Place {
		const mine = line;
		const leads = !mine.established;
		const enteredIn = mine.era;
		if (leads) mine.leading = true;
		active += 1;
		mine.active += 1;
		mine.silentSince ??= now();
		return {
			session: mine.session,
			leave(end) {
				active -= 1;
				mine.active -= 1;
				if (leads) mine.leading = false;
				if (end === "answered") {
					mine.answeredAt = now();
					if (leads) mine.era += 1;
					if (leads) mine.established = true;
				} else if (end === "failed" && enteredIn === mine.era) mine.established = false;
				// A request that we gave up says nothing about the connection, unless nothing else came either.
				if (end !== "given up") mine.silentSince = undefined;
				else if (mine === line && isSilent(mine)) line = newLine();
				// What it still has on its way may be answered yet: it is closed with the last of them.
				if (mine !== line && mine.active === 0) mine.session.close();
				letWaitingIn();
			},
		};
	}

	function isSilent({ silentSince }: Line): boolean {
		return silentSince !== undefined && now() - silentSince >= SILENT_MS;
	}

	function letWaitingIn(): void {
		for (const next of waiting) {
			if (!isOpen()) break;
			waiting.delete(next);
			next(letIn());
		}
	}

	return {
		async enter(signal) {
			signal?.throwIfAborted();
			if (waiting.size === 0 && isOpen()) return letIn();
			const { promise, resolve, reject } = Promise.withResolvers<Place>();
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
