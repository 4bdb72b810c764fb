/**
 * What push services of Web Push answer, and what each answer means: RFC 8030's words, and those of Mozilla, Google,
 * Apple, Microsoft, ntfy and NextPush.
 */
import type { Outcome } from "../../types.ts";
import { field, parsed, textIn } from "../answer-body.ts";
import { type AnswerRow, outcomeOf, rowOf } from "../answers.ts";
import type { Reply } from "../exchange.ts";

export const ANSWERS: readonly AnswerRow[] = [
	// RFC 8030 §5: 201. Some distributors say 200 or 202.
	{ status: [200, 299], kind: "delivered", reason: "" },
	// Never followed: it could lead anywhere, past the endpoint's check.
	{ status: [300, 399], kind: "rejected", reason: "redirected, which is not followed" },
	// RFC 8030 §7.3: the subscription expired or was removed.
	{ status: 404, kind: "gone", reason: "unknown subscription" },
	{ status: 410, kind: "gone", reason: "subscription ended" },
	// Apple's word for our token, most often for its contact: see vapid-subject.ts.
	{
		status: [400, 403],
		words: /"BadJwtToken"/,
		kind: "rejected",
		reason: "refused our VAPID token: is VAPID_SUBJECT a real contact, and our clock right?",
	},
	// Often one subscription made with another VAPID key (Mozilla's errno 109, Apple's VapidPkHashMismatch, Google in
	// words). Whether it is our key shows only over many subscriptions: delivery decides.
	{
		status: [400, 403],
		words: /vapid|"errno":\s*109\b/i,
		kind: "rejected",
		reason: "refused our VAPID key for this subscription",
	},
	// No word of VAPID: NextPush says 401 of a token that it does not know, a ntfy that is not public says 403.
	{ status: 401, kind: "rejected", reason: "not authorized" },
	{ status: 403, kind: "rejected", reason: "forbidden" },
	// Something about this request, and it will be no better the next time.
	{ status: 400, kind: "rejected", reason: "refused as malformed" },
	// Sent without content before this is believed.
	{ status: 413, kind: "rejected", reason: "refused as too large" },
	// RFC 8030 §8.4: slow down. Of this token or of all: that shows when the devices of several owners hear it.
	{ status: 429, kind: "retry", reason: "too many requests" },
	// ntfy: nobody is subscribed just now.
	{ status: 507, kind: "retry", reason: "nobody is subscribed just now", about: "token" },
	// What else a path may answer that is no subscription's, such as 405: the client chose the path.
	{ status: [400, 499], kind: "retry", reason: "unknown answer", about: "token" },
	{ status: [500, 599], kind: "retry", reason: "push service unwell" },
];

/**
 * Classifies an answer.
 * @param reply what the push service said
 */
export function classify(reply: Reply): Outcome {
	const row = rowOf(ANSWERS, { status: reply.status, text: reply.body });
	return outcomeOf(row, reply, row?.kind === "delivered" ? undefined : detailOf(reply));
}

/**
 * The push service's own name for it: Mozilla's errno, Apple's reason, ntfy's code. Nothing longer: it could echo the
 * token.
 */
function detailOf({ status, body }: Reply): string | undefined {
	const said = parsed(body);
	const errno = field(said, "errno");
	if (isNumber(errno)) return `errno ${errno}`;
	const reason = textIn(field(said, "reason"), /^[A-Za-z]{1,40}$/);
	if (reason !== undefined) return reason;
	// Mozilla's code is the status over again.
	const code = field(said, "code");
	return isNumber(code) && code !== status ? `code ${code}` : undefined;
}

/** One that names something, and no token in disguise. */
const isNumber = (value: unknown): value is number =>
	Number.isInteger(value) && Math.abs(value as number) < 1e6;
