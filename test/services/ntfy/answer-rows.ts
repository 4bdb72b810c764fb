/** What an ntfy server answers: fed to ntfy.test.ts beside, and to delivery's own test. */
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

export const WELL: Said = {
	status: 200,
	body: JSON.stringify({
		id: "QBnVMvECucPx",
		event: "message",
		topic: "SecretTopic",
		message: "What light…",
	}),
};
const coded = (status: number, code: number): Said => ({
	status,
	body: JSON.stringify({ code, http: status, error: "https://x/SecretTopic" }),
});

const in120s = (code: number, reason: string): Row<Said> => ({
	...row(`429 ${code}, Retry-After of 120 s`, after(coded(429, code), 120), retried(120_000), reason),
	afterMs: 120_000,
});

/** Whosever server says it. */
const ANYWHERE: readonly Row<Said>[] = [
	{ says: "200", answers: [WELL], means: DELIVERED, id: "QBnVMvECucPx" },
	{
		says: "200 with the beginning of its own words",
		answers: [{ status: 200, body: '{"id":"QBn' }],
		means: DELIVERED,
	},
	row("200 with a page", { status: 200, body: "<html>ntfy</html>" }, retried(), "200 unknown answer"),
	row("200 with another JSON", { status: 200, body: '{"ok":true}' }, retried(), "200 unknown answer"),
	row("400 40009", coded(400, 40009), GONE, "400 no name of a topic (code 40009)"),
	row("400 40010", coded(400, 40010), GONE, "400 a name that no topic may have (code 40010)"),
	row("400 40024", coded(400, 40024), REJECTED, "400 refused as malformed (code 40024)"),
	row("400", { status: 400 }, REJECTED, "400 refused as malformed"),
	row("413 41303", coded(413, 41303), REJECTED, "413 refused as too large (code 41303)"),
	row("429 42901", coded(429, 42901), retried(), "429 too many requests (code 42901)"),
	in120s(42901, "429 too many requests (code 42901)"),
	in120s(42908, "429 the day's messages are used up (code 42908)"),
	ofToken("507 50701", coded(507, 50701), "507 nobody is subscribed just now (code 50701)"),
	ofToken("404 40401", coded(404, 40401), "404 unknown answer (code 40401)"),
	ofToken("418 with what is no code", coded(418, 123456), "418 unknown answer"),
	row("500 50001", coded(500, 50001), retried(), "500 push service unwell (code 50001)"),
	row("503", { status: 503 }, retried(), "503 push service unwell"),
];

/** At the server that the operator named: what it refuses is the operator's. */
export const AT_OURS: readonly Row<Said>[] = [
	...ANYWHERE,
	row("302", { status: 302 }, MISCONFIGURED_FOR_ONE, "302 redirected: is this server's URL right?"),
	row("401 40101", coded(401, 40101), MISCONFIGURED_FOR_ONE, "401 refused our access token (code 40101)"),
	{
		...row(
			"403 40301",
			coded(403, 40301),
			MISCONFIGURED_FOR_ONE,
			"403 we may not write to this topic (code 40301)",
		),
		about: "token",
	},
];

/** At any other, which a client chose. */
export const AT_OTHERS: readonly Row<Said>[] = [
	...ANYWHERE,
	row("302", { status: 302 }, REJECTED, "302 redirected, which is not followed"),
	row("401 40101", coded(401, 40101), REJECTED, "401 the topic is not open to everybody (code 40101)"),
	row("403 40301", coded(403, 40301), REJECTED, "403 the topic is not open to everybody (code 40301)"),
];

/** Said of so many, it costs nobody their registration. */
export const OF_MOST: readonly RowOfMost<Said>[] = [
	["400 40010: nobody is forgotten", coded(400, 40010), GONE],
];
