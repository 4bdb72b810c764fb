/**
 * What FCM's answers mean. The same status has several meanings: FCM's own code is in the details of the error.
 */
import type { Outcome } from "../../types.ts";
import { field, isOtherThanJson, list, parsed, textIn } from "../answer-body.ts";
import { type AnswerRow, outcomeOf, rowOf } from "../answers.ts";
import type { Reply } from "../exchange.ts";

interface FcmRow extends AnswerRow {
	/** Only a word of FCM's own detail counts, not Google's general status. */
	readonly own?: true;
	/** The answer says that a quota of the whole project is used up. */
	readonly isProjectQuota?: true;
}

/**
 * What each status and word mean. The word is FCM's own code or, in an answer without one, Google's general status.
 */
export const ANSWERS: readonly FcmRow[] = [
	{ status: [200, 299], kind: "delivered", reason: "" },
	// The app was removed, or got another token.
	{ status: 404, word: "UNREGISTERED", own: true, kind: "gone", reason: "unregistered token" },
	// Without the code it is the project that is not there: no reason to forget anyone.
	{ status: 404, kind: "misconfigured", reason: "no such project" },
	// Said of tokens and of messages alike: see `isToken`, and a second try with next to nothing in it.
	{ status: 400, kind: "rejected", reason: "refused as malformed" },
	// The token was given to another project's app. A wrong service account looks the same: delivery decides.
	{ status: 403, word: "SENDER_ID_MISMATCH", own: true, kind: "gone", reason: "token of another app" },
	// The APNs or Web Push credentials that the project holds at Firebase: Android needs none.
	{
		status: 401,
		word: "THIRD_PARTY_AUTH_ERROR",
		kind: "misconfigured",
		reason: "the project's own credentials were refused",
		about: "token",
	},
	// A new access token was tried before these are believed.
	{ status: 401, kind: "misconfigured", reason: "refused our access token" },
	{ status: 403, kind: "misconfigured", reason: "refused our service account" },
	// Each with a minute at least, as FCM's page on error codes wants it. First what the project may send in a minute,
	// where the answer says so.
	{
		status: 429,
		isProjectQuota: true,
		kind: "retry",
		reason: "the project's quota is used up",
		afterMs: 60_000,
	},
	// "Sending limit exceeded for the message target", which is the token: 240 a minute to one Android.
	{
		status: 429,
		word: "QUOTA_EXCEEDED",
		own: true,
		kind: "retry",
		reason: "too many pushes to this device",
		afterMs: 60_000,
		about: "token",
	},
	// Without FCM's own word it is Google's front that has enough of us: it knows of no tokens.
	{ status: 429, kind: "retry", reason: "too many requests", afterMs: 60_000 },
	// What else is said of a request in which only the token is a stranger's.
	{ status: [400, 499], kind: "retry", reason: "unknown answer", about: "token" },
	{ status: [500, 599], kind: "retry", reason: "push service unwell" },
];

/** An answer's error, as far as it could be read. */
export interface FcmError {
	/** FCM's own code, of the detail whose `@type` ends with `fcm.v1.FcmError`. */
	errorCode?: string;
	/** Google's general one. */
	status?: string;
	/** The fields of the request that were found wrong. */
	fields: string[];
	/** A quota of the whole project is used up. */
	isProjectQuota: boolean;
}

/** A code is short and in capitals; anything else could hold a token. */
const CODE = /^[A-Z_]{1,40}$/;

/** Of an answer that is no error. */
const NOTHING_SAID: FcmError = { fields: [], isProjectQuota: false };

/** Reads an error's body; what cannot be read says nothing. */
function fcmError({ body }: Reply): FcmError {
	const said: FcmError = { fields: [], isProjectQuota: false };
	const error = field(parsed(body), "error");
	const status = textIn(field(error, "status"), CODE);
	if (status !== undefined) said.status = status;
	for (const detail of list(field(error, "details"))) {
		const type = field(detail, "@type");
		const code = textIn(field(detail, "errorCode"), CODE);
		if (typeof type === "string" && type.endsWith("fcm.v1.FcmError") && code !== undefined)
			said.errorCode = code;
		for (const violation of list(field(detail, "fieldViolations"))) {
			const name = field(violation, "field");
			if (typeof name === "string") said.fields.push(name);
		}
		if (isOfProject(detail)) said.isProjectQuota = true;
	}
	return said;
}

