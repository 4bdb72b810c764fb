/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What the debug pages have in common: where they are, their dress, the way from one to the other. */
import type { Context } from "hono";
import type { PropsWithChildren } from "hono/jsx";
import type { RequestEnv } from "../deps.ts";
import { Page } from "../page.tsx";
import { DRESS } from "./dress.ts";

const BASE = "/push_appserver/v1";
export const SETTINGS = `${BASE}/settings`;

const NAVIGATION = [
	["register", "Register"],
	["unregister", "Unregister"],
	["push", "Push"],
	["settings", "Registrations"],
] as const;

/** The mark, as the web app and the console have it. */
const BUGLE =
	"M.75 7.5H2.25V9.25H11C15.5 9.25 19 7.3 21 3.5H22.5V17.5H21C20.2 16 19 14.7 17.5 13.7V15A5.5 5.5 0 0 1 12 20.5H9A5.5 " +
	"5.5 0 0 1 3.5 15V11.75H2.25V13.5H.75ZM6 11.75V15A3 3 0 0 0 9 18H12A3 3 0 0 0 15 15V12.4C13.8 11.95 12.4 11.75 11 11.75Z";

/** A page, and the navigation with it marked. @param c the request for it */
export function Frame({ title, c, children }: PropsWithChildren<{ title: string; c: Context<RequestEnv> }>) {
	return (
		<Page title={`${title} – Reveille`} nonce={c.get("secureHeadersNonce") ?? ""} dress={DRESS}>
			<header>
				<span class="brand">
					<svg viewBox="0 0 24 24" aria-hidden="true">
						<path fill-rule="evenodd" d={BUGLE} />
					</svg>
					Reveille
				</span>
				<nav aria-label="Debug pages">
					{NAVIGATION.map(([name, text]) => (
						<a href={`${BASE}/${name}`} {...(`${BASE}/${name}` === c.req.path && { "aria-current": "page" })}>
							{text}
						</a>
					))}
				</nav>
			</header>
			<main>
				<h1>{title}</h1>
				{children}
			</main>
		</Page>
	);
}
