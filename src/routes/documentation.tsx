/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What there is to read: the OpenAPI document, the page to browse it, and the landing page. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { AppDeps, RequestEnv } from "./deps.ts";
import { DocsPage } from "./docs-page.tsx";
import { readinessOf } from "./health.ts";
import { LandingPage } from "./landing-page.tsx";
import { noStore } from "./no-store.ts";
import { type ApiDocument, createDocument, describeSecurity } from "./openapi.ts";
import { pageHeaders } from "./page.tsx";

/**
 * The sub-app, to be mounted at the root after all others.
 * @param whole the application, whose routes are described
 */
export function documentationRoutes(deps: AppDeps, whole: OpenAPIHono<RequestEnv>) {
	const app = new OpenAPIHono<RequestEnv>();
	describeSecurity(whole);
	let document: ApiDocument | undefined;
	const described = () => {
		document ??= createDocument(whole, deps);
		return document;
	};

	const styled = pageHeaders("'none'");

	app.get("/openapi.json", (c) => {
		// Public, and of use to tools in a browser.
		c.header("Access-Control-Allow-Origin", "*");
		return c.json(described());
	});
	app.get("/docs", styled, (c) =>
		c.html(<DocsPage document={described()} nonce={c.get("secureHeadersNonce") ?? ""} />),
	);
	app.get("/", styled, noStore, async (c) => {
		const readiness = await readinessOf(deps);
		return c.html(
			<LandingPage deps={deps} readiness={readiness} nonce={c.get("secureHeadersNonce") ?? ""} />,
		);
	});
	return app;
}
