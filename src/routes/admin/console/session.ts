/** Signing in and out: the ADMIN_TOKEN is exchanged for a cookie, which opens /admin alone. */
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { z } from "zod";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import type { Session } from "../../../web/console/wire.ts";
import type { AppDeps, ConsoleDeps } from "../../deps.ts";
import { Problem } from "../../problem.ts";
import type { Actions } from "./actions.ts";
import { bodyOf } from "./fields.ts";
import {
	type ConsoleContext,
	type ConsoleEnv,
	cookieName,
	isSecure,
	requireFormToken,
	requireSession,
} from "./guards.ts";
import type { LiveStreams } from "./live.ts";
import type { ConsoleSession } from "./sessions.ts";
import type { SignInLimit } from "./sign-in-limit.ts";

const LASTS_S = consoleHttpBounds.sessionTime.is;
const PER_MINUTE = consoleHttpBounds.wrongTokens.is;

export interface SessionRoutesDeps {
	deps: Pick<AppDeps, "version" | "webApp">;
	own: ConsoleDeps;
	limit: SignInLimit;
	actions: Actions;
	live: LiveStreams | undefined;
	/** Called with each sign-in. */
	onSignIn(): void;
}

/** The sub-app, to be mounted at /admin/api/session. */
export function sessionRoutes({ deps, own, limit, actions, live, onSignIn }: SessionRoutesDeps) {
	const app = new Hono<ConsoleEnv>();

	const view = (c: ConsoleContext, { formToken, endsAt }: ConsoleSession): Session => ({
		host: new URL(own.publicUrl ?? c.req.url).host,
		version: deps.version,
		formToken,
		endsAt,
		live: live ? "stream" : "poll",
		webApp: deps.webApp !== undefined,
	});

	function giveCookie(c: ConsoleContext, value: string, seconds: number) {
		const secure = isSecure(c, own);
		setCookie(c, cookieName(secure), value, {
			path: "/admin",
			httpOnly: true,
			sameSite: "Strict",
			secure,
			maxAge: seconds,
		});
	}

	app.get("/", requireSession(own), (c) => c.json(view(c, c.get("session"))));

	app.post("/", async (c) => {
		const network = c.get("clientNetwork");
		const ms = limit.wait(network ?? "");
		if (ms > 0) throw tooMany(ms);
		const { token } = await bodyOf(c, { token: z.string().max(consoleHttpBounds.body.is) });
		// Again, and with nothing awaited up to the count: of many at once each is counted.
		const again = limit.wait(network ?? "");
		if (again > 0) throw tooMany(again);
		if (!own.sessions.isToken(token.trim())) {
			const { triesLeft, isTold } = limit.wrong(network ?? "");
			await actions.wrongToken(network, isTold);
			throw wrong(triesLeft);
		}
		const { session, cookie } = await own.sessions.open();
		giveCookie(c, cookie, LASTS_S);
		onSignIn();
		await actions.done("Signed in", { network });
		return c.json(view(c, session));
	});

	const signOut = async (c: ConsoleContext) => {
		const session = c.get("session");
		own.sessions.end(session);
		live?.end(session.id);
		giveCookie(c, "", 0);
		await actions.done("Signed out", { network: c.get("clientNetwork") });
		return c.body(null, 204);
	};
	app.post("/end", requireSession(own), requireFormToken, signOut);
	return app;
}

const tries = (count: number) => `${count} ${count === 1 ? "try" : "tries"}`;

const wrong = (triesLeft: number) =>
	new Problem(
		"wrong-admin-token",
		`This is not the ADMIN_TOKEN. You have ${triesLeft === 0 ? "no try" : tries(triesLeft)} left in this minute.`,
		{ triesLeft },
	);

function tooMany(ms: number): Problem {
	const seconds = Math.ceil(ms / 1000);
	return new Problem(
		"too-many-requests",
		`${PER_MINUTE} wrong tokens came from your network within a minute, or too many from everybody: wait ${seconds} s.`,
		{ headers: { "Retry-After": String(seconds) }, triesLeft: 0 },
	);
}
