/** The JSON API's routes as the OpenAPI document describes them; registrations.ts handles them. */
import { createRoute, type z } from "@hono/zod-openapi";
import { type ProblemName, problemResponses } from "../problem.ts";
import { named, REGISTERED, REGISTRATION, RENEWED, RENEWED_WITH_ANOTHER_KEY } from "./examples.ts";
import {
	endedSchema,
	nodeParam,
	registeredSchema,
	registerSchema,
	registrationSchema,
	renewedSchema,
	renewSchema,
	testSchema,
} from "./schemas.ts";

const json = <Schema extends z.ZodType>(
	description: string,
	schema: Schema,
	examples: Record<string, z.input<Schema>>,
) => ({
	description,
	content: { "application/json": { schema, examples: named(examples) } },
});
const body = <Schema extends z.ZodType>(schema: Schema) => ({
	body: { required: true, content: { "application/json": { schema } } },
});

const BODY_PROBLEMS: ProblemName[] = [
	"malformed-body",
	"body-too-large",
	"unsupported-media-type",
	"invalid-fields",
	"over-quota",
];
const WRITE_PROBLEMS: ProblemName[] = ["too-many-requests"];
const SECRET_PROBLEMS: ProblemName[] = [
	"secret-needed",
	"no-such-registration",
	"gone",
	"unavailable",
	"internal-error",
];

export const registerRoute = createRoute({
	method: "post",
	path: "/registrations",
	operationId: "register",
	tags: ["Registrations"],
	summary: "Register a device",
	description:
		"Each call makes a new registration. Hand jid, node and secret to the user's XMPP server in XEP-0357's " +
		"<enable/>: the secret lets it publish, and nothing else. Keep node and deviceSecret, and give the deviceSecret " +
		"to no server: it looks the registration up, renews, tests and ends it.",
	security: [{ registrationToken: [] }, {}],
	request: body(registerSchema),
	responses: {
		201: {
			...json("Registered", registeredSchema, { registered: REGISTERED }),
			headers: { Location: { description: "The registration's path", schema: { type: "string" } } },
		},
		...problemResponses(
			...BODY_PROBLEMS,
			"choose-app",
			"unknown-app",
			"registration-token-needed",
			"no-invite",
			...WRITE_PROBLEMS,
			"not-configured",
			"unavailable",
			"internal-error",
		),
	},
});

/** What the routes of one registration share. */
const one = {
	tags: ["Registrations"],
	security: [{ deviceSecret: [] as string[] }],
};

export const lookUpRoute = createRoute({
	...one,
	path: "/registrations/{node}",
	method: "get",
	operationId: "lookUp",
	summary: "Look a registration up",
	request: { params: nodeParam },
	responses: {
		200: json("The registration", registrationSchema, { registration: REGISTRATION }),
		...problemResponses(...SECRET_PROBLEMS),
	},
});

export const renewRoute = createRoute({
	...one,
	path: "/registrations/{node}",
	method: "put",
	operationId: "renew",
	summary: "Renew a registration",
	description:
		"With the same subscription or another one: node and secrets stay, so the user's server needs not be told. " +
		"Renew at each start of the app, and when the browser says that the subscription changed. Where the answer " +
		"has secrets, this server's key was changed: keep its node, secret and deviceSecret in place of yours, and hand " +
		"node and secret to the user's XMPP server in <enable/>. The old ones go on working until that server first " +
		"publishes with the new.",
	request: { params: nodeParam, ...body(renewSchema) },
	responses: {
		200: json("Renewed", renewedSchema, { renewed: RENEWED, withAnotherKey: RENEWED_WITH_ANOTHER_KEY }),
		...problemResponses(...BODY_PROBLEMS, ...SECRET_PROBLEMS, ...WRITE_PROBLEMS, "not-configured"),
	},
});

export const removeRoute = createRoute({
	...one,
	path: "/registrations/{node}",
	method: "delete",
	operationId: "unregister",
	summary: "End a registration",
	description:
		"For good: the node never comes back. From then on each request with its device secret is answered 410, this one " +
		"too.",
	request: { params: nodeParam },
	responses: {
		200: json("Ended, and what became of it at the user's server", endedSchema, {
			ended: { enabling: { account: "romeo@example.net", state: "disabled" } },
		}),
		204: { description: "Ended" },
		...problemResponses(...SECRET_PROBLEMS, ...WRITE_PROBLEMS),
	},
});

export const testRoute = createRoute({
	...one,
	path: "/registrations/{node}/test",
	method: "post",
	operationId: "test",
	summary: "Send oneself a push",
	description: "Takes the way of any other push, its limits included.",
	request: { params: nodeParam },
	responses: {
		200: json("What became of it", testSchema, {
			delivered: { result: "delivered" },
			queued: { result: "queued", reason: "503 push service unwell" },
		}),
		...problemResponses(...SECRET_PROBLEMS, ...WRITE_PROBLEMS),
	},
});
