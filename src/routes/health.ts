/** For whoever watches the process: is it alive, and is it ready to work? */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { NOT_READY, named, READY, READY_FOR_ADMINS } from "./api/examples.ts";
import type { AppDeps, Readiness, RequestEnv } from "./deps.ts";
import { toProblem } from "./errors.ts";
import { isAdmin } from "./guards/authorization.ts";
import { noStore } from "./guards/no-store.ts";

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
		notes: z
			.array(z.string())
			.optional()
			.openapi({ description: "For whoever sends the ADMIN_TOKEN as bearer token: what to look at" }),
		servers: z
			.array(
				z.object({
					address: z.string().openapi({ example: "push@example.net/push" }),
					service: z.string().nullable(),
					push: z.boolean().nullable().openapi({ description: "Does it publish for its users (XEP-0357)?" }),
					resumption: z
						.boolean()
						.nullable()
						.openapi({ description: "Does it keep what comes while we are away (XEP-0198)?" }),
					longestStanza: z
						.number()
						.nullable()
						.openapi({ description: "The longest stanza that it says it takes (XEP-0478), bytes" }),
				}),
			)
			.optional()
			.openapi({ description: "For the same: the servers of the accounts. null: it did not say" }),
	})
	.openapi("Readiness");

const healthRoute = createRoute({
	method: "get",
	path: "/health",
	operationId: "health",
	tags: ["Watching"],
	summary: "Alive?",
	responses: {
		200: {
			description: "Alive",
			content: {
				"application/json": {
					schema: healthSchema,
					examples: named({ alive: { status: "alive", version: "0.1.0" } }),
				},
			},
		},
	},
});

const readinessAnswer = (description: string, examples: Record<string, z.input<typeof readinessSchema>>) => ({
	description,
	content: { "application/json": { schema: readinessSchema, examples: named(examples) } },
});

const readyRoute = createRoute({
	method: "get",
	path: "/ready",
	operationId: "ready",
	tags: ["Watching"],
	summary: "Ready to work?",
	security: [{}, { adminToken: [] }],
	responses: {
		200: readinessAnswer("Ready", { ready: READY, forAdmins: READY_FOR_ADMINS }),
		503: readinessAnswer("Not ready", { notReady: NOT_READY }),
	},
});

/** What watching needs of the application's parts. */
export type WatchingDeps = Pick<AppDeps, "version" | "readiness" | "log"> & {
	/** Whoever has it is told more at `/ready`; missing: nobody is. */
	adminToken?: string | undefined;
};

/** What works; a check that fails itself is a database that does not. */
export async function readinessOf(deps: WatchingDeps): Promise<Readiness> {
	try {
		return await deps.readiness();
	} catch (error) {
		return { database: toProblem(error, deps.log, "GET /ready").message, xmpp: undefined };
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
		const { database, xmpp, forAdmins } = readiness;
		const isTold = forAdmins && deps.adminToken !== undefined && isAdmin(c, deps.adminToken);
		return c.json(
			{
				ready,
				database: say(database),
				...(xmpp !== undefined && { xmpp: say(xmpp) }),
				...(isTold && { notes: [...forAdmins.notes], servers: [...forAdmins.servers] }),
			},
			ready ? 200 : 503,
		);
	});

	return app;
}
