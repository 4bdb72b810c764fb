/** What a client must know before it registers: where servers publish, which apps there are, and their keys. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { named, SERVICES } from "./examples.ts";
import { servicesSchema } from "./schemas.ts";

const servicesRoute = createRoute({
	method: "get",
	path: "/services",
	operationId: "services",
	tags: ["Registrations"],
	summary: "The push address and the apps",
	description: "A browser subscribes with an app's vapidPublicKey as its applicationServerKey.",
	responses: {
		200: {
			description: "What this server serves",
			content: { "application/json": { schema: servicesSchema, examples: named({ services: SERVICES }) } },
		},
	},
});

/** The sub-app, to be mounted at /api/v1. */
export function serviceRoutes(deps: AppDeps) {
	return new OpenAPIHono<RequestEnv>().openapi(servicesRoute, (c) =>
		c.json(
			{
				...(deps.pushAddress !== undefined && { jid: deps.pushAddress }),
				apps: deps.apps
					.filter(({ retired }) => !retired)
					.map(({ name, service, vapidPublicKey }) => ({
						name,
						service,
						...(vapidPublicKey !== undefined && { vapidPublicKey }),
					})),
				registration: deps.registration.mode,
			},
			200,
		),
	);
}
