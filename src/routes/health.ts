/** For whoever watches the process: is it alive, and is it ready to work? */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppDeps, Readiness, RequestEnv } from "./deps.ts";
import { toProblem } from "./errors.ts";
import { noStore } from "./no-store.ts";

const healthSchema = z
	.object({
		status: z.literal("alive"),
		version: z.string().openapi({ example: "0.1.0" }),
	})
	.openapi("Health");

const part = z.string().openapi({ description: "ok, or a sentence that says what is wrong", example: "ok" });

const readinessSchema = z
	.object({
		ready: z.boolean().openapi({ example: true }),
		database: part,
		xmpp: part.optional().openapi({ description: "Missing where another process speaks XMPP" }),
	})
	.openapi("Readiness");

const healthRoute = createRoute({
	method: "get",
	path: "/health",
	operationId: "health",
	tags: ["Watching"],
	summary: "Alive?",
	responses: {
		200: { description: "Alive", content: { "application/json": { schema: healthSchema } } },
	},
});

const readyRoute = createRoute({
	method: "get",
	path: "/ready",
	operationId: "ready",
	tags: ["Watching"],
	summary: "Ready to work?",
	responses: {
		200: { description: "Ready", content: { "application/json": { schema: readinessSchema } } },
		503: { description: "Not ready", content: { "application/json": { schema: readinessSchema } } },
	},
});

/** What watching needs of the application's parts. */
export type WatchingDeps = Pick<AppDeps, "version" | "readiness" | "log">;

/** What works; a check that fails itself is a database that does not. */
export async function readinessOf(deps: WatchingDeps): Promise<Readiness> {
	try {
		return await deps.readiness();
	} catch (error) {
		return { database: toProblem(error, deps.log).message, xmpp: undefined };
	}
}

/** Whether nothing is wrong. */
export const isReady = ({ database, xmpp }: Readiness) =>
	database === true && (xmpp === true || xmpp === undefined);

/** The sub-app, to be mounted at the root. */
export function healthRoutes(deps: WatchingDeps) {
	const app = new OpenAPIHono<RequestEnv>();
	app.use("/health", noStore).use("/ready", noStore);

	app.openapi(healthRoute, (c) => c.json({ status: "alive" as const, version: deps.version }, 200));

	app.openapi(readyRoute, async (c) => {
		const readiness = await readinessOf(deps);
		const say = (state: true | string) => (state === true ? "ok" : state);
		const ready = isReady(readiness);
		const { database, xmpp } = readiness;
		return c.json(
			{ ready, database: say(database), ...(xmpp !== undefined && { xmpp: say(xmpp) }) },
			ready ? 200 : 503,
		);
	});

	return app;
}
