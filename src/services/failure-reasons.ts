/**
 * Why a push failed, in one word of a closed list: what is counted and drawn. An outcome's own sentence is for people,
 * and names statuses and hosts.
 */
import type { Outcome } from "../types.ts";

/** An outcome that is not delivered. */
export type Failed = Exclude<Outcome, { kind: "delivered" }>;

/** By reason, what it means: docs/metrics.md has these. */
export const FAILURE_REASONS = {
	unregistered: "the app, subscription or channel is not there any more",
	expired_token: "the token or channel reached its end",
	wrong_app: "the token is of another app, environment or key",
	bad_credentials: "your key, certificate or account was refused, or is missing",
	bad_setup: "a topic, project or URL of your settings is wrong",
	not_allowed: "this device's endpoint or topic lets nobody in",
	bad_request: "refused as it is: the device is damaged, or the request is not understood",
	too_large: "refused as too large",
	too_many_requests: "more than the push service takes, of one device or of all",
	device_away: "the device is away, and the push service keeps nothing more for it",
	server_error: "the push service is unwell",
	timeout: "no answer in time",
	unreachable: "no connection: DNS, network, TLS, or an address that is not public",
	other: "an answer that Reveille does not know",
} as const;

export type FailureReason = keyof typeof FAILURE_REASONS;

/** The first row whose words are in the sentence counts; one without words holds the rest. */
type Rows = readonly (readonly [FailureReason, RegExp?])[];

/** By kind of outcome. The sentences are those of the tables of answers, and of what fails before one is asked. */
const ROWS: Readonly<Record<Failed["kind"], Rows>> = {
	gone: [["expired_token", /expired/], ["wrong_app", /another app|this environment/], ["unregistered"]],
	misconfigured: [
		["bad_setup", /the topic is|no such project|redirected|application id|not there|domain is blocked/],
		["unreachable", /not public/],
		["bad_credentials"],
	],
	rejected: [
		["too_large", /too large/],
		["bad_credentials", /VAPID token/],
		["wrong_app", /another app|VAPID key/],
		["not_allowed", /not authorized|forbidden|not open to/],
		["unreachable", /not public/],
		["bad_request"],
	],
	retry: [
		["timeout", /in time$/],
		["unreachable", /network failure|cannot be reached|connection was idle/],
		["too_many_requests", /too many (pushes|requests)|quota|throttled|too often|used up/],
		["device_away", /nobody is subscribed|dropped|messages wait/],
		["server_error", /(^|: )5\d\d |unwell|unavailable|shutting down|no access token$/],
		["other"],
	],
};

/** The reasons that outcomes of each kind may have. */
export const REASONS_OF: Readonly<Record<Failed["kind"], readonly FailureReason[]>> = {
	gone: ROWS.gone.map(([reason]) => reason),
	misconfigured: ROWS.misconfigured.map(([reason]) => reason),
	rejected: ROWS.rejected.map(([reason]) => reason),
	retry: ROWS.retry.map(([reason]) => reason),
};

/** The word for a failure. Where the sentence for clients says less than is known, `detail` counts. */
export function failureReasonOf(outcome: Failed): FailureReason {
	const text = outcome.kind === "retry" ? (outcome.detail ?? outcome.reason) : outcome.reason;
	const row = ROWS[outcome.kind].find(([, words]) => words?.test(text) ?? true);
	return row?.[0] ?? "other";
}
