/** The HTTP application: the same on Bun and at the edge, composed from what its entry hands in. */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Logger } from "@logtape/logtape";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import { httpBounds } from "./limits/bounds/http.ts";
import { consoleOffRoutes } from "./routes/admin/console/console-off.ts";
import { consolePageRoutes } from "./routes/admin/console-page.ts";
import { type MetricsDeps, metricsRoutes } from "./routes/admin/metrics.ts";
import { debugPageRoutes } from "./routes/admin/pages.tsx";
import { registrationRoutes } from "./routes/api/registrations.ts";
import { serviceRoutes } from "./routes/api/services.ts";
import type { AppDeps, RequestEnv } from "./routes/deps.ts";
import { documentationRoutes } from "./routes/docs/documentation.tsx";
import { faviconRoutes } from "./routes/docs/favicon.ts";
import { patternOf, toProblem } from "./routes/errors.ts";
import { smallUtf8Body } from "./routes/guards/body.ts";
import { clientAddressReader, networkOf } from "./routes/guards/client-address.ts";
import { noStore } from "./routes/guards/no-store.ts";
import { rateLimit } from "./routes/guards/rate-limit.ts";
import { healthRoutes, type WatchingDeps } from "./routes/health.ts";
import { Problem, problemResponse } from "./routes/problem.ts";
import { pushAppserverRoutes } from "./routes/push-appserver/push-appserver.ts";
import { refusalOf } from "./routes/refusal-notes.ts";
import { WATCHED_HEADER } from "./routes/request-watch.ts";
import { tigaseRoutes } from "./routes/tigase.ts";
import { webAppRoutes } from "./routes/web-app.ts";

export type { AppDeps, PublicApp, Readiness } from "./routes/deps.ts";

/** A subscription with the longest endpoint, longest names and much white space is under 8 KiB. */
const JSON_BYTES = httpBounds.jsonBody.is;
/** An address that nobody has (RFC 5737). */
const SOMEBODY = "192.0.2.1";
/** How long a browser may remember what CORS allows, seconds. */
const PREFLIGHT_S = 86_400;

/** An application whose errors are problem details (RFC 9457). */
function problemApp(log: Logger, nothingHere: string): OpenAPIHono<RequestEnv> {
	const app = new OpenAPIHono<RequestEnv>();
	app.onError((error, c) => problemResponse(toProblem(error, log, patternOf(c))));
	app.notFound(() => problemResponse(new Problem("no-such-page", nothingHere)));
	return app;
}

/** Composes what a connector serves that leaves registering to others: whether it is alive and ready. */
export function createWatchingApp(deps: WatchingDeps & MetricsDeps): OpenAPIHono<RequestEnv> {
	const app = problemApp(deps.log, "A connector serves /health and /ready; registering is at ROLE=http.");
	app.route("/", healthRoutes(deps));
	app.route("/", metricsRoutes(deps));
	return app;
}

/** Composes the application; `fetch` of what it returns serves requests. */
export function createApp(deps: AppDeps & MetricsDeps): OpenAPIHono<RequestEnv> {
	const app = problemApp(deps.log, "There is nothing at this path. See /docs.");
	const clientAddress = clientAddressReader(deps.trustedProxies);
	const limit = rateLimit(deps.now ?? Date.now);

	// First of all: what comes later may replace the request, and the runtime knows the peer of this one only.
	app.use(async (c, next) => {
		const peer = deps.peerAddress(c.req.raw, c.env);
		const forwardedFor = c.req.header("X-Forwarded-For");
		const address = clientAddress(peer, forwardedFor);
		const watched = c.req.header(WATCHED_HEADER);
		if (watched !== undefined) {
			const arrival = {
				peer: peer ?? null,
				forwardedFor: forwardedFor ?? null,
				isTrusted: clientAddress(peer, SOMEBODY) === SOMEBODY,
			};
			deps.requestWatch?.arrived(watched, arrival);
		}
		const network = address === undefined ? undefined : networkOf(address);
		c.set("clientNetwork", network);
		await next();
		const refused = c.error && refusalOf(c.error, network);
		if (refused) deps.note?.(refused);
	});
	app.use(
		secureHeaders({
			contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
			xFrameOptions: "DENY",
			// The proxy in front speaks TLS and knows whether every name under this domain does.
			strictTransportSecurity: false,
			// The pages allow their own style.
			overwrite: false,
		}),
	);
	app.use(
		methodNotAllowed({
			app,
			onMethodNotAllowed: (_c, methods) =>
				problemResponse(
					new Problem("method-not-allowed", `This path takes ${methods.join(", ")}.`, {
						headers: { Allow: methods.join(", ") },
					}),
				),
		}),
	);
	// Web clients live on other origins. Nothing here is authorized by cookies, so any origin may ask.
	for (const path of ["/api/v1/*", "/push_appserver/*"]) {
		app.use(
			path,
			cors({
				origin: "*",
				allowMethods: ["GET", "POST", "PUT", "DELETE"],
				allowHeaders: ["Authorization", "Content-Type"],
				exposeHeaders: ["Location", "Retry-After", "WWW-Authenticate"],
				maxAge: PREFLIGHT_S,
			}),
			noStore,
		);
	}

	const api = new OpenAPIHono<RequestEnv>();
	api.use(limit, smallUtf8Body(JSON_BYTES));
	api.route("/", registrationRoutes(deps));
	api.route("/", serviceRoutes(deps));

	app.route("/api/v1", api);
	app.route("/push_appserver", pushAppserverRoutes(deps, limit, debugPageRoutes(deps)));
	app.route("/", tigaseRoutes(deps, limit));
	app.route("/", healthRoutes(deps));
	app.route("/", metricsRoutes(deps));
	app.route("/", faviconRoutes());
	app.route("/", webAppRoutes(deps));
	app.route("/", consolePageRoutes(deps));
	if (deps.console) app.route("/", deps.console.routes(deps, deps.console));
	else if (deps.adminToken === undefined) app.route("/", consoleOffRoutes());
	app.route("/", documentationRoutes(deps, app));
	return app;
}