/**
 * Classifies an answer.
 * @param reply what FCM said to a message with all that was to be sent
 */
export function classify(reply: Reply): Outcome {
	const { status } = reply;
	const error = status < 300 ? NOTHING_SAID : fcmError(reply);
	const word = error.errorCode ?? error.status;
	const row = rowOf(
		ANSWERS,
		{ status, word },
		({ own, isProjectQuota }) =>
			(!own || error.errorCode !== undefined) && (!isProjectQuota || error.isProjectQuota),
	);
	if (row?.kind === "delivered") {
		const said = parsed(reply.body);
		return isOthers(reply, said) ? outcomeOf(undefined, reply) : { kind: "delivered", ...id(said) };
	}
	if (isInvalid(reply, error) && error.fields.some(isToken))
		return outcomeOf({ kind: "gone", reason: "invalid token" }, reply, word);
	return outcomeOf(row, reply, word);
}

/** Something in the request was wrong, and nothing says that it was the token. */
export function mayBeToken(reply: Reply): boolean {
	if (reply.status !== 400) return false;
	const error = fcmError(reply);
	return isInvalid(reply, error) && !error.fields.some(isToken);
}

/**
 * Classifies the answer to a message that had nothing in it but the token: FCM itself calling that invalid can mean
 * no other part. If it names another part all the same, or is not FCM's own word, nobody is forgotten for it.
 */
export function classifyMinimal(reply: Reply): Outcome {
	const error = fcmError(reply);
	const outcome = classify(reply);
	if (outcome.kind !== "rejected" || error.errorCode !== "INVALID_ARGUMENT" || error.fields.length > 0)
		return outcome;
	return outcomeOf({ kind: "gone", reason: "invalid token" }, reply, error.errorCode);
}

/** Another access token may help: ours ran out, was withdrawn, or its rights are new. */
export function refusesAccess(reply: Reply): boolean {
	if (reply.status !== 401 && reply.status !== 403) return false;
	const { errorCode, status } = fcmError(reply);
	if (reply.status === 401) return errorCode !== "THIRD_PARTY_AUTH_ERROR";
	return reply.status === 403 && (errorCode ?? status) === "PERMISSION_DENIED";
}

function isInvalid(reply: Reply, error: FcmError): boolean {
	return reply.status === 400 && (error.errorCode ?? error.status) === "INVALID_ARGUMENT";
}

function isToken(name: string): boolean {
	return name === "message.token";
}

/**
 * Does a detail say that a quota of the project is used up? As Google's APIs say it: a `google.rpc.ErrorInfo` whose
 * quota is so many a minute for each project (`1/min/{project}`), or a `google.rpc.QuotaFailure` of which the project
 * is the subject (`project:…`).
 */
function isOfProject(detail: unknown): boolean {
	const unit = field(field(detail, "metadata"), "quota_unit");
	if (typeof unit === "string" && unit.endsWith("/{project}")) return true;
	const subjects = list(field(detail, "violations")).map((violation) => field(violation, "subject"));
	return subjects.some((subject) => typeof subject === "string" && /^projects?[:/]/.test(subject));
}

/**
 * Not FCM's words, which name the message that was taken: a proxy's page, say, under the status of success. What was
 * cut off may be FCM's.
 */
function isOthers({ body }: Reply, said: unknown): boolean {
	return said === undefined ? isOtherThanJson(body) : typeof field(said, "name") !== "string";
}

/** The message's name, `projects/…/messages/<id>`, without the project. */
function id(said: unknown): { id?: string } {
	const name = field(said, "name");
	const [, last] = typeof name === "string" ? (/\/messages\/([\w:%.-]{1,100})$/.exec(name) ?? []) : [];
	return last === undefined ? {} : { id: last };
}
