/** The console's page at /admin/: its files alone, which need no cookie. What it shows comes from /admin/api. */
import { OpenAPIHono } from "@hono/zod-openapi";
import bundle from "../../../dist/web.json" with { type: "json" };
import { CACHE_CONTROL, serveBundled } from "../bundled-files.ts";
import type { RequestEnv } from "../deps.ts";
import type { MetricsDeps } from "./metrics.ts";

export const CONSOLE_PATH = "/admin/";

/** Nothing of another origin, nothing inline; its forms are sent by its script. */
const POLICY = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"connect-src 'self'",
	"frame-ancestors 'none'",
	"base-uri 'none'",
	"form-action 'none'",
].join("; ");

const HEADERS = {
	"Cache-Control": CACHE_CONTROL,
	"Content-Security-Policy": POLICY,
	// The operator's address is nobody's to find.
	"X-Robots-Tag": "noindex",
};

/** The sub-app, to be mounted at the root; without routes where there is no ADMIN_TOKEN. */
export function consolePageRoutes({ adminToken }: Pick<MetricsDeps, "adminToken">) {
	const app = new OpenAPIHono<RequestEnv>();
	if (!adminToken) return app;
	app.get(CONSOLE_PATH.slice(0, -1), (c) => c.redirect(CONSOLE_PATH, 301));
	serveBundled(app, CONSOLE_PATH, bundle.console, () => HEADERS);
	return app;
}
