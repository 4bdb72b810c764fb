/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What the debug pages have in common: where they are, their style, the way from one to the other. */
import type { Context } from "hono";
import type { PropsWithChildren } from "hono/jsx";
import type { RequestEnv } from "../deps.ts";
import { Page } from "../page.tsx";

const BASE = "/push_appserver/v1";
export const SETTINGS = `${BASE}/settings`;

const STYLE = `
body { max-width: 84rem; } form, .narrow { max-width: 40rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin-bottom: 1.5rem; }
nav [aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
label { display: block; font-weight: 600; } label .dim { font-weight: 400; } .hint { display: block; font-size: .875rem; }
input, select, button { font: inherit; padding: .45rem .6rem; border: 1px solid var(--dim); border-radius: .4rem; }
input, select { width: 100%; color: inherit; background: var(--paper); }
button { color: var(--paper); background: var(--link); border-color: var(--link); padding-inline: 1.4rem; cursor: pointer; }
.narrow th { font-weight: 400; color: var(--dim); width: 9rem; } .narrow td { display: table-cell; overflow-wrap: anywhere; }
.cards td:nth-child(4), .cards td:last-child { min-width: 12rem; overflow-wrap: anywhere; }
@media (max-width: 52rem) {
  .cards thead { position: absolute; clip-path: inset(50%); }
  .cards tr { display: block; border-bottom: 1px solid var(--line); padding: .6rem 0; }
  .cards td, .cards td:first-child { display: grid; grid-template-columns: 7.5rem 1fr; border: 0; padding: .1rem 0;
    overflow-wrap: anywhere; }
  .cards td::before { content: attr(data-label); color: var(--dim); }
}
`;

const NAVIGATION = [
	["register", "Register"],
	["unregister", "Unregister"],
	["push", "Push"],
	["settings", "Registrations"],
] as const;

/** A page, and the navigation with it marked. @param c the request for it */
export function Frame({ title, c, children }: PropsWithChildren<{ title: string; c: Context<RequestEnv> }>) {
	return (
		<Page title={`${title} – Reveille`} nonce={c.get("secureHeadersNonce") ?? ""} style={STYLE}>
			<nav aria-label="Debug pages">
				{NAVIGATION.map(([name, text]) => (
					<a href={`${BASE}/${name}`} {...(`${BASE}/${name}` === c.req.path && { "aria-current": "page" })}>
						{text}
					</a>
				))}
			</nav>
			<main>
				<h1>{title}</h1>
				{children}
			</main>
		</Page>
	);
}
