/**
 * The console's interface below /admin/api, for its own page alone (web/console/wire.ts has its words). Nothing else
 * reads its cookie.
 */
import { Hono } from "hono";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import type { AppDeps, ConsoleDeps, RequestEnv } from "../../deps.ts";
import { smallUtf8Body } from "../../guards/body.ts";
import { noStore } from "../../guards/no-store.ts";
import { Problem } from "../../problem.ts";
import { createActions } from "./actions.ts";
import { type ConsoleEnv, requireFormToken, requireOwnPage, requireSession } from "./guards.ts";
import { createLiveStreams } from "./live.ts";
import { createLooking } from "./look.ts";
import { operatorRoutes } from "./operator.ts";
import { createRecentEvents } from "./recent-events.ts";
import { sessionRoutes } from "./session.ts";
import { createSignInLimit } from "./sign-in-limit.ts";

/** The sub-app, to be mounted at the root. */
export function consoleRoutes(deps: AppDeps, own: ConsoleDeps): Hono<RequestEnv> {
	const actions = createActions(deps, own, "in the console");
	const live =
		own.journal && createLiveStreams({ listen: own.journal.listen, events: own.events, ...now(deps) });
	const recent = createRecentEvents(own.journal?.listen, deps.now);
	const looking = createLooking(deps, own);

	const app = new Hono<ConsoleEnv>();
	app.use(noStore, requireOwnPage(own), smallUtf8Body(consoleHttpBounds.body.is));
	// Before the others: whoever has no session yet.
	app.route(
		"/session",
		sessionRoutes({ deps, own, limit: createSignInLimit(deps.now), actions, live, onSignIn: looking.warmUp }),
	);
	app.use(requireSession(own), requireFormToken);
	app.route("/", operatorRoutes(deps, own, { live, recent, looking, actions }));
	app.all("/*", () => {
		throw new Problem("no-such-page", "There is nothing at this path of the console.");
	});

	return new Hono<RequestEnv>().route("/admin/api", app);
}

const now = ({ now }: AppDeps) => (now ? { now } : {});
