/**
 * mod_push_appserver's form API, for the clients that speak it: posts of a form, answered in lines of text.
 *
 * A well-formed request is answered with 200 whatever comes of it: the first line is OK or ERROR, as the module
 * does it. 400 is for a field that is missing and a body over 4 KiB, as there; 403, 429 and 503 are for what the
 * module does not have: registration tokens, limits, a database that can be away.
 *
 * Differences, where a device id alone would take over or reveal a registration (TRUST_DEVICE_ID brings the
 * module's ways back): our node is random and not the device id; another token is another registration; to
 * unregister takes the secret or the token.
 *
 * What registered here has one secret, for its device and for its owner's server. That of any other registration is
 * the server's: it ends nothing, and where the owner is known it does not publish over HTTP, where nobody vouches for
 * a domain. Such a one is ended by its device secret, or by the token where it registered by this module's command.
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { httpBounds } from "../../limits/bounds/http.ts";
import { type AppChoice, createAppChoice } from "../../registering/app-choice.ts";
import { plainReason } from "../../registering/plain-reason.ts";
import { formDeviceKey } from "../../store/registrations/device-key.ts";
import type { App, Registration } from "../../types.ts";
import { SERVICE_BY_NAME } from "../../xmpp/service-names.ts";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { keyMissing, patternOf, toProblem } from "../errors.ts";
import { requireRegistrationToken } from "../guards/authorization.ts";
import { smallUtf8Body } from "../guards/body.ts";
import { requirePermitted } from "../guards/permit.ts";
import { lines } from "../lines.ts";
import {
	type CheckedDevice,
	checkDevice,
	register,
	requirePushAddress,
	serviceOf,
} from "../new-registration.ts";
import type { ProblemName } from "../problem.ts";
import { describeFormRoutes } from "./descriptions.ts";
import { type Fields, parseForm, Refusal, refusal } from "./form.ts";
import { createFormProofs, type FormProofs } from "./proofs.ts";

/** The module's own limit. */
const FORM_BYTES = httpBounds.formBody.is;

/** Where the form API's status is not the problem's own. */
const STATUS: Partial<Record<ProblemName, 200 | 400 | 403>> = {
	"malformed-body": 400,
	"body-too-large": 400,
	"registration-token-needed": 403,
	"invalid-fields": 200,
	gone: 200,
};

type FormHandler = (c: Context<RequestEnv>) => Promise<Response>;

/**
 * The sub-app, to be mounted at /push_appserver.
 * @param limit how often one client may write; here, so that its refusal too is told in lines
 * @param pages for people, at the same paths
 */
export function pushAppserverRoutes(
	deps: AppDeps,
	limit: MiddlewareHandler<RequestEnv>,
	pages: OpenAPIHono<RequestEnv>,
) {
	const choice = createAppChoice(deps.apps);
	const proofs = createFormProofs(deps);
	const app = new OpenAPIHono<RequestEnv>();
	app.use(limit, smallUtf8Body(FORM_BYTES));
	describeFormRoutes(app.openAPIRegistry, [...SERVICE_BY_NAME.keys()], FORM_BYTES);
	app.onError((error, c) => told(error, deps.log, patternOf(c)));

	app.post("/v1/register", registering(deps, choice));
	app.post("/v1/unregister", unregistering(deps, choice, proofs));
	app.post("/v1/push", pushing(deps, proofs));
	app.get("/v1/health", (c) =>
		c.html(
			"<!DOCTYPE html>\n<html lang=en><head><title>Reveille</title></head><body>\nRUNNING\n</body></html>",
		),
	);
	app.route("/", pages);
	return app;
}

/** Whatever was thrown, in this API's words. */
function told(error: unknown, log: AppDeps["log"], where: string): Response {
	if (error instanceof Refusal) return refusal(error.message);
	const problem = toProblem(error, log, where);
	const response = lines(STATUS[problem.kind] ?? problem.status, "ERROR", problem.message);
	for (const [name, value] of Object.entries(problem.headers)) response.headers.set(name, value);
	return response;
}

