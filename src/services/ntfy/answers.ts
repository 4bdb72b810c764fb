/**
 * What an ntfy server answers to a message, and what each answer means.
 * Source: `server/errors.go` of `https://github.com/binwiederhier/ntfy`, and a real ntfy 2.11.
 */
import type { Outcome } from "../../types.ts";
import { field, isOtherThanJson, parsed, textIn } from "../answer-body.ts";
import { type AnswerRow, outcomeOf, rowOf } from "../answers.ts";
import type { Reply } from "../exchange.ts";

interface NtfyRow extends AnswerRow {
	/** Only at the server that the operator named: it knows our access token, and what it refuses is the operator's. */
	readonly atOurs?: true;
}

/** An answer's wait where ntfy names none: a day's quota comes back bit by bit; ms. */
const AN_HOUR_MS = 60 * 60 * 1000;

/** What each status and ntfy's word (`code`, a number) mean. A topic is there once it is named: it never ends. */
export const ANSWERS: readonly NtfyRow[] = [
	{ status: 200, kind: "delivered", reason: "" },
	// Never followed: it could lead anywhere, past the check of where a topic may be.
	{
		status: [300, 399],
		atOurs: true,
		kind: "misconfigured",
		reason: "redirected: is this server's URL right?",
	},
	{ status: [300, 399], kind: "rejected", reason: "redirected, which is not followed" },
	// Names that nobody can subscribe to, such as `docs`.
	{ status: 400, word: "40009", kind: "gone", reason: "no name of a topic" },
	{ status: 400, word: "40010", kind: "gone", reason: "a name that no topic may have" },
	// Something about this request, and it will be no better the next time.
	{ status: 400, kind: "rejected", reason: "refused as malformed" },
	{ status: 401, atOurs: true, kind: "misconfigured", reason: "refused our access token" },
	// Each topic has rights of its own: others may be open.
	{
		status: 403,
		atOurs: true,
		kind: "misconfigured",
		reason: "we may not write to this topic",
		about: "token",
	},
	{ status: [401, 403], kind: "rejected", reason: "the topic is not open to everybody" },
	{ status: 413, kind: "rejected", reason: "refused as too large" },
	{
		status: 429,
		word: "42908",
		kind: "retry",
		reason: "the day's messages are used up",
		afterMs: AN_HOUR_MS,
	},
	// Of our network address or account, so of all its topics.
	{ status: 429, kind: "retry", reason: "too many requests" },
	// A topic with a name of UnifiedPush's.
	{ status: 507, kind: "retry", reason: "nobody is subscribed just now", about: "token" },
	// What else a server may answer that is no ntfy: the client chose it.
	{ status: [400, 499], kind: "retry", reason: "unknown answer", about: "token" },
	{ status: [500, 599], kind: "retry", reason: "push service unwell" },
];

/**
 * Classifies an answer.
 * @param isOurs whether it is of the server that the operator named
 */
export function classify(reply: Reply, isOurs: boolean): Outcome {
	const said = parsed(reply.body);
	const code = field(said, "code");
	const word = Number.isInteger(code) && String(code).length === 5 ? String(code) : undefined;
	const row = rowOf(ANSWERS, { status: reply.status, word }, ({ atOurs }) => isOurs || !atOurs);
	if (row?.kind !== "delivered") return outcomeOf(row, reply, word && `code ${word}`);
	const id = textIn(field(said, "id"), /^\w{1,32}$/);
	// It repeats the message with its id; anything else is a proxy's page, say. What was cut off may be ntfy's.
	const isNtfys = said === undefined ? !isOtherThanJson(reply.body) : id !== undefined;
	if (!isNtfys) return outcomeOf(undefined, reply);
	return { kind: "delivered", ...(id !== undefined && { id }) };
}
