/** What WNS answers: fed to wns.test.ts beside, and to delivery's own test. */
import {
	after,
	DELIVERED,
	GONE,
	MISCONFIGURED_FOR_ONE,
	ofToken,
	REJECTED,
	type Row,
	type RowOfMost,
	retried,
	row,
	type Said,
} from "../answer-rows.ts";

const word = (status: string): Said => ({
	status: 200,
	headers: { "x-wns-status": status, "x-wns-msg-id": "1A2B" },
});
export const WELL = word("received");
const described = (status: number, description: string): Said => ({
	status,
	headers: { "x-wns-error-description": description },
});

const in120s = (status: number, reason: string): Row<Said> => ({
	...row(`${status}, Retry-After of 120 s`, after({ status }, 120), retried(120_000), reason),
	afterMs: 120_000,
});

export const ROWS: readonly Row<Said>[] = [
	{ says: "200 received", answers: [WELL], means: DELIVERED, id: "1A2B" },
	{ says: "200 without the word that was asked for", answers: [{ status: 200 }], means: DELIVERED },
	ofToken("200 dropped", word("dropped"), "200 dropped"),
	ofToken("200 channelthrottled", word("channelthrottled"), "200 channel throttled"),
	ofToken("200 ChannelThrottled", word("ChannelThrottled"), "200 channel throttled"),
	row("200 with another word", word("lost"), retried(), "200 unknown answer"),
	{
		...row(
			"401, of a new access token too",
			{ status: 401 },
			MISCONFIGURED_FOR_ONE,
			"401 refused our access token",
		),
		requests: 2,
	},
	{
		says: "401, not of a new access token",
		answers: [{ status: 401 }, WELL],
		requests: 2,
		means: DELIVERED,
		id: "1A2B",
	},
	row("403", { status: 403 }, REJECTED, "403 channel of another app"),
	row("404", { status: 404 }, GONE, "404 unknown channel"),
	row("410", { status: 410 }, GONE, "410 channel expired"),
	row(
		"410 Domain Blocked",
		described(410, "Domain Blocked"),
		MISCONFIGURED_FOR_ONE,
		"410 our domain is blocked",
	),
	row(
		"410 Domain Blocked, in its body",
		{ status: 410, body: "domain blocked" },
		MISCONFIGURED_FOR_ONE,
		"410 our domain is blocked",
	),
	ofToken("409, which is unknown", { status: 409 }, "409 unknown answer"),
	row("406", { status: 406 }, retried(), "406 too many requests"),
	in120s(406, "406 too many requests"),
	row("429", { status: 429 }, retried(), "429 too many requests"),
	row("500", { status: 500 }, retried(), "500 push service unwell"),
	row("503", { status: 503 }, retried(), "503 push service unwell"),
	in120s(503, "503 push service unwell"),
	row("400", described(400, "SecretToken"), REJECTED, "400 refused as malformed"),
	row("405", { status: 405 }, REJECTED, "405 refused the method"),
	row("413", { status: 413 }, REJECTED, "413 refused as too large"),
	row("302, which is unknown", { status: 302 }, retried(), "302 unknown answer"),
	row("201, which is unknown", { status: 201 }, retried(), "201 unknown answer"),
];

/** Said of so many, it costs nobody their registration. */
export const OF_MOST: readonly RowOfMost<Said>[] = [
	["403: it is our account", { status: 403 }, REJECTED],
	["410: nobody is forgotten", { status: 410 }, GONE],
];
