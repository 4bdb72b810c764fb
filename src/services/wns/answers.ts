/**
 * What WNS answers, and what each answer means.
 * Source: `https://learn.microsoft.com/windows/apps/develop/notifications/push-notifications/push-request-response-headers`
 */
import type { Outcome } from "../../types.ts";
import { type AnswerRow, outcomeOf, rowOf } from "../answers.ts";
import type { Reply } from "../exchange.ts";

/** What each status and WNS's word (`X-WNS-Status`: it was asked for) mean. */
export const ANSWERS: readonly AnswerRow[] = [
	{ status: 200, word: "received", kind: "delivered", reason: "" },
	// The device is away and nothing is kept for it, or its user turned notifications off.
	{ status: 200, word: "dropped", kind: "retry", reason: "dropped", about: "token" },
	{
		status: 200,
		word: "channelthrottled",
		kind: "retry",
		reason: "channel throttled",
		about: "token",
	},
	// Accepted, without the word that was asked for.
	{ status: 200, word: "", kind: "delivered", reason: "" },
	// A new access token was tried before. Of this channel or of all: that shows when channels of several owners say it.
	{ status: 401, kind: "misconfigured", reason: "refused our access token" },
	// The channel was given to another app. Whether it is our account shows only over many: delivery decides.
	{ status: 403, kind: "rejected", reason: "channel of another app" },
	{ status: 404, kind: "gone", reason: "unknown channel" },
	// Microsoft shut our domain out for abuse: it says nothing of the channel.
	{ status: 410, words: /domain\s*blocked/i, kind: "misconfigured", reason: "our domain is blocked" },
	// Channels end after 30 days, and the app asks for another.
	{ status: 410, kind: "gone", reason: "channel expired" },
	// The account sends more than it may.
	{ status: 406, kind: "retry", reason: "too many requests" },
	{ status: 429, kind: "retry", reason: "too many requests" },
	// Something about this request, and it will be no better the next time.
	{ status: 400, kind: "rejected", reason: "refused as malformed" },
	{ status: 405, kind: "rejected", reason: "refused the method" },
	{ status: 413, kind: "rejected", reason: "refused as too large" },
	// What else a path may answer that is no channel's: the client chose the path.
	{ status: [400, 499], kind: "retry", reason: "unknown answer", about: "token" },
	{ status: [500, 599], kind: "retry", reason: "push service unwell" },
];

/**
 * Classifies an answer.
 * @param phrase the words behind the status, where the protocol still has them
 */
export function classify(reply: Reply, phrase = ""): Outcome {
	const { status, headers, body } = reply;
	const word = headers.get("x-wns-status")?.toLowerCase() ?? "";
	const text = [phrase, headers.get("x-wns-error-description"), body].join("\n");
	const row = rowOf(ANSWERS, { status, word, text });
	return row?.kind === "delivered" ? { kind: "delivered", ...id(headers) } : outcomeOf(row, reply);
}

function id(headers: Headers): { id?: string } {
	const said = headers.get("x-wns-msg-id") ?? "";
	return /^[\w-]{1,64}$/.test(said) ? { id: said } : {};
}
