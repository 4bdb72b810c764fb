/** The JSON API: a device registers, looks after its registration, and sends itself a test push. */
import { OpenAPIHono, type RouteConfig, type RouteHandler } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import * as base64url from "jose/base64url";
import { type AppChoice, createAppChoice } from "../../registering/app-choice.ts";
import { givenNode } from "../../registering/nodes.ts";
import { keyOfToken } from "../../registering/own-users.ts";
import { plainReason } from "../../registering/plain-reason.ts";
import { TEST_PUSH } from "../../registering/test-push.ts";
import { API_DEVICE } from "../../store/registrations/device-key.ts";
import type { Registration } from "../../types.ts";
import { push2Of } from "../../xmpp/push2.ts";
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
import { siteOf } from "../guards/client-address.ts";
import { requireOwnAccount, requirePermitted } from "../guards/permit.ts";
import {
	chooseApp,
	lookUp,
	overQuota,
	register,
	requirePushAddress,
	serviceOf,
} from "../new-registration.ts";
import { Problem } from "../problem.ts";
import { lookUpRoute, registerRoute, removeRoute, renewRoute, testRoute } from "./descriptions.ts";
import { enabledAgain, enabledNow, shownEnabling } from "./own-registrations.ts";
import { checkDescribed, view } from "./registration-bodies.ts";
import { validationHook } from "./validation.ts";

type Handler<Route extends RouteConfig> = RouteHandler<Route, RequestEnv>;

/** The sub-app, to be mounted at /api/v1. */
export function registrationRoutes(deps: AppDeps) {
	const app = new OpenAPIHono<RequestEnv>({ defaultHook: validationHook });
	const choice = createAppChoice(deps.apps);

	// Before bodies are looked at, so that who may not is told that, and not how to do better.
	const permitFirst = requirePermit(deps);
	const secretFirst = requireProof(deps);
	app.on("POST", "/registrations", permitFirst);
	app.on(["GET", "PUT", "DELETE"], "/registrations/:node", secretFirst);
	app.on("POST", "/registrations/:node/test", secretFirst);

	app.openapi(registerRoute, registering(deps, choice));
	app.openapi(lookUpRoute, lookingUp(deps));
	app.openapi(renewRoute, renewing(deps, choice));
	app.openapi(removeRoute, ending(deps));
	app.openapi(testRoute, testing(deps));
	return app;
}

function requirePermit({ registration }: AppDeps): MiddlewareHandler<RequestEnv> {
	return async (c, next) => {
		const isByInvite = registration.mode !== "open" && bearer(c) === undefined && (await showsInvite(c));
		c.set("permit", isByInvite ? { byInvite: true } : await requireRegistrationToken(c, registration));
		await next();
	};
}

/** Whether the body has an invite in it, whatever it is worth. */
async function showsInvite(c: Context<RequestEnv>): Promise<boolean> {
	const body: unknown = await c.req.json().catch(() => undefined);
	return typeof body === "object" && body !== null && "invite" in body && typeof body.invite === "string";
}

function requireProof(deps: AppDeps): MiddlewareHandler<RequestEnv> {
	return async (c, next) => {
		const node = c.req.param("node") ?? "";
		const proof = await requireSecret(c, deps, node);
		// Without an owner it is the device's alone, whatever the operator trusts.
		if (proof === "publish" && !(await lookUp(deps, node))?.owner) throw noSuchRegistration();
		c.set("proof", proof);
		await next();
	};
}

function registering(deps: AppDeps, choice: AppChoice): Handler<typeof registerRoute> {
	const random = deps.random ?? ((bytes) => crypto.getRandomValues(bytes));
	return async (c) => {
		const { app: name, deviceName, classes, invite, ...described } = c.req.valid("json");
		const jid = requirePushAddress(deps);
		const app = chooseApp(choice, name, described.subscription ? "subscription" : "token", jid);
		requirePermitted(c.get("permit"), app.name);
		const own = await requireOwnAccount(c.get("permit"), deps.ownUsers);
		const checked = checkDescribed(serviceOf(deps, app), described);
		const clientNetwork = c.get("clientNetwork");
		const admitted = c.get("permit").byInvite ? await admit(deps, invite ?? "", clientNetwork) : undefined;
		const made = await register(deps, {
			...checked,
			app,
			// Ours, so that nobody can name another's device. An own user's is known by its token: who asks again after an
			// answer that was lost gets the same.
			key: own
				? await keyOfToken(checked.device.token)
				: `${API_DEVICE}${base64url.encode(random(new Uint8Array(16)))}`,
			choices: { deviceName, classes },
			clientNetwork,
			invite: admitted?.id,
			own,
		}).catch(async (error: unknown) => {
			await admitted?.giveBack();
			throw error;
		});
		c.header("Location", `/api/v1/registrations/${made.node}`);
		const hostTakesNoSecret = deps.nodes.isPubsubHost(jid);
		return c.json(
			{
				jid: own?.ownUsers.address ?? jid,
				app: app.name,
				...made,
				...(hostTakesNoSecret
					? { publishSecret: false as const }
					: push2Of(deps.publicUrl, made.node, made.secret)),
				...(own && { enabling: await enabledNow(own.ownUsers, { node: made.node, owner: own.owner }) }),
			},
			201,
		);
	};
}

