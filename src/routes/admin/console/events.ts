/** What happened: the list, and the stream of what happens now. */
import { Hono } from "hono";
import { z } from "zod";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import type { Happened } from "../../../store/console/events.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { EventKind, FoundEvents } from "../../../web/console/wire.ts";
import type { OperatorDeps } from "../../deps.ts";
import { Problem } from "../../problem.ts";
import { EVENT_KINDS, eventView } from "./event-view.ts";
import { queryOf, typed } from "./fields.ts";
import type { ConsoleEnv } from "./guards.ts";
import type { LiveStreams } from "./live.ts";
import { isRecentId, keyOf, type RecentEvents } from "./recent-events.ts";
import { todaySentence } from "./sentences/events.ts";

const ROWS = consoleHttpBounds.rows.is;
const MINUTE_MS = 60_000;

const FIND = {
	kind: z.union([z.literal(""), z.enum(EVENT_KINDS)]).optional(),
	text: typed.optional(),
	before: typed.optional(),
	since: typed.optional(),
};

/** The sub-app, to be mounted at /admin/api/events. @param own.live missing: the page asks again and again */
export function eventRoutes(
	{ events }: Pick<OperatorDeps, "events">,
	{
		live,
		recent,
		now = Date.now,
	}: { live: LiveStreams | undefined; recent: RecentEvents; now?: (() => number) | undefined },
) {
	const app = new Hono<ConsoleEnv>();

	app.get("/", async (c) => {
		const { kind, text, before, since } = queryOf(c, FIND);
		const find = present({
			kind: kind || undefined,
			text: text || undefined,
			since: since || undefined,
		});
		const begin = beginOf(before || undefined, recent);
		const [found, counts, from, newest] = await Promise.all([
			events.list({ ...find, ...present({ before: begin.kept }), limit: ROWS }),
			events.countToday(),
			events.from(),
			events.list({ limit: consoleHttpBounds.recentEvents.is }),
		]);
		// What is written at the end of this minute is of today, too.
		const begun = now() - (now() % MINUTE_MS);
		const unwritten = recent.beside(newest.events, ({ at }) => at >= begun);
		// Those of the last minute come first. What is older than a full page is in the database, further down.
		const last = found.events.length < ROWS ? undefined : found.events.at(-1);
		const isFresh = (event: Happened) => event.at > (last?.at ?? 0) && isFound(event, find);
		const isFirst = begin.kept === undefined && find.since === undefined;
		const fresh = isFirst ? recent.beside(found.events, isFresh, begin.recent) : [];
		// They may have been written since the page before showed them.
		const kept = found.events.filter((event) => !begin.shown.has(keyOf(event)));
		const all = [...fresh, ...kept];
		const page = all.slice(0, ROWS);
		const next = page.length < all.length ? page.at(-1)?.id : found.next;
		const answer: FoundEvents = {
			events: page.map(eventView),
			today: todaySentence(counts, unwritten),
			...present({ next, from }),
		};
		return c.json(answer);
	});

	app.get("/live", (c) => {
		if (!live) {
			throw new Problem(
				"no-such-page",
				"Here events are asked for again and again: no process lives long enough.",
			);
		}
		// Nobody would read what is opened for it.
		if (c.req.method === "HEAD") return c.body(null, 200, STREAM);
		const opened = live.open(c.get("session"));
		if ("tooMany" in opened) throw tooMany(opened.tooMany);
		return new Response(opened.body, { headers: STREAM });
	});

	return app;
}

const STREAM = {
	"Content-Type": "text/event-stream; charset=utf-8",
	// nginx keeps what comes until there is more of it.
	"X-Accel-Buffering": "no",
};

/** Where a page begins: behind one of the last minute, or behind one of the database. */
interface PageBegin {
	recent?: string;
	kept?: string;
	/** The keys of those that were shown before. */
	shown: ReadonlySet<string>;
}

/** @throws {Problem} for what no page said: a reader would go round in a circle */
function beginOf(before: string | undefined, recent: RecentEvents): PageBegin {
	if (before === undefined) return { shown: new Set() };
	if (/^\d{1,15}$/.test(before)) return { kept: before, shown: new Set() };
	const shown = recent.since(before);
	if (shown) return { recent: before, shown };
	const message = isRecentId(before)
		? "is of minutes ago: begin again without it"
		: "must be what the page before said as `next`";
	throw new Problem("invalid-fields", `before: ${message}`, { errors: [{ path: "before", message }] });
}

/** As the database finds it. */
function isFound(event: Happened, { kind, text = "" }: { kind?: EventKind; text?: string }): boolean {
	const { owner, node, app, reason, decidedBy } = event;
	const all = [owner, node, app, reason, decidedBy].join("\n").toLowerCase();
	return (kind === undefined || event.kind === kind) && all.includes(text.toLowerCase());
}

const RETRY = { headers: { "Retry-After": "30" } };

function tooMany(whose: "session" | "all"): Problem {
	const { streams, streamsOfSession } = consoleHttpBounds;
	return whose === "session"
		? new Problem(
				"too-many-requests",
				`${streamsOfSession.is} of your pages are told of events already.`,
				RETRY,
			)
		: new Problem("unavailable", `${streams.is} pages are told of events already.`, RETRY);
}
