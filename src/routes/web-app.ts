/** The web app at /app/: the files that build/web-bundle.ts made, and what its page must know of this Reveille. */
import { OpenAPIHono } from "@hono/zod-openapi";
import bundle from "../../dist/web.json" with { type: "json" };
import { present } from "../syntax/present-fields.ts";
import type { WebAppSettings } from "../web/settings.ts";
import { CACHE_CONTROL, serveBundled } from "./bundled-files.ts";
import type { AppDeps, RequestEnv, WebAppDeps } from "./deps.ts";

/** Where it is. Nothing else is served below: one origin's pages trust each other, its service worker all of it. */
export const WEB_APP_PATH = "/app/";

/** What pages of any origin load: the kit for sites. Nothing else is shared. */
const FOR_SITES: ReadonlySet<string> = new Set(["push.js", "converse-push.js", "site-sw.js"]);
const SHARED = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };

/** @param isPlain whether the page itself is http, on this machine: it may connect to a server without TLS */
const securityPolicy = (isPlain: boolean) =>
	[
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"manifest-src 'self'",
		"worker-src 'self'",
		`connect-src 'self' https: wss:${isPlain ? " ws:" : ""}`,
		"frame-ancestors 'none'",
		"base-uri 'none'",
		"form-action 'none'",
	].join("; ");

/** What the page and its service worker load first. */
function settingsOf({ version, apps }: AppDeps, { address, open, servers }: WebAppDeps): WebAppSettings {
	const offered = apps.filter(({ retired }) => !retired);
	return {
		version,
		...present({
			address,
			vapidPublicKey: offered.find(({ service }) => service === "webpush")?.vapidPublicKey,
		}),
		ntfy: offered.some(({ service }) => service === "ntfy"),
		servers,
		open,
	};
}

/** The sub-app, to be mounted at the root; without routes where the web app is off. */
export function webAppRoutes(deps: AppDeps) {
	const app = new OpenAPIHono<RequestEnv>();
	const { webApp } = deps;
	if (!webApp) return app;

	const common = (url: string) => ({
		"Cache-Control": CACHE_CONTROL,
		"Content-Security-Policy": securityPolicy(!webApp.isHttps && url.startsWith("http:")),
	});

	app.get(WEB_APP_PATH.slice(0, -1), (c) => c.redirect(WEB_APP_PATH, 301));

	const settings = JSON.stringify(settingsOf(deps, webApp));
	app.get(`${WEB_APP_PATH}settings.json`, (c) =>
		c.body(settings, 200, { ...common(c.req.url), "Content-Type": "application/json" }),
	);

	serveBundled(app, WEB_APP_PATH, bundle.files, (path, url) => ({
		...common(url),
		...(FOR_SITES.has(path) ? SHARED : undefined),
	}));
	return app;
}