/** Nobody vouches for an address here, so that an invite for one lets nobody in. @throws {Problem} */
async function admit({ invites }: AppDeps, invite: string, network: string | undefined) {
	const guessers = { one: `network ${network ?? ""}`, all: network && siteOf(network) };
	const answer = await invites.check(invite, { whoever: [], guessers });
	if (answer.kind === "admitted") return answer;
	const { why, reason } = answer;
	throw why === "too-often"
		? new Problem("too-many-requests", reason, { headers: { "Retry-After": String(answer.seconds) } })
		: new Problem("no-invite", reason, { why });
}

function lookingUp(deps: AppDeps): Handler<typeof lookUpRoute> {
	return async (c) => {
		const { node } = c.req.valid("param");
		const registration = { ...(await requireRegistration(deps, node)), node };
		const enabling = await deps.ownUsers?.of(registration);
		return c.json({ ...view(registration, deps.pushAddress), ...shownEnabling(enabling) }, 200);
	};
}

function renewing(deps: AppDeps, choice: AppChoice): Handler<typeof renewRoute> {
	return async (c) => {
		const { node } = c.req.valid("param");
		const { deviceName, classes, ...described } = c.req.valid("json");
		const known = await requireRegistration(deps, node);
		const app = choice.called(known.app);
		if (!app)
			throw new Problem("not-configured", "The app of this registration is not served here any more.");
		const { device, host } = checkDescribed(serviceOf(deps, app), described);
		const renewed = await deps.registrations.renew(node, device, host, { deviceName, classes });
		if (!renewed) throw registrationEnded();
		if (renewed.kind === "over-quota") throw overQuota(renewed.quota);
		const registration = { ...renewed.registration, node: givenNode(renewed.registration, deps) };
		const others = await otherSecrets(deps.keyring, registration.node, c.get("proof"), bearer(c));
		const { jid = deps.pushAddress } = registration;
		const push2 =
			others.secret === undefined || deps.nodes.isPubsubHost(jid)
				? {}
				: push2Of(deps.publicUrl, registration.node, others.secret);
		const enabling = shownEnabling(await enabledAgain(deps, registration));
		return c.json({ ...view(registration, deps.pushAddress), ...others, ...push2, ...enabling }, 200);
	};
}

function ending(deps: AppDeps): Handler<typeof removeRoute> {
	const { registrations, ownUsers } = deps;
	return async (c) => {
		const { node } = c.req.valid("param");
		const known = ownUsers && (await lookUp(deps, node));
		const enabling = known && (await ownUsers?.of(known));
		if (!(await registrations.remove(node))) throw registrationEnded();
		if (!known || !enabling) return c.body(null, 204);
		const left = await ownUsers?.ended(known).catch(() => enabling);
		const { owner: account } = enabling;
		const { reason } = left ?? {};
		const said = left ? { state: "waiting" as const, ...(reason !== undefined && { reason }) } : DISABLED;
		return c.json({ enabling: { account, ...said } }, 200);
	};
}

const DISABLED = { state: "disabled" } as const;

function testing(deps: AppDeps): Handler<typeof testRoute> {
	return async (c) => {
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
	};
}

async function requireRegistration(deps: AppDeps, node: string): Promise<Registration> {
	const found = await lookUp(deps, node);
	if (!found) throw registrationEnded();
	return found;
}

/** The secrets of a node that was renewed, where they are others than the one that its sender has. */
async function otherSecrets(
	keyring: AppDeps["keyring"],
	node: string,
	proof: Proof,
	shown: string | undefined,
): Promise<{ secret?: string; deviceSecret?: string }> {
	const secret = await keyring.secretOf(keyring.usable(node));
	// Whoever only publishes is not told what opens more than that.
	if (proof === "publish") return secret === shown ? {} : { secret };
	const deviceSecret = await keyring.deviceSecretOf(node);
	return deviceSecret === shown ? {} : { secret, deviceSecret };
}
