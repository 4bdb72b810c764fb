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
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { httpBounds } from "../limits/bounds/http.ts";
import { FORM_DEVICE, formDeviceKey } from "../store/device-key.ts";
import type { Registration } from "../types.ts";
import { SERVICE_NAMES } from "../xmpp/service-names.ts";
import { keyGone, requireRegistrationToken, sameText } from "./authorization.ts";
import { smallUtf8Body } from "./body.ts";
import { debugPageRoutes } from "./debug-pages.tsx";
import type { AppDeps, PublicApp, RequestEnv } from "./deps.ts";
import { keyMissing, toProblem } from "./errors.ts";
import { lines } from "./lines.ts";
import { Problem, type ProblemName } from "./problem.ts";
import { describeFormRoutes } from "./push-appserver-descriptions.ts";
import { checkDevice, plainReason, register, requirePushAddress, serviceOf } from "./registering.ts";
import { requirePermitted } from "./registration-jwt.ts";

/** The module's own limit. */
export const FORM_BYTES = httpBounds.formBody.is;

/** Where the form API's status is not the problem's own. */
const STATUS: Partial<Record<ProblemName, 200 | 400 | 403>> = {
	"malformed-body": 400,
	"body-too-large": 400,
	"registration-token-needed": 403,
	"invalid-fields": 200,
};

type Fields = Readonly<Record<string, string>>;

/** The answer to what is well-formed and still cannot be done. */
class Refusal extends Error {
	override name = "Refusal";
}

function refusal(text: string): Response {
	return lines(200, "ERROR", text);
}

/** Reads a form whatever its media type says, as the module does; of a field given twice the last counts. */
function parseForm(text: string, ...needed: string[]): Fields {
	const fields: Fields = Object.fromEntries(new URLSearchParams(text));
	const missing = needed.filter((name) => !fields[name]);
	if (missing.length > 0) throw new Problem("malformed-body", `Missing: ${missing.join(", ")}.`);
	// What percent-decoding leaves of bytes that are not UTF-8.
	if (Object.values(fields).some((value) => value.includes("\uFFFD"))) {
		throw new Problem("malformed-body", "The fields are not UTF-8.");
	}
	return fields;
}

/**
 * The sub-app, to be mounted at /push_appserver.
 * @param limit how often one client may write; here, so that its refusal too is told in lines
 */
export function pushAppserverRoutes(deps: AppDeps, limit: MiddlewareHandler<RequestEnv>) {
	const { keyring, registrations, trustDeviceId } = deps;
	const app = new OpenAPIHono<RequestEnv>();
	app.use(limit, smallUtf8Body(FORM_BYTES));
	describeFormRoutes(app.openAPIRegistry, [...SERVICE_NAMES.keys()], FORM_BYTES);

	app.onError((error) => {
		if (error instanceof Refusal) return refusal(error.message);
		const problem = toProblem(error, deps.log);
		const response = lines(STATUS[problem.kind] ?? problem.status, "ERROR", problem.message);
		for (const [name, value] of Object.entries(problem.headers)) response.headers.set(name, value);
		return response;
	});

	/** The types whose service has an app. */
	const served = [...SERVICE_NAMES]
		.filter(([, service]) => deps.apps.some((candidate) => candidate.service === service))
		.map(([name]) => name);

	/** Dialects have no field for the app: a type means the service's default one, the first. */
	const appOf = (type: string): PublicApp => {
		const service = SERVICE_NAMES.get(type);
		const its = deps.apps.find((candidate) => candidate.service === service);
		if (its) return its;
		throw new Refusal(`This server does not push to this type of device. It knows: ${served.join(", ")}.`);
	};

	const deviceOf = (its: PublicApp, { token, p256dh, auth }: Fields) =>
		checkDevice(serviceOf(deps, its), { token, p256dh: p256dh || undefined, auth: auth || undefined });

	app.post("/v1/register", async (c) => {
		const form = await c.req.text();
		const posted = new URLSearchParams(form).get("access_token");
		const permit = await requireRegistrationToken(c, deps.registration, posted);
		const fields = parseForm(form, "type", "node", "token");
		if (deps.nodes.isPubsubHost(requirePushAddress(deps))) {
			throw new Refusal("Publishes go to a pubsub service here, which takes no secret: register over XMPP.");
		}
		const its = appOf(fields.type ?? "");
		requirePermitted(permit, its.name);
		const checked = deviceOf(its, fields);
		const { node, secret } = await register(deps, {
			...checked,
			app: its,
			key: await formDeviceKey(fields.node ?? "", trustDeviceId ? undefined : checked.device.token),
			clientNetwork: c.get("clientNetwork"),
		});
		return lines(200, "OK", node, secret);
	});

	/** The registration that these fields prove to be their sender's. */
	async function owned(fields: Fields): Promise<Registration | undefined> {
		const { type = "", node = "", token } = fields;
		if (!token && !trustDeviceId) {
			throw new Refusal("To unregister, send also the secret that registering returned, or the token.");
		}
		const its = appOf(type);
		const proven = token ? deviceOf(its, fields).device.token : undefined;
		const key = await formDeviceKey(node, trustDeviceId ? undefined : proven);
		const found = await registrations.findDevice("", its.name, key);
		if (found || proven === undefined) return found;
		// Not a device id, then perhaps the node that we returned.
		const named = await registrations.findAtPrimary(node);
		// What registered over the JSON API has a secret to end it with.
		const isOurs = named?.owner === "" && named.device.startsWith(FORM_DEVICE);
		return isOurs && (await sameText(named.token, proven)) ? named : undefined;
	}

	app.post("/v1/unregister", async (c) => {
		const fields = parseForm(await c.req.text(), "type", "node");
		let { node = "", secret } = fields;
		if (secret) {
			const verdict = await keyring.verify(node, secret);
			if (verdict === "unknown-key") throw keyGone();
			if (verdict === "wrong") return refusal("Node not found!");
		} else {
			const registration = await owned(fields);
			if (!registration) return refusal("Node not found!");
			node = registration.node;
			secret = await keyring.secretOf(keyring.usable(node));
		}
		return (await registrations.remove(node)) ? lines(200, "OK", node, secret) : refusal("Node not found!");
	});

	app.post("/v1/push", async (c) => {
		const { node = "", secret = "" } = parseForm(await c.req.text(), "node", "secret");
		const verdict = await keyring.verify(node, secret);
		if (verdict === "unknown-key") throw keyMissing();
		if (verdict === "wrong") return refusal("Node or secret not found!");
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
	});

	app.get("/v1/health", (c) =>
		c.html(
			"<!DOCTYPE html>\n<html lang=en><head><title>Reveille</title></head><body>\nRUNNING\n</body></html>",
		),
	);
	app.route("/", debugPageRoutes(deps, served));

	return app;
}
