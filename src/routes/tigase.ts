/**
 * Tigase's way to unregister over HTTP. Its clients (Siskin, Snikket on iOS) take it when a user removes an account
 * whose server cannot be reached: they post to the domain of the push service's JID, to the one path and if need be
 * to the other, read `result` whatever the status, and let the account go at `success` alone.
 *
 * So every well-formed post hears `success`: what it asks for is so afterwards, be it that it was so before. Otherwise
 * a user whose token died first could not remove the account any more; and nobody learns who is registered here.
 *
 * The token is the proof, since over HTTP nobody vouches for a JID. The push service's JID in the path proves nothing
 * and is not looked at: a service that moved is asked by the name that it had when the device registered.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { httpBounds } from "../limits/bounds/http.ts";
import { isSameText } from "../secrets.ts";
import type { Registration } from "../types.ts";
import { bareOf, isBareJid } from "../xmpp/jid.ts";
import { named } from "./api/examples.ts";
import { validationHook } from "./api/validation.ts";
import type { AppDeps, RequestEnv } from "./deps.ts";
import { smallUtf8Body } from "./guards/body.ts";
import { problemResponses } from "./problem.ts";

/** RFC 7622 §3.1 allows a JID of 3 KiB; a token is far shorter. */
const BODY_BYTES = httpBounds.tigaseBody.is;

// Not closed against further fields: these clients are made for another server, which may know more.
const unregisterSchema = z
	.object({
		account: z
			.string()
			.trim()
			.refine(isBareJid, "must be a bare JID, such as juliet@example.net")
			.transform(bareOf)
			.openapi({ type: "string", description: "The user's JID", example: "juliet@example.net" }),
		provider: z.string().min(1).openapi({
			description: "The push service, as Tigase's clients call it; the token alone decides",
			example: "tigase:messenger:apns:1",
		}),
		"device-token": z.string().trim().min(1).openapi({
			description: "What the device registered with",
			example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}),
	})
	.openapi("TigaseUnregister");

const unregisterRoute = (path: string, operationId: string) =>
	createRoute({
		method: "post",
		path,
		operationId,
		tags: ["Tigase's API"],
		summary: "End the registrations of an account's device",
		description:
			"For what was registered with Tigase's XMPP command. The answer is the same whether there was one or not.",
		request: {
			params: z.object({
				jid: z.string().openapi({
					param: { name: "jid", in: "path" },
					description: "The push service's JID",
					example: "push.example.net",
				}),
			}),
			body: { required: true, content: { "application/json": { schema: unregisterSchema } } },
		},
		responses: {
			200: {
				description: "There is no such registration any more",
				content: {
					"application/json": {
						schema: z.object({ result: z.literal("success") }),
						examples: named({ success: { result: "success" } }),
					},
				},
			},
			...problemResponses(
				"malformed-body",
				"body-too-large",
				"unsupported-media-type",
				"invalid-fields",
				"too-many-requests",
				"unavailable",
			),
		},
	});

/** Hexadecimal in capitals is the same token, as for the command. */
const isOf = ({ dialect, token }: Registration, given: string) =>
	dialect === "tigase" && isSameText(given.toLowerCase(), token.toLowerCase());

/**
 * The sub-app, to be mounted at the root.
 * @param limit how often one client may write
 */
export function tigaseRoutes(deps: AppDeps, limit: MiddlewareHandler<RequestEnv>) {
	const { registrations } = deps;
	const app = new OpenAPIHono<RequestEnv>({ defaultHook: validationHook });

	// The second is where Tigase's HTTP server shares its port with other modules.
	const paths = {
		tigaseUnregister: "/unregister-device",
		tigaseUnregisterRest: "/rest/push/unregister-device",
	};
	for (const [operationId, path] of Object.entries(paths)) {
		app.use(`${path}/*`, limit, smallUtf8Body(BODY_BYTES));
		const route = unregisterRoute(`${path}/{jid}`, operationId);
		app.openapi(route, async (c) => {
			const { account, "device-token": token } = c.req.valid("json");
			for (const registration of await registrations.ofOwner(account)) {
				if (isOf(registration, token)) await registrations.remove(registration.node);
			}
			return c.json({ result: "success" as const }, 200);
		});
	}
	return app;
}
