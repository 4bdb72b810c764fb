/** The JSON API: a device registers, looks after its registration, and sends itself a test push. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { base64url } from "jose";
import { createAppChoice } from "../../registering/app-choice.ts";
import { givenNode } from "../../registering/nodes.ts";
import { plainReason } from "../../registering/plain-reason.ts";
import { TEST_PUSH } from "../../registering/test-push.ts";
import type { DeviceInput, Registration } from "../../types.ts";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { unavailable } from "../errors.ts";
import {
	bearer,
	noSuchRegistration,
	type Proof,
	registrationEnded,
	requireRegistrationToken,
	requireSecret,
} from "../guards/authorization.ts";
import { requirePermitted } from "../guards/jwt.ts";
import { maskedToken } from "../masking.ts";
import {
	checkDevice,
	chooseApp,
	lookUp,
	overQuota,
	register,
	requirePushAddress,
	serviceOf,
} from "../new-registration.ts";
import { Problem } from "../problem.ts";
import { lookUpRoute, registerRoute, removeRoute, renewRoute, testRoute } from "./descriptions.ts";
import type { registerSchema, registrationSchema } from "./schemas.ts";
import { validationHook } from "./validation.ts";

/** @param pushAddress of registrations that are older than the note of their own */
function view(
	registration: Registration,
	pushAddress: string | undefined,
): z.infer<typeof registrationSchema> {
	const { jid = pushAddress, node, app, deviceName, classes, token, p256dh, lastError } = registration;
	const iso = (at: number) => new Date(at).toISOString();
	const { registeredAt, renewedAt, lastSuccessAt, lastErrorAt } = registration;
	return {
		...(jid !== undefined && { jid }),
		node,
		app,
		...(deviceName !== undefined && { deviceName }),
		...(classes !== undefined && { classes: [...classes] }),
		token: maskedToken(token),
		encrypted: p256dh !== undefined,
		registeredAt: iso(registeredAt),
		renewedAt: iso(renewedAt),
		...(lastSuccessAt !== undefined && { lastSuccessAt: iso(lastSuccessAt) }),
		...(lastErrorAt !== undefined && { lastErrorAt: iso(lastErrorAt) }),
		...(lastError !== undefined && { lastError: plainReason(lastError) }),
	};
}

type DeviceFields = Pick<
	z.infer<typeof registerSchema>,
	"subscription" | "token" | "voipToken" | "applicationId"
>;

function deviceInput({ subscription, ...others }: DeviceFields): DeviceInput {
	return subscription ? { ...others, token: subscription.endpoint, ...subscription.keys } : others;
}

/** The sub-app, to be mounted at /api/v1. */
export function registrationRoutes(deps: AppDeps) {
	const { keyring, registrations } = deps;
	const random = deps.random ?? ((bytes) => crypto.getRandomValues(bytes));
	const choice = createAppChoice(deps.apps);
	const app = new OpenAPIHono<RequestEnv>({ defaultHook: validationHook });

	// Before bodies are looked at, so that who may not is told that, and not how to do better.
	app.on("POST", "/registrations", async (c, next) => {
		c.set("permit", await requireRegistrationToken(c, deps.registration));
		await next();
	});
	const secretFirst: MiddlewareHandler<RequestEnv> = async (c, next) => {
		const node = c.req.param("node") ?? "";
		const proof = await requireSecret(c, deps, node);
		// Without an owner it is the device's alone, whatever the operator trusts.
		if (proof === "publish" && !(await lookUp(deps, node))?.owner) throw noSuchRegistration();
		c.set("proof", proof);
		await next();
	};
	app.on(["GET", "PUT", "DELETE"], "/registrations/:node", secretFirst);
	app.on("POST", "/registrations/:node/test", secretFirst);

	const find = async (node: string) => {
		const found = await lookUp(deps, node);
		if (!found) throw registrationEnded();
		return found;
	};

	app.openapi(registerRoute, async (c) => {
		const { app: wanted, deviceName, classes, ...described } = c.req.valid("json");
		const jid = requirePushAddress(deps);
		const chosen = chooseApp(choice, wanted, described.subscription ? "subscription" : "token", jid);
		requirePermitted(c.get("permit"), chosen.name);
		const device = checkDevice(serviceOf(deps, chosen), deviceInput(described));
		const made = await register(deps, {
			...device,
			app: chosen,
			// Ours, so that nobody can name another's device.
			key: `api:${base64url.encode(random(new Uint8Array(16)))}`,
			choices: { deviceName, classes },
			clientNetwork: c.get("clientNetwork"),
		});
		c.header("Location", `/api/v1/registrations/${made.node}`);
		const hostTakesNoSecret = deps.nodes.isPubsubHost(jid);
		return c.json(
			{ jid, app: chosen.name, ...made, ...(hostTakesNoSecret && { publishSecret: false as const }) },
			201,
		);
	});

	app.openapi(lookUpRoute, async (c) => {
		const { node } = c.req.valid("param");
		return c.json(view({ ...(await find(node)), node }, deps.pushAddress), 200);
	});

	app.openapi(renewRoute, async (c) => {
		const { node } = c.req.valid("param");
		const { deviceName, classes, ...described } = c.req.valid("json");
		const known = await find(node);
		const its = choice.called(known.app);
		if (!its)
			throw new Problem("not-configured", "The app of this registration is not served here any more.");
		const { device, host } = checkDevice(serviceOf(deps, its), deviceInput(described));
		const renewed = await registrations.renew(node, device, host, { deviceName, classes });
		if (!renewed) throw registrationEnded();
		if (renewed.kind === "over-quota") throw overQuota(renewed.quota);
		const registration = { ...renewed.registration, node: givenNode(renewed.registration, deps) };
		const others = await otherSecrets(registration.node, c.get("proof"), bearer(c));
		return c.json({ ...view(registration, deps.pushAddress), ...others }, 200);
	});

	/** The secrets of a node that was renewed, where they are others than the one that its sender has. */
	async function otherSecrets(node: string, proof: Proof, shown: string | undefined) {
		const secret = await keyring.secretOf(keyring.usable(node));
		// Whoever only publishes is not told what opens more than that.
		if (proof === "publish") return secret === shown ? {} : { secret };
		const deviceSecret = await keyring.deviceSecretOf(node);
		return deviceSecret === shown ? {} : { secret, deviceSecret };
	}

	app.openapi(removeRoute, async (c) => {
		if (!(await registrations.remove(c.req.valid("param").node))) throw registrationEnded();
		return c.body(null, 204);
	});

	app.openapi(testRoute, async (c) => {
		// By the node that the owner's server has: this is not the server's first use of a new one.
		const { node } = c.req.valid("param");
		const known = await lookUp(deps, node);
		const answer = await deps.push(known?.node ?? node, TEST_PUSH);
		switch (answer.kind) {
			case "done":
				return c.json(
					answer.how === "queued" && answer.reason !== undefined
						? { result: answer.how, reason: plainReason(answer.reason) }
						: { result: answer.how },
					200,
				);
			case "unknown":
				throw registrationEnded();
			case "refused":
			case "wait":
				throw unavailable(`Not now: ${plainReason(answer.reason)}.`);
		}
	});

	return app;
}
