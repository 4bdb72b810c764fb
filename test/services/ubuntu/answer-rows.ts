/** What the Ubuntu Push server answers: fed to ubuntu.test.ts beside, and to delivery's own test. */
import {
	after,
	DELIVERED,
	GONE,
	leftAlone,
	ofToken,
	REJECTED,
	type Row,
	type RowOfMost,
	retried,
	row,
	type Said,
} from "../answer-rows.ts";

export const TOKEN = "c2VjcmV0+dG9r/ZW4=";
export const WELL: Said = { status: 200, body: '{"ok":true}' };

/** An error of the server's, which may hold another message whole. */
export const error = (status: number, name: string): Said => ({
	status,
	body: JSON.stringify({ error: name, message: `no ${TOKEN}`, extra: { body: "What light…" } }),
});

export const FULL = error(413, "too-many-pending");
const LIMITED = error(429, "rate-limited");
const UNAVAILABLE = error(503, "unavailable");

export const ROWS: readonly Row<Said>[] = [
	{ says: "200", answers: [WELL], means: DELIVERED },
	row("400 unknown-token", error(400, "unknown-token"), GONE, "400 unknown token (unknown-token)"),
	row("401 unauthorized", error(401, "unauthorized"), GONE, "401 token of another app (unauthorized)"),
	row(
		"401 unauthorized-app-id",
		error(401, "unauthorized-app-id"),
		GONE,
		"401 token of another app (unauthorized-app-id)",
	),
	{
		says: "413 too-many-pending, clearing them too",
		answers: [FULL],
		requests: 2,
		means: retried(),
		reason: "413 too many messages wait (too-many-pending)",
		about: "token",
	},
	{ says: "413 too-many-pending, not clearing them", answers: [FULL, WELL], requests: 2, means: DELIVERED },
	...(
		[
			[400, "refused as malformed"],
			[405, "refused the method"],
			[411, "refused without a length"],
			[413, "refused as too large"],
			[415, "refused the content type"],
		] as const
	).map(([status, reason]) =>
		row(
			`${status} invalid-request`,
			error(status, "invalid-request"),
			REJECTED,
			`${status} ${reason} (invalid-request)`,
		),
	),
	row("503 unavailable", UNAVAILABLE, retried(), "503 push service unwell (unavailable)"),
	{
		says: "503 unavailable, Retry-After of 120 s",
		answers: [after(UNAVAILABLE, 120)],
		means: leftAlone(120_000),
		reason: "503 push service unwell (unavailable)",
		afterMs: 120_000,
	},
	row("500", error(500, "internal"), retried(), "500 push service unwell (internal)"),
	row("502 of a proxy", error(502, "<html>"), retried(), "502 push service unwell"),
	row("429", LIMITED, retried(), "429 too many requests (rate-limited)"),
	{
		says: "429, Retry-After of 120 s: we are all one client to it",
		answers: [after(LIMITED, 120)],
		means: leftAlone(120_000),
		reason: "429 too many requests (rate-limited)",
		afterMs: 120_000,
	},
	// Nobody documented these.
	row("200 internal", error(200, "internal"), retried(), "200 unknown answer (internal)"),
	row("302", error(302, ""), retried(), "302 unknown answer"),
	ofToken("400 io-error", error(400, "io-error"), "400 unknown answer (io-error)"),
	ofToken("401 of a proxy", error(401, "Some Proxy"), "401 unknown answer"),
	ofToken("404 unknown-token", error(404, "unknown-token"), "404 unknown answer (unknown-token)"),
	ofToken(
		"413 that cannot be read",
		{ status: 413, body: '{"error":"too-many-pending","extra":{"body":"What' },
		"413 unknown answer",
	),
	ofToken("400 of a page", { status: 400, body: "<html>" }, "400 unknown answer"),
	ofToken("401 of nothing", { status: 401 }, "401 unknown answer"),
];

/** Said of so many, it costs nobody their registration. */
export const OF_MOST: readonly RowOfMost<Said>[] = [
	["401 unauthorized: it is our application id", error(401, "unauthorized"), GONE],
	["400 unknown-token: nobody is forgotten", error(400, "unknown-token"), GONE],
	["400 invalid-request: it is us who make them", error(400, "invalid-request"), REJECTED],
];
