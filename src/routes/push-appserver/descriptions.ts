/** The form API as the OpenAPI document describes it; push-appserver.ts handles it. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { NODE, named, SECRET, SUBSCRIPTION } from "../api/examples.ts";

const DEVICE_ID = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";

type Registry = OpenAPIHono["openAPIRegistry"];
type Responses = Parameters<Registry["registerPath"]>[0]["responses"];

const SHARED = { method: "post" as const, tags: ["mod_push_appserver's API"] };

const field = (description: string, example: string) => z.string().openapi({ description, example });
const form = (shape: z.ZodRawShape) => ({
	body: {
		required: true,
		content: { "application/x-www-form-urlencoded": { schema: z.object(shape) } },
	},
});
const text = (description: string, ...examples: string[]) => ({
	description,
	content: {
		"text/plain": {
			schema: z.string(),
			examples: named(Object.fromEntries(examples.map((value, i) => [`${i + 1}`, value]))),
		},
	},
});
const token = field("What the device is reached by: its endpoint", SUBSCRIPTION.endpoint);

/** @param types what clients may send as `type`, beside the names of apps */
export function describeFormRoutes(registry: Registry, types: readonly string[], maxBytes: number) {
	const type = field(`The kind of device: ${types.join(", ")}; or the name of an app`, "webpush");
	const failures = {
		400: text(`A field is missing, or the body is over ${maxBytes} bytes`, "ERROR\nMissing: token."),
		429: text("Too many requests or registrations", "ERROR\nToo many requests from your network: wait 1 s."),
		500: text("The server's mistake", "ERROR\nThe request could not be handled; the server's log says why."),
		503: text("Not now", "ERROR\nThe database does not answer. Try again later."),
	};
	describeRegister(registry, type, failures);
	describeUnregister(registry, type, failures);
	describePush(registry, failures);
	describeHealth(registry);
}

function describeRegister(registry: Registry, type: z.ZodType, failures: Responses) {
	registry.registerPath({
		...SHARED,
		path: "/v1/register",
		operationId: "formRegister",
		summary: "Register a device",
		description:
			"The same device id and token give the same node and secret; another token is another registration. The " +
			"answer has no JID: clients of this API are configured with it.",
		security: [{ registrationToken: [] }, {}],
		request: form({
			type,
			node: field("The device's own id", DEVICE_ID),
			token,
			p256dh: field("Web Push: the device's key", SUBSCRIPTION.keys.p256dh).optional(),
			auth: field("Web Push: the authentication secret", SUBSCRIPTION.keys.auth).optional(),
			access_token: field(
				"The registration token, where one is asked for and no header can be sent (RFC 6750 §2.2)",
				"the-operators-registration-token",
			).optional(),
		}),
		responses: {
			...failures,
			200: text(
				"OK, node, secret; or ERROR and why",
				`OK\n${NODE}\n${SECRET}`,
				"ERROR\nThe endpoint is not a URL.",
			),
			403: text(
				"A registration token is needed",
				"ERROR\nRegistering here needs a token: send Authorization: Bearer <token>. The server's operator has it: it is " +
					"the setting REGISTRATION_TOKEN, or was shown at the first start. The command reveille token makes a new one.",
			),
		},
	});
}

function describeUnregister(registry: Registry, type: z.ZodType, failures: Responses) {
	registry.registerPath({
		...SHARED,
		path: "/v1/unregister",
		operationId: "formUnregister",
		summary: "End a registration",
		description:
			"What registered by the command v1-register-push is ended here by its token, all accounts of a device id at " +
			"once. The secret of a registration that was not made here is its server's, and ends nothing. One that ended " +
			"before is answered as one that never was.",
		request: form({
			type,
			node: field("The node that registering returned; with the token, the device id will do", NODE),
			secret: field(
				"Either this: the secret that registering here returned; for what registered otherwise, the device secret",
				SECRET,
			).optional(),
			token: token.optional(),
		}),
		responses: {
			...failures,
			200: text("OK, node, secret; or ERROR and why", `OK\n${NODE}\n${SECRET}`, "ERROR\nNode not found!"),
		},
	});
}

function describePush(registry: Registry, failures: Responses) {
	registry.registerPath({
		...SHARED,
		path: "/v1/push",
		operationId: "formPush",
		summary: "Send a push",
		description:
			"Counts as a publish without a summary: it wakes, at low priority. To a registration that was made over XMPP " +
			"only its owner's server publishes, over XMPP.",
		request: form({
			node: field("The node that registering returned", NODE),
			secret: field("The secret that registering returned", SECRET),
		}),
		responses: {
			...failures,
			200: text("OK, node; or ERROR and why", `OK\n${NODE}`, "ERROR\nNode or secret not found!"),
		},
	});
}

function describeHealth(registry: Registry) {
	registry.registerPath({
		method: "get",
		path: "/v1/health",
		operationId: "formHealth",
		tags: SHARED.tags,
		summary: "A page with the word RUNNING",
		responses: {
			200: { description: "Alive", content: { "text/html": { schema: z.string() } } },
		},
	});
}
