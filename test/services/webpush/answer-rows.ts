/**
 * What push services of Web Push answer: fed to webpush.test.ts beside, to delivery's own test and, where a user's
 * server can tell them apart, to the rows of its replies.
 */
import {
	after,
	DELIVERED,
	GONE,
	ofToken,
	REJECTED,
	type Row,
	type RowOfMost,
	retried,
	row,
	type Said,
} from "../answer-rows.ts";

const delivered = (status: number): Row<Said> => ({
	says: String(status),
	answers: [{ status }],
	means: DELIVERED,
});
/** Of one that says when to come again, in seconds or as a date. */
const inTwoMinutes = ({ says, answers: [answer], ...rest }: Row<Said>): Row<Said>[] => {
	const later = { ...rest, means: retried(120_000), afterMs: 120_000 };
	const said = answer as Said;
	return [
		{ ...later, says: `${says}, Retry-After of 120 s`, answers: [after(said, 120)] },
		{
			...later,
			says: `${says}, Retry-After of a date`,
			answers: [(now) => after(said, new Date(now + 120_000).toUTCString())],
		},
	];
};

const errno = (status: number, number: number): Said => ({
	status,
	body: JSON.stringify({ code: status, errno: number, message: "secret-token" }),
});
const apple = (status: number, reason: string): Said => ({ status, body: JSON.stringify({ reason }) });

const VAPID_KEY = "refused our VAPID key for this subscription";
const VAPID_TOKEN = "refused our VAPID token: is VAPID_SUBJECT a real contact, and our clock right?";

export const TAKEN = delivered(201);
export const ENDED = row("410", { status: 410 }, GONE, "410 subscription ended");
/** What it says in {@link LATER}. */
export const TOO_MANY: Said = { status: 429 };
export const LATER = row("429", TOO_MANY, retried(), "429 too many requests");
const UNWELL = row("503", { status: 503 }, retried(), "503 push service unwell");
const NOBODY = ofToken("507", { status: 507 }, "507 nobody is subscribed just now");
const TOO_LARGE: Said = { status: 413 };

export const ROWS: readonly Row<Said>[] = [
	delivered(200),
	TAKEN,
	delivered(202),
	delivered(204),
	row("404", { status: 404 }, GONE, "404 unknown subscription"),
	row("404, unknown to Mozilla", errno(404, 102), GONE, "404 unknown subscription (errno 102)"),
	row("404 of a text", { status: 404, body: '"undefined"' }, GONE, "404 unknown subscription"),
	ENDED,
	row("410, ended at Mozilla", errno(410, 106), GONE, "410 subscription ended (errno 106)"),
	row("400", { status: 400 }, REJECTED, "400 refused as malformed"),
	{ ...row("413", TOO_LARGE, REJECTED, "413 refused as too large"), requests: 2 },
	{ ...TAKEN, says: "413, then 201", answers: [TOO_LARGE, { status: 201 }], requests: 2 },
	{ ...ENDED, says: "413, then 410", answers: [TOO_LARGE, { status: 410 }], requests: 2 },
	row("401", { status: 401 }, REJECTED, "401 not authorized"),
	row("401, Mozilla's errno 109", errno(401, 109), REJECTED, `401 ${VAPID_KEY} (errno 109)`),
	row("401, Mozilla's errno 110", errno(401, 110), REJECTED, "401 not authorized (errno 110)"),
	row("403", { status: 403 }, REJECTED, "403 forbidden"),
	row("403, Apple's BadJwtToken", apple(403, "BadJwtToken"), REJECTED, `403 ${VAPID_TOKEN} (BadJwtToken)`),
	row(
		"400, Apple's VapidPkHashMismatch",
		apple(400, "VapidPkHashMismatch"),
		REJECTED,
		`400 ${VAPID_KEY} (VapidPkHashMismatch)`,
	),
	row(
		"403 in Google's words",
		{ status: 403, body: "the VAPID credentials in the authorization header do not…" },
		REJECTED,
		`403 ${VAPID_KEY}`,
	),
	row(
		"403 with ntfy's code",
		{
			status: 403,
			body: '{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs/publish/#authentication"}',
		},
		REJECTED,
		"403 forbidden (code 40301)",
	),
	row("401 of NextPush", { status: 401, body: '{"success":false}' }, REJECTED, "401 not authorized"),
	// Nothing of these is a word of the push service's, and some could be a token.
	...(
		[
			[401, '{"reason":"BQYAAA-9 is unknown"}', "401 not authorized"],
			[401, '{"errno":123456789012,"code":-9876543210}', "401 not authorized"],
			[403, "<html>secret</html>", "403 forbidden"],
			[401, "null", "401 not authorized"],
			[400, "{}", "400 refused as malformed"],
			[400, '{"reason":null,"errno":null}', "400 refused as malformed"],
			[400, '{"reason":["Bad"]}', "400 refused as malformed"],
			[400, '{"reason":true}', "400 refused as malformed"],
		] as const
	).map(([status, body, reason]) => row(`${status} with ${body}`, { status, body }, REJECTED, reason)),
	LATER,
	...inTwoMinutes(LATER),
	{ ...LATER, says: "429, Retry-After of 1 s", answers: [after(TOO_MANY, 1)], afterMs: 1000 },
	...[500, 502, 504].map((status) =>
		row(String(status), { status }, retried(), `${status} push service unwell`),
	),
	UNWELL,
	...inTwoMinutes(UNWELL),
	...[402, 405, 418].map((status) =>
		ofToken(`${status}, which is unknown`, { status }, `${status} unknown answer`),
	),
	NOBODY,
	...inTwoMinutes(NOBODY),
	...[300, 301, 302, 303, 307, 308].map((status) =>
		row(
			`${status}, which is not followed`,
			{ status, headers: { location: "/elsewhere" } },
			REJECTED,
			`${status} redirected, which is not followed`,
		),
	),
];

/** Said of so many, it costs nobody their registration. */
export const OF_MOST: readonly RowOfMost<Said>[] = [
	["401: it is our VAPID key", errno(401, 109), REJECTED],
	["403: it is our VAPID key", apple(403, "BadJwtToken"), REJECTED],
	["410: nobody is forgotten", { status: 410 }, GONE],
];
