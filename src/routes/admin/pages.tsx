/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * mod_push_appserver's debug pages: its form API by hand, and what is registered. For the operator alone, since they
 * show who is registered: DEBUG_PAGES brings them, ADMIN_TOKEN opens them.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { createAppChoice } from "../../registering/app-choice.ts";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { requireAdminToken } from "../guards/authorization.ts";
import { lines } from "../lines.ts";
import { pageHeaders } from "../page.tsx";
import { PushForm, RegisterForm, UnregisterForm } from "./forms.tsx";
import { Frame } from "./frame.tsx";
import { detailsPage, listPage } from "./registration-pages.tsx";

const PATHS = ["/v1/register", "/v1/unregister", "/v1/push", "/v1/settings", "/v1/settings/:node"];

/** The sub-app, to be mounted where the form API is, at /push_appserver. */
export function debugPageRoutes(deps: AppDeps) {
	const { debugPages, registration } = deps;
	const app = new OpenAPIHono<RequestEnv>();
	if (!debugPages) {
		for (const path of PATHS) {
			app.get(path, () => lines(403, "ERROR", "There is no page here: this is for programs."));
		}
		return app;
	}

	const { types } = createAppChoice(deps.apps);
	const styled = pageHeaders("'self'");
	// Beside each page, and not before all of /v1: programs post to the same paths.
	const forOperator: MiddlewareHandler<RequestEnv> = async (c, next) => {
		requireAdminToken(c, debugPages.adminToken, "Basic");
		await next();
	};

	app.get("/v1/register", forOperator, styled, (c) =>
		c.html(
			<Frame title="Register a device" c={c}>
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
			<Frame title="End a registration" c={c}>
				<UnregisterForm types={types} />
			</Frame>,
		),
	);
	app.get("/v1/push", forOperator, styled, (c) =>
		c.html(
			<Frame title="Send a push" c={c}>
				<p class="dim">As a publish without a summary: it wakes, at low priority.</p>
				<PushForm />
			</Frame>,
		),
	);

	app.get("/v1/settings", forOperator, styled, listPage(deps));
	app.get("/v1/settings/:node", forOperator, styled, detailsPage(deps));
	return app;
}
