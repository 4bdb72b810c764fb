/** `/metrics`, for Prometheus and whoever has the ADMIN_TOKEN. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { RequestEnv } from "../deps.ts";
import { requireAdminToken } from "../guards/authorization.ts";
import { noStore } from "../guards/no-store.ts";
import { Problem, problemResponses } from "../problem.ts";

export interface MetricsDeps {
	/** Missing: these pages are closed to everybody. */
	adminToken?: string | undefined;
	/** Missing: this process counts nothing. */
	scrape?: (() => Promise<{ contentType: string; text: string }>) | undefined;
}

function metricsOff(): Problem {
	return new Problem(
		"no-such-page",
		"Metrics are off here. The operator turns them on with ADMIN_TOKEN, where a connector runs.",
	);
}

const metricsRoute = createRoute({
	method: "get",
	path: "/metrics",
	operationId: "metrics",
	tags: ["Watching"],
	summary: "Metrics for Prometheus",
	security: [{ adminToken: [] }],
	responses: {
		200: {
			description: "Prometheus's text format",
			content: {
				"text/plain": {
					schema: z.string().openapi({
						example:
							"# HELP reveille_xmpp_online 1 while this connector has the address, else 0. Of this process.\n" +
							"# TYPE reveille_xmpp_online gauge\n" +
							'reveille_xmpp_online{address="push@example.net/push"} 1\n',
					}),
				},
			},
		},
		...problemResponses("admin-token-needed", metricsOff()),
	},
});

/** The sub-app, to be mounted at the root. */
export function metricsRoutes({ adminToken, scrape }: MetricsDeps) {
	const app = new OpenAPIHono<RequestEnv>();
	app.use("/metrics", noStore);
	return app.openapi(metricsRoute, async (c) => {
		if (!adminToken || !scrape) {
			throw metricsOff();
		}
		requireAdminToken(c, adminToken, "Bearer");
		const { contentType, text } = await scrape();
		return c.text(text, 200, { "Content-Type": contentType });
	});
}
