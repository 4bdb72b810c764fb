/** The web app at /app/: the files that build/web-bundle.ts made, and what its page must know of this Reveille. */
import { OpenAPIHono } from "@hono/zod-openapi";
import bundle from "../../dist/web.json" with { type: "json" };
import { present } from "../syntax/present-fields.ts";
import type { WebAppSettings } from "../web/settings.ts";
import type { AppDeps, RequestEnv, WebAppDeps } from "./deps.ts";

/** Where it is. Nothing else is served below: one origin's pages trust each other, its service worker all of it. */
export const WEB_APP_PATH = "/app/";

/** It goes out, and comes back with whether it has changed. */
const CACHE_CONTROL = "no-cache";

/** What pages of any origin load: the kit for sites. Nothing else is shared. */
const FOR_SITES: ReadonlySet<string> = new Set(["push.js", "converse-push.js", "site-sw.js"]);
const SHARED = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };

/** workerd's own beside the standard: what is packed already stays as it is. */
interface PackedInit extends ResponseInit {
	encodeBody: "manual";
}

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

/** Whether a client that sends this Accept-Encoding takes gzip (RFC 9110 §12.5.3). */
function takesGzip(header = ""): boolean {
	const codings = new Map(
		header.split(",").map((one) => {
			const [name = "", weight = ""] = one.toLowerCase().split(";");
			return [name.trim(), !/^\s*q=0(\.0*)?\s*$/.test(weight)] as const;
		}),
	);
	return codings.get("gzip") ?? codings.get("*") ?? false;
}

/** Whether an If-None-Match names this etag (RFC 9110 §13.1.2). */
const names = (header: string, etag: string) =>
	header.split(",").some((one) => one.trim() === etag || one.trim() === "*");

/** A file's content for who takes no gzip; unpacked once. */
function unpackedOnce(gzip: Uint8Array<ArrayBuffer>): () => Promise<ArrayBuffer> {
	let unpacked: ArrayBuffer | undefined;
	return async () => {
		// The bytes are kept and not a promise of them, which an edge runtime lets no other request await.
		unpacked ??= await new Response(
			new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip")),
		).arrayBuffer();
		return unpacked;
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

	for (const [path, { type, etag, gzip }] of Object.entries(bundle.files)) {
		const packed = Uint8Array.from(atob(gzip), (character) => character.charCodeAt(0));
		const unpacked = unpackedOnce(packed);
		app.get(WEB_APP_PATH + path, async (c) => {
			const headers: Record<string, string> = {
				...common(c.req.url),
				...(FOR_SITES.has(path) ? SHARED : {}),
				"Content-Type": type,
				ETag: etag,
				Vary: "Accept-Encoding",
			};
			if (names(c.req.header("If-None-Match") ?? "", etag)) {
				return new Response(null, { status: 304, headers });
			}
			if (!takesGzip(c.req.header("Accept-Encoding"))) return new Response(await unpacked(), { headers });
			headers["Content-Encoding"] = "gzip";
			const init: PackedInit = { headers, encodeBody: "manual" };
			return new Response(packed, init);
		});
	}
	return app;
}
