/** What happened: the list, and the stream of what happens now. */
import { Hono } from "hono";
import { z } from "zod";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { FoundEvents } from "../../../web/console/wire.ts";
import type { ConsoleDeps } from "../../deps.ts";
import { Problem } from "../../problem.ts";
import { EVENT_KINDS, eventView } from "./event-view.ts";
import { queryOf, typed } from "./fields.ts";
import type { ConsoleEnv } from "./guards.ts";
import type { LiveStreams } from "./live.ts";
import { todaySentence } from "./sentences/events.ts";

const ROWS = consoleHttpBounds.rows.is;

const FIND = {
	kind: z.union([z.literal(""), z.enum(EVENT_KINDS)]).optional(),
	text: typed.optional(),
	before: typed.optional(),
	since: typed.optional(),
};

/** The sub-app, to be mounted at /admin/api/events. @param live missing: the page asks again and again */
export function eventRoutes({ events }: Pick<ConsoleDeps, "events">, live: LiveStreams | undefined) {
	const app = new Hono<ConsoleEnv>();

	app.get("/", async (c) => {
		const { kind, text, before, since } = queryOf(c, FIND);
		const find = present({
			kind: kind || undefined,
			text: text || undefined,
			before: before || undefined,
			since: since || undefined,
		});
		const [found, counts, from] = await Promise.all([
			events.list({ ...find, limit: ROWS }),
			events.countToday(),
			events.from(),
		]);
		const answer: FoundEvents = {
			events: found.events.map(eventView),
			today: todaySentence(counts),
			...present({ next: found.next, from }),
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
		const opened = live.open(c.get("session"));
		if ("tooMany" in opened) throw tooMany(opened.tooMany);
		return new Response(opened.body, {
			headers: {
				"Content-Type": "text/event-stream; charset=utf-8",
				// nginx keeps what comes until there is more of it.
				"X-Accel-Buffering": "no",
			},
		});
	});

	return app;
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
