/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * mod_push_appserver's debug pages: its form API by hand, and what is registered. For the operator alone, since they
 * show who is registered: DEBUG_PAGES brings them, ADMIN_TOKEN opens them.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { PropsWithChildren } from "hono/jsx";
import { httpBounds } from "../../limits/bounds/http.ts";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { requireAdminToken } from "../guards/authorization.ts";
import { Page, pageHeaders } from "../page.tsx";
import { lines } from "../push-appserver/lines.ts";
import { PushForm, RegisterForm, UnregisterForm } from "./forms.tsx";
import { RegistrationDetails, RegistrationTable } from "./list.tsx";

/** Registrations to a page of the list. */
export const PER_PAGE = httpBounds.pageRows.is;

const BASE = "/push_appserver/v1";
const SETTINGS = `${BASE}/settings`;
const PATHS = ["/v1/register", "/v1/unregister", "/v1/push", "/v1/settings", "/v1/settings/:node"];

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

interface FrameProps {
	title: string;
	/** The path of this page. */
	path: string;
	nonce: string;
}

const NAVIGATION = [
	["register", "Register"],
	["unregister", "Unregister"],
	["push", "Push"],
	["settings", "Registrations"],
] as const;

function Frame({ title, path, nonce, children }: PropsWithChildren<FrameProps>) {
	return (
		<Page title={`${title} – Reveille`} nonce={nonce} style={STYLE}>
			<nav aria-label="Debug pages">
				{NAVIGATION.map(([name, text]) => (
					<a href={`${BASE}/${name}`} {...(`${BASE}/${name}` === path && { "aria-current": "page" })}>
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

/**
 * The sub-app, to be mounted at /push_appserver.
 * @param types what clients may send as `type`, and is served
 */
export function debugPageRoutes(deps: AppDeps, types: readonly string[]) {
	const { debugPages, registrations, registration } = deps;
	const app = new OpenAPIHono<RequestEnv>();
	if (!debugPages) {
		for (const path of PATHS) {
			app.get(path, () => lines(403, "ERROR", "There is no page here: this is for programs."));
		}
		return app;
	}

	const styled = pageHeaders("'self'");
	const frame = (c: Context<RequestEnv>, title: string) => ({
		title,
		path: c.req.path,
		nonce: c.get("secureHeadersNonce") ?? "",
	});
	// Beside each page, and not before all of /v1: programs post to the same paths.
	const forOperator = async (c: Context<RequestEnv>, next: () => Promise<void>) => {
		requireAdminToken(c, debugPages.adminToken, "Basic");
		await next();
	};

	app.get("/v1/register", forOperator, styled, (c) =>
		c.html(
			<Frame {...frame(c, "Register a device")}>
				<p class="dim">
					{deps.pushAddress
						? `The user's server is to publish to ${deps.pushAddress}.`
						: "There is no push address yet: nobody can register."}
				</p>
				<RegisterForm types={types} needsToken={registration.mode !== "open"} />
			</Frame>,
		),
	);
	app.get("/v1/unregister", forOperator, styled, (c) =>
		c.html(
			<Frame {...frame(c, "End a registration")}>
				<UnregisterForm types={types} />
			</Frame>,
		),
	);
	app.get("/v1/push", forOperator, styled, (c) =>
		c.html(
			<Frame {...frame(c, "Send a push")}>
				<p class="dim">As a publish without a summary: it wakes, at low priority.</p>
				<PushForm />
			</Frame>,
		),
	);

	app.get("/v1/settings", forOperator, styled, async (c) => {
		const before = c.req.query("before");
		if (before !== undefined && !/^\d{1,15}$/.test(before)) {
			return lines(400, "ERROR", `before is a number: begin at ${SETTINGS}, and follow its links.`);
		}
		const list = await registrations.list(PER_PAGE, before === undefined ? undefined : Number(before));
		return c.html(
			<Frame {...frame(c, "Registrations")}>
				{list.registrations.length > 0 ? (
					<>
						<p class="dim">The newest first. Times are UTC.</p>
						<div class="scroll">
							<RegistrationTable list={list} path={SETTINGS} />
						</div>
					</>
				) : (
					<p>{before === undefined ? "There are none." : "There are no more."}</p>
				)}
				<p>
					{before !== undefined && <a href={SETTINGS}>Newest</a>}{" "}
					{list.next !== undefined && (
						<a href={`${SETTINGS}?before=${list.next}`} rel="next">
							Next {PER_PAGE}
						</a>
					)}
				</p>
			</Frame>,
		);
	});
	app.get("/v1/settings/:node", forOperator, styled, async (c) => {
		const node = c.req.param("node");
		const found = (await registrations.find(node)) ?? (await registrations.findAtPrimary(node));
		if (!found) {
			return c.html(
				<Frame {...frame(c, "No such registration")}>
					<p>
						There is none with this node any more. <a href={SETTINGS}>Those that there are</a>
					</p>
				</Frame>,
				404,
			);
		}
		return c.html(
			<Frame {...frame(c, "Registration")}>
				<div class="narrow">
					<RegistrationDetails registration={found} />
				</div>
			</Frame>,
		);
	});
	return app;
}
