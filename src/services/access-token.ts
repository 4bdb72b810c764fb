/**
 * The access token of an app at a provider that speaks OAuth 2.0 (RFC 6749 §5): fetched when first needed, kept,
 * renewed before it ends, and replaced once where the provider refuses it.
 *
 * However many pushes wait for it, the token endpoint is asked once.
 */
import { answerBounds } from "../limits/bounds/answers.ts";
import type { Outcome } from "../types.ts";
import { field, parsed, textIn } from "./answer-body.ts";
import { type AnswerRow, rowOf } from "./answers.ts";
import { exchange, type Failure, type Fetch, type Reply } from "./exchange.ts";

/** Why there is no token. */
export type TokenFailure = Extract<Outcome, { kind: "retry" | "misconfigured" }>;

/** A request to the token endpoint. */
export interface TokenRequest {
	url: string;
	init: RequestInit;
}

/** The access token of one app. */
export interface AccessTokens {
	/**
	 * Sends with the token in hand, and once more with a new one if the answer says that it is not valid.
	 * @param post sends with this bearer token
	 * @param refuses does this answer speak of the token?
	 * @param signal the deadline of this push; fetching a token for all goes on without it
	 * @returns the last answer
	 */
	use(
		post: (bearer: string) => Promise<Reply | Failure>,
		refuses: (reply: Reply) => boolean,
		signal: AbortSignal,
	): Promise<Reply | Failure | TokenFailure>;
	/** Whether our credentials give a token: `delivered` if they do. */
	check(signal: AbortSignal): Promise<Extract<Outcome, { kind: "delivered" }> | TokenFailure>;
}

interface Token {
	kind: "token";
	bearer: string;
	expiresAt: number;
	/** From then on another is made ready, while this one goes on serving. */
	renewAt: number;
}

/** What the token endpoint's refusals mean; the word is the answer's `error` (RFC 6749 §5.2). */
export const REFUSALS: readonly (AnswerRow & { readonly kind: TokenFailure["kind"] })[] = [
	// Entra says passing trouble with a 400 (AADSTS90033 and others).
	{ status: 400, word: "temporarily_unavailable", kind: "retry", reason: "unwell" },
	{ status: 400, word: "server_error", kind: "retry", reason: "unwell" },
	// RFC 6749 §5.2: invalid_client, invalid_grant (Google: also when our clock is wrong), invalid_scope, …
	{ status: 400, kind: "misconfigured", reason: "refused our credentials" },
	{ status: 401, kind: "misconfigured", reason: "refused our credentials" },
	{ status: 403, kind: "misconfigured", reason: "refused our credentials" },
	// The address is the operator's or the service account's: nothing there is no passing trouble.
	{ status: 404, kind: "misconfigured", reason: "not there" },
];

/** A new token is made ready this long before the old one ends; ms. */
const EARLY_MS = 5 * 60 * 1000;
/** While the old one still serves, a failing endpoint is asked no more often than this; ms. */
const EARLY_AGAIN_MS = 30 * 1000;
/** A provider that refuses every token does not make us fetch one with each push; ms. */
const REPLACE_AGAIN_MS = 60 * 1000;
/** RFC 6749 §5.1: `expires_in` may be missing. What all providers here give at least; s. */
const USUAL_LIFETIME_S = 3600;
/** Fetching is not one push's business, so it has a deadline of its own; ms. */
const DEADLINE_MS = answerBounds.accessTokenTime.is;
/** Entra's tokens are JWTs of some kilobytes; bytes. */
const MAX_ANSWER = answerBounds.accessToken.is;

/**
 * Keeps one app's token.
 * @param options.request makes the request anew each time: an assertion has a time in it
 */
