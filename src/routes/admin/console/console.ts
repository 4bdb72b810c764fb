/**
 * The console's interface below /admin/api, for its own page alone (web/console/wire.ts has its words). Nothing else
 * reads its cookie.
 */
import { Hono } from "hono";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import type { AppDeps, RequestEnv } from "../../deps.ts";
import { smallUtf8Body } from "../../guards/body.ts";
import { noStore } from "../../guards/no-store.ts";
import { Problem } from "../../problem.ts";
import type { MetricsDeps } from "../metrics.ts";
import { createActions } from "./actions.ts";
import { barRoutes } from "./bars.ts";
import { eventRoutes } from "./events.ts";
import { type ConsoleEnv, requireFormToken, requireOwnPage, requireSession } from "./guards.ts";
import { inviteRoutes } from "./invites.ts";
import { createLiveStreams } from "./live.ts";
import { createLooking } from "./look.ts";
import { overviewRoutes } from "./overview.ts";
import { createRecentEvents } from "./recent-events.ts";
import { registrationRoutes } from "./registrations.ts";
import { sessionRoutes } from "./session.ts";
import { createSignInLimit } from "./sign-in-limit.ts";

const OFF =
	"The console is off here. The operator turns it on with ADMIN_TOKEN: any text of at least 32 characters that nobody guesses.";

/** The sub-app, to be mounted at the root. */
export function consoleRoutes(deps: AppDeps & Pick<MetricsDeps, "adminToken">) {
	const root = new Hono<RequestEnv>();
	const own = deps.console;
	if (!own && deps.adminToken !== undefined) return root;
	if (!own) {
		for (const path of ["/admin", "/admin/*"]) {
			root.all(path, () => {
				throw new Problem("no-such-page", OFF);
			});
		}
		return root;
	}

	const actions = createActions(deps, own);
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
	app.route("/", overviewRoutes(deps, own, looking));
	app.route("/registrations", registrationRoutes({ deps, own, looking, actions, recent }));
	app.route("/events", eventRoutes(own, { live, recent, now: deps.now }));
	app.route("/bars", barRoutes(own, actions));
	app.route("/invites", inviteRoutes(deps, own, actions));
	app.all("/*", () => {
		throw new Problem("no-such-page", "There is nothing at this path of the console.");
	});

	root.route("/admin/api", app);
	return root;
}

const now = ({ now }: AppDeps) => (now ? { now } : {});
