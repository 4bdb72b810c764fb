/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What there is to read: the OpenAPI document, the page to browse it, and the landing page. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { noStore } from "../guards/no-store.ts";
import { readinessOf } from "../health.ts";
import { pageHeaders, renderedOnce } from "../page.tsx";
import { DocsPage } from "./docs-page.tsx";
import { LandingPage } from "./landing-page.tsx";
import { type ApiDocument, createDocument, describeSecurity } from "./openapi.ts";

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
	// Anybody may ask for these as often as they like: each is made once.
	let json: string | undefined;
	const docsPage = renderedOnce((nonce) => <DocsPage document={described()} nonce={nonce} />);
	let landing: { state: string; page: ReturnType<typeof renderedOnce> } | undefined;

	app.get("/openapi.json", (c) => {
		// Public, and of use to tools in a browser.
		c.header("Access-Control-Allow-Origin", "*");
		json ??= JSON.stringify(described());
		return c.body(json, 200, { "Content-Type": "application/json" });
	});
	app.get("/docs", styled, async (c) => c.html(await docsPage(c.get("secureHeadersNonce") ?? "")));
	app.get("/", styled, noStore, async (c) => {
		const readiness = await readinessOf(deps);
		const state = JSON.stringify(readiness);
		if (landing?.state !== state) {
			const page = renderedOnce((nonce) => <LandingPage deps={deps} readiness={readiness} nonce={nonce} />);
			landing = { state, page };
		}
		return c.html(await landing.page(c.get("secureHeadersNonce") ?? ""));
	});
	return app;
}