export function createAccessTokens(options: {
	request: () => Promise<TokenRequest>;
	fetch: Fetch;
	now: () => number;
}): AccessTokens {
	const { fetch, now } = options;
	let held: Token | undefined;
	let fetching: Promise<Token | TokenFailure> | undefined;
	let replacedAt = Number.NEGATIVE_INFINITY;

	async function ask(): Promise<Token | TokenFailure> {
		try {
			const signal = AbortSignal.timeout(DEADLINE_MS);
			const reply = await exchange(await options.request(), { fetch, signal, now, maxBytes: MAX_ANSWER });
			const token = reply.kind === "reply" ? readToken(reply, now()) : notReached(reply);
			if (token.kind === "token") held = token;
			else replacedAt = Number.NEGATIVE_INFINITY;
			return token;
		} catch (error) {
			const name = error instanceof Error ? error.name : typeof error;
			return { kind: "retry", reason: `could not ask for an access token: ${name}` };
		}
	}

	function renewed(): Promise<Token | TokenFailure> {
		fetching ??= ask().finally(() => {
			fetching = undefined;
		});
		return fetching;
	}

	/** Almost always there is one in hand, and nothing is waited for. */
	function current(signal: AbortSignal): Token | Promise<Token | TokenFailure> {
		const at = now();
		if (!held || at >= held.expiresAt) return inTime(renewed(), signal);
		if (at >= held.renewAt) {
			held.renewAt = at + EARLY_AGAIN_MS;
			renewed();
		}
		return held;
	}

	/**
	 * Another token than the refused one; undefined if this one had replaced another just now. Until it is there, the
	 * others go on with the one in hand: where clients choose whom it is shown to, one refusal says little.
	 */
	async function replacing(refused: string, signal: AbortSignal): Promise<Token | TokenFailure | undefined> {
		if (held?.bearer !== refused) return current(signal);
		if (!fetching) {
			const at = now();
			if (Math.abs(at - replacedAt) < REPLACE_AGAIN_MS) return undefined;
			replacedAt = at;
		}
		return inTime(renewed(), signal);
	}

	return {
		async use(post, refuses, signal) {
			const first = await current(signal);
			if (first.kind !== "token") return first;
			const reply = await post(first.bearer);
			if (reply.kind !== "reply" || !refuses(reply)) return reply;
			const second = await replacing(first.bearer, signal);
			if (second === undefined) return reply;
			return second.kind === "token" ? post(second.bearer) : second;
		},

		async check(signal) {
			const token = await current(signal);
			return token.kind === "token" ? { kind: "delivered" } : token;
		},
	};
}

/** The token, or that this push's deadline came first. */
async function inTime(
	token: Promise<Token | TokenFailure>,
	signal: AbortSignal,
): Promise<Token | TokenFailure> {
	const late: TokenFailure = { kind: "retry", reason: "no access token in time" };
	if (signal.aborted) return late;
	const { promise, resolve } = Promise.withResolvers<TokenFailure>();
	const stop = () => resolve(late);
	signal.addEventListener("abort", stop, { once: true });
	try {
		return await Promise.race([token, promise]);
	} finally {
		signal.removeEventListener("abort", stop);
	}
}

function readToken(reply: Reply, at: number): Token | TokenFailure {
	const { status, body, afterMs } = reply;
	const said = parsed(body);
	if (status >= 200 && status <= 299) {
		const bearer = field(said, "access_token");
		// RFC 6750 §2.1: visible ASCII, so that no header is broken by it.
		if (typeof bearer !== "string" || !/^[\x21-\x7e]+$/.test(bearer))
			return { kind: "retry", reason: "the token endpoint's answer has no access token" };
		// Entra's older answers have it as a string.
		const seconds = Number(field(said, "expires_in"));
		const lifetimeMs = (seconds > 0 && seconds < Number.MAX_SAFE_INTEGER ? seconds : USUAL_LIFETIME_S) * 1000;
		const expiresAt = at + lifetimeMs;
		return { kind: "token", bearer, expiresAt, renewAt: expiresAt - Math.min(EARLY_MS, lifetimeMs / 2) };
	}
	const word = textIn(field(said, "error"), /^[a-z_]{1,40}$/);
	const row = rowOf(REFUSALS, { status, word });
	const reason = ["token endpoint:", status, row?.reason ?? "unknown answer", word && `(${word})`];
	const kind = row?.kind ?? "retry";
	const failure = { kind, reason: reason.filter(Boolean).join(" ") };
	return kind === "retry" && afterMs !== undefined ? { ...failure, kind, afterMs } : failure;
}

/** What never came to an answer. The address is ours, so a forbidden one is our own setting. */
function notReached(failure: Failure): TokenFailure {
	const kind = failure.kind === "rejected" ? "misconfigured" : "retry";
	return { kind, reason: `token endpoint: ${failure.reason}` };
}
