/** The mark that browsers show beside a page's title: a bugle. It has its own ground, and so fits light and dark. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { RequestEnv } from "../deps.ts";

/** What pages link to. */
export const FAVICON_PATH = "/favicon.svg";

/** A browser asks for this one of its own accord, also beside an answer that is no page. */
const WITHOUT_LINK = "/favicon.ico";

const SVG =
	'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><title>Reveille</title>' +
	'<path fill="#13202b" d="M0 0H512V512H0Z"/><path fill="#f4b942" fill-rule="evenodd" ' +
	'transform="translate(99 94) scale(13.5)" d="M.75 7.5H2.25V9.25H11C15.5 9.25 19 7.3 21 3.5H22.5V17.5H21C20.2 16 ' +
	"19 14.7 17.5 13.7V15A5.5 5.5 0 0 1 12 20.5H9A5.5 5.5 0 0 1 3.5 15V11.75H2.25V13.5H.75ZM6 11.75V15A3 3 0 0 0 9 " +
	'18H12A3 3 0 0 0 15 15V12.4C13.8 11.95 12.4 11.75 11 11.75Z"/></svg>';

/** Seconds for which it is not asked for again. */
const KEPT_S = 7 * 86_400;

/** The sub-app, to be mounted at the root. */
export function faviconRoutes() {
	const app = new OpenAPIHono<RequestEnv>();
	for (const path of [FAVICON_PATH, WITHOUT_LINK]) {
		app.get(path, (c) =>
			c.body(SVG, 200, { "Content-Type": "image/svg+xml", "Cache-Control": `public, max-age=${KEPT_S}` }),
		);
	}
	return app;
}
