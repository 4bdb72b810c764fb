/** What an operator asks and does: the same for the console's page and for commands. */
import { Hono } from "hono";
import type { AppDeps, OperatorDeps } from "../../deps.ts";
import { toOperatorProblem } from "../../errors.ts";
import { problemResponse } from "../../problem.ts";
import { type Actions, createActions } from "./actions.ts";
import { barRoutes } from "./bars.ts";
import { eventRoutes } from "./events.ts";
import type { ConsoleEnv } from "./guards.ts";
import { inviteRoutes } from "./invites.ts";
import type { LiveStreams } from "./live.ts";
import { createLooking, type Looking } from "./look.ts";
import { overviewRoutes } from "./overview.ts";
import { createRecentEvents, type RecentEvents } from "./recent-events.ts";
import { registrationRoutes } from "./registrations.ts";

/** What of the application an operator's questions need. */
export type OperatorAppDeps = Pick<
	AppDeps,
	"registrations" | "keyring" | "push" | "readiness" | "log" | "version" | "now" | "random" | "webApp"
>;

export interface OperatorParts {
	actions: Actions;
	looking: Looking;
	recent: RecentEvents;
	/** Missing: events are asked for again and again. */
	live?: LiveStreams | undefined;
}

/** The sub-app. Who may ask is for the caller to see. */
export function operatorRoutes(
	deps: OperatorAppDeps,
	own: OperatorDeps,
	{ actions, looking, recent, live }: OperatorParts,
) {
	const app = new Hono<ConsoleEnv>();
	app.route("/", overviewRoutes(deps, own, looking));
	app.route("/registrations", registrationRoutes({ deps, own, looking, actions, recent }));
	app.route("/events", eventRoutes(own, { live, recent, now: deps.now }));
	app.route("/bars", barRoutes(own, actions));
	app.route("/invites", inviteRoutes(deps, own, actions));
	return app;
}

/** The same for commands, whose errors are problem details too (RFC 9457). To be served to the operator alone. */
export function operatorCommandRoutes(
	deps: OperatorAppDeps,
	own: OperatorDeps,
	recent = createRecentEvents(own.journal?.listen, deps.now),
) {
	const app = new Hono<ConsoleEnv>();
	app.onError((error) => problemResponse(toOperatorProblem(error, deps.log)));
	app.route(
		"/operator",
		operatorRoutes(deps, own, {
			actions: createActions(deps, own, "by a command"),
			looking: createLooking(deps, own),
			recent,
		}),
	);
	return app;
}
