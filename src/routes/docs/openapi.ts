/** The OpenAPI document: generated from the schemas that check the bodies. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppDeps, RequestEnv } from "../deps.ts";

/** An OpenAPI 3.1 document of all routes mounted so far. */
export type ApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** Generates the document. */
export function createDocument(app: OpenAPIHono<RequestEnv>, deps: AppDeps): ApiDocument {
	const document = app.getOpenAPI31Document({
		openapi: "3.1.1",
		info: {
			title: "Reveille",
			version: deps.version,
			description:
				"Wakes sleeping XMPP apps: an app server for XEP-0357 push notifications. A device registers here, its " +
				"user's XMPP server publishes to the address it gets, and the device is woken through its push service.",
		},
		servers: [{ url: "/" }],
		// A route that needs more says so.
		security: [],
		tags: [
			{ name: "Registrations", description: "Register a device and look after its registration." },
			{
				name: "mod_push_appserver's API",
				description: "For clients made for mod_push_appserver: forms, answered in lines of text.",
			},
			{
				name: "Tigase's API",
				description: "For clients made for Tigase's push component, when their user's server is away.",
			},
			{ name: "Watching", description: "For whoever runs this server." },
		],
	});
	// Here, since the type of what goes in is that of OpenAPI 3.0, which has no identifier (SPDX's) of a licence.
	document.info.license = { name: "MIT", identifier: "MIT" };
	return document;
}

/** Adds the ways to prove who one is. */
export function describeSecurity(app: OpenAPIHono<RequestEnv>) {
	app.openAPIRegistry.registerComponent("securitySchemes", "registrationToken", {
		type: "http",
		scheme: "bearer",
		description:
			"The operator's token, or a JWT of the app's own backend, where the server does not let everybody register " +
			"(GET /api/v1/services says so).",
	});
	app.openAPIRegistry.registerComponent("securitySchemes", "adminToken", {
		type: "http",
		scheme: "bearer",
		description: "The operator's ADMIN_TOKEN",
	});
	app.openAPIRegistry.registerComponent("securitySchemes", "deviceSecret", {
		type: "http",
		scheme: "bearer",
		description:
			"The deviceSecret that registering returned. The secret, which the user's server has too, is for publishing alone.",
	});
}
