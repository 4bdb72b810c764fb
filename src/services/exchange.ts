/**
 * One request to a push service and its answer, whatever the other side does: it may be away, hang, cut the line,
 * send rubbish or never stop sending. None of that throws, and none of it holds us longer than agreed.
 */
import { answerBounds } from "../limits/bounds/answers.ts";
import type { Outcome } from "../types.ts";
import { networkFailure } from "./network-failures.ts";
import { ForbiddenAddress } from "./public-address.ts";

/** `fetch`, as far as services use it: it must reject when `init.signal` fires. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A deadline, and perhaps one of the answer's text that needs no timer of its own. */
export interface SendSignal extends AbortSignal {
	/** The status is there, and the text is being read: it has less time. */
	bodyBegins?(): void;
	bodyEnds?(): void;
}

/** What a push service said. */
export interface Reply {
	kind: "reply";
	status: number;
	headers: Headers;
	/** The beginning of the body: at most `maxBytes` of it, and less if it was cut off or slow. */
	body: string;
	/** What `Retry-After` asks for, ms from now. */
	afterMs?: number;
}

/** A request never answered, classified. */
export type Failure = Extract<Outcome, { kind: "retry" | "rejected" }>;

/** A body's reasons are short; the longest, FCM's details, have room here. Bytes. */
const MAX_BODY = answerBounds.pushService.is;
/** The status has decided already: the body may add words, but not for long. */
const BODY_PATIENCE_MS = answerBounds.pushServiceTime.is;
/** Nothing we hold is worth waiting longer for. */
const MAX_AFTER_MS = answerBounds.retryAfter.is * 1000;

const DIGITS = /^\d+$/;

/**
 * Sends a request and reads its answer.
 * @param request.url never appears in a reason, but for its host where DNS does not know that
 * @param how.signal the deadline: no status until it fires is `retry`
 * @returns what was said, or what became of a request that got no answer
 */
export async function exchange(
	request: { url: string; init: RequestInit },
	how: { fetch: Fetch; signal: SendSignal; now: () => number; maxBytes?: number },
): Promise<Reply | Failure> {
	let response: Response;
	try {
		response = await how.fetch(request.url, { ...request.init, redirect: "manual", signal: how.signal });
	} catch (error) {
		return failure(error, how.signal, URL.parse(request.url)?.hostname);
	}
	const body = await textOf(response, how.maxBytes ?? MAX_BODY, how.signal);
	const { status, headers } = response;
	const reply: Reply = { kind: "reply", status, headers, body };
	const afterMs = retryAfterMs(headers.get("retry-after"), how.now());
	if (afterMs !== undefined) reply.afterMs = afterMs;
	return reply;
}

/** Network failures in words that hold no URL: a `fetch` puts it into its message. */
function failure(error: unknown, signal: AbortSignal, host: string | undefined): Failure {
	if (error instanceof ForbiddenAddress)
		return { kind: "rejected", reason: "the host has an address that is not public", about: "push" };
	if (signal.aborted) return { kind: "retry", reason: "no answer in time" };
	return { kind: "retry", reason: networkFailure(error, host) };
}

async function textOf(response: Response, maxBytes: number, signal: SendSignal): Promise<string> {
	// Nearly always it is short, and there with the status: at once is a third of the price of piece by piece.
	if (signal.bodyBegins && isShort(response.headers, maxBytes)) {
		signal.bodyBegins();
		try {
			return await response.text();
		} catch {
			// Cut off, or slow: the status is known.
			return "";
		} finally {
			signal.bodyEnds?.();
		}
	}
	return response.body ? beginning(response.body, maxBytes) : "";
}

/** Whether an answer says how long it is: the runtime reads so many bytes and no more. */
function isShort(headers: Headers, maxBytes: number): boolean {
	const length = headers.get("Content-Length");
	if (length === null || !DIGITS.test(length) || Number(length) > maxBytes) return false;
	return !headers.has("Transfer-Encoding") && !headers.has("Content-Encoding");
}

/** Reads at most `maxBytes`, then closes the line; a line cut before is no failure. */
async function beginning(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
	const reader = body.getReader();
	const stop = () => reader.cancel().catch(() => {});
	const patience = setTimeout(stop, BODY_PATIENCE_MS);
	const decoder = new TextDecoder();
	let text = "";
	try {
		for (let left = maxBytes; left > 0; ) {
			const { done, value } = await reader.read();
			if (done) break;
			text += decoder.decode(value.subarray(0, left), { stream: true });
			left -= value.length;
		}
	} catch {
		// Cut off, or the deadline fired: the status is known, and what came is enough.
	}
	clearTimeout(patience);
	stop();
	return text;
}

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3).
 * @param value seconds or an HTTP date, or null without the header
 * @param now ms since the epoch
 * @returns ms from now, between 0 and a day; undefined if it says nothing
 */
export function retryAfterMs(value: string | null, now: number): number | undefined {
	if (value === null) return undefined;
	const text = value.trim();
	// A date begins with a weekday's name; without the check `Date.parse` would take almost anything.
	const wait = DIGITS.test(text)
		? Number(text) * 1000
		: /^[A-Z][a-z]{2,8},? /.test(text)
			? Date.parse(text) - now
			: NaN;
	return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_AFTER_MS);
}