function notServed({ types }: AppChoice): Refusal {
	return new Refusal(`This server does not push to this type of device. It knows: ${types.join(", ")}.`);
}

/** The device of a form, as an app's push service takes it. @throws {InvalidDevice} */
const deviceOf = (deps: AppDeps, app: App, { token, p256dh, auth }: Fields): CheckedDevice =>
	checkDevice(serviceOf(deps, app), { token, p256dh: p256dh || undefined, auth: auth || undefined });

function registering(deps: AppDeps, choice: AppChoice): FormHandler {
	const { registrations, trustDeviceId } = deps;

	/** What makes a registration of this API unique beside its app. */
	const keyOf = ({ node = "" }: Fields, { device }: CheckedDevice) =>
		formDeviceKey(node, trustDeviceId ? undefined : device.token);

	/** A type may mean several apps: the push address decides, as for the dialects over XMPP. */
	async function appOf(fields: Fields, pushAddress: string): Promise<App> {
		const app = await choice.chooseAgain({ type: fields.type ?? "" }, pushAddress, async (its) => {
			const key = await keyOf(fields, deviceOf(deps, its, fields));
			return (await registrations.findDevice("", its.name, key)) !== undefined;
		});
		if (app) return app;
		throw notServed(choice);
	}

	return async (c) => {
		const form = await c.req.text();
		const posted = new URLSearchParams(form).get("access_token");
		const permit = await requireRegistrationToken(c, deps.registration, posted);
		const fields = parseForm(form, "type", "node", "token");
		const pushAddress = requirePushAddress(deps);
		if (deps.nodes.isPubsubHost(pushAddress)) {
			throw new Refusal("Publishes go to a pubsub service here, which takes no secret: register over XMPP.");
		}
		const app = await appOf(fields, pushAddress);
		requirePermitted(permit, app.name);
		const checked = deviceOf(deps, app, fields);
		const { node, secret } = await register(deps, {
			...checked,
			app,
			key: await keyOf(fields, checked),
			clientNetwork: c.get("clientNetwork"),
		});
		return lines(200, "OK", node, secret);
	};
}

function unregistering(deps: AppDeps, choice: AppChoice, proofs: FormProofs): FormHandler {
	const { keyring, registrations, trustDeviceId } = deps;
	return async (c) => {
		const fields = parseForm(await c.req.text(), "type", "node");
		const { node = "", secret, token } = fields;
		if (secret) {
			const isEnded = (await proofs.isEndedBy(node, secret)) && (await registrations.remove(node));
			return isEnded ? lines(200, "OK", node, secret) : refusal("Node not found!");
		}
		if (!token && !trustDeviceId) {
			throw new Refusal("To unregister, send also the secret that registering returned, or the token.");
		}
		const apps = choice.fitting({ type: fields.type ?? "" });
		const [first] = apps;
		if (!first) throw notServed(choice);
		const its = token ? deviceOf(deps, first, fields).device.token : undefined;
		const ended: Registration[] = [];
		for (const one of await proofs.provenBy(apps, node, its)) {
			if (await registrations.remove(one.node)) ended.push(one);
		}
		const [answered] = ended;
		if (!answered) return refusal("Node not found!");
		return lines(200, "OK", answered.node, await keyring.secretOf(keyring.usable(answered.node)));
	};
}

function pushing(deps: AppDeps, proofs: FormProofs): FormHandler {
	return async (c) => {
		const { node = "", secret = "" } = parseForm(await c.req.text(), "node", "secret");
		const check = await deps.keyring.verify(node, secret);
		if (check === "unknown-key") throw keyMissing();
		if (check === "wrong") return refusal("Node or secret not found!");
		if (!(await proofs.mayPublish(node))) return refusal("Node or secret not found!");
		// It brings no summary, and so no reason to hurry.
		const answer = await deps.push(node, { class: "low" });
		switch (answer.kind) {
			case "done":
				return lines(200, "OK", node);
			case "unknown":
				return refusal("Node or secret not found!");
			case "refused":
			case "wait":
				return refusal(`Not now: ${plainReason(answer.reason)}.`);
		}
	};
}
