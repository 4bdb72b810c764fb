/**
 * What the Ubuntu Push server answers, and what each answer means.
 * Source: the server's own, `https://gitlab.com/ubports/development/core/ubuntu-push`.
 */
import type { Outcome } from "../../types.ts";
import { field, isOtherThanJson, parsed, textIn } from "../answer-body.ts";
import { type AnswerRow, outcomeOf, rowOf } from "../answers.ts";
import type { Reply } from "../exchange.ts";

/** What each status and the server's word (`error`) mean. */
export const ANSWERS: readonly AnswerRow[] = [
	{ status: [200, 299], kind: "delivered", reason: "" },
	// The app was removed, or the phone was set up anew.
	{ status: 400, word: "unknown-token", kind: "gone", reason: "unknown token" },
	// The token was given to another app. A wrong application id of ours looks the same: delivery decides.
	{ status: 401, word: "unauthorized", kind: "gone", reason: "token of another app" },
	{ status: 401, word: "unauthorized-app-id", kind: "gone", reason: "token of another app" },
	// The phone is away for long. Sent with `clear_pending` before this is believed.
	{
		status: 413,
		word: "too-many-pending",
		kind: "retry",
		reason: "too many messages wait",
		about: "token",
	},
	// Something about this request, and it will be no better the next time.
	{ status: 400, word: "invalid-request", kind: "rejected", reason: "refused as malformed" },
	{ status: 405, word: "invalid-request", kind: "rejected", reason: "refused the method" },
	{ status: 411, word: "invalid-request", kind: "rejected", reason: "refused without a length" },
	{ status: 413, word: "invalid-request", kind: "rejected", reason: "refused as too large" },
	{ status: 415, word: "invalid-request", kind: "rejected", reason: "refused the content type" },
	{ status: 429, kind: "retry", reason: "too many requests" },
	// What else is said of a request in which token and application id are a stranger's.
	{ status: [400, 499], kind: "retry", reason: "unknown answer", about: "token" },
	{ status: [500, 599], kind: "retry", reason: "push service unwell" },
];

/** Classifies an answer. */
export function classify(reply: Reply): Outcome {
	const { status } = reply;
	const word = errorOf(reply);
	const row = rowOf(ANSWERS, { status, word });
	return outcomeOf(row?.kind === "delivered" && isOthers(reply) ? undefined : row, reply, word);
}

/** The server's own name for it. Nothing else of its answer: `extra` may be another message, whole. */
export function errorOf({ body }: Reply): string | undefined {
	return textIn(field(parsed(body), "error"), /^[a-z-]{1,40}$/);
}

/** Not the server's word for success, which is `{"ok":true}`: a proxy's page, say. What was cut off may be. */
function isOthers({ body }: Reply): boolean {
	const said = parsed(body);
	return said === undefined ? isOtherThanJson(body) : field(said, "ok") !== true;
}
