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
import type { MiddlewareHandler } from "hono";
import { httpBounds } from "../../limits/bounds/http.ts";
import { createAppChoice } from "../../registering/app-choice.ts";
import { plainReason } from "../../registering/plain-reason.ts";
import { formDeviceKey } from "../../store/registrations/device-key.ts";
import type { App, Registration } from "../../types.ts";
import { SERVICE_NAMES } from "../../xmpp/service-names.ts";
import { debugPageRoutes } from "../admin/pages.tsx";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { keyMissing, toProblem } from "../errors.ts";
import { requireRegistrationToken } from "../guards/authorization.ts";
import { smallUtf8Body } from "../guards/body.ts";
import { requirePermitted } from "../guards/jwt.ts";
import {
	type CheckedDevice,
	checkDevice,
	register,
	requirePushAddress,
	serviceOf,
} from "../new-registration.ts";
import { Problem, type ProblemName } from "../problem.ts";
import { describeFormRoutes } from "./descriptions.ts";
import { lines } from "./lines.ts";
import { createFormProofs } from "./proofs.ts";

/** The module's own limit. */
export const FORM_BYTES = httpBounds.formBody.is;

/** Where the form API's status is not the problem's own. */
const STATUS: Partial<Record<ProblemName, 200 | 400 | 403>> = {
	"malformed-body": 400,
	"body-too-large": 400,
	"registration-token-needed": 403,
	"invalid-fields": 200,
	gone: 200,
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
	const proofs = createFormProofs(deps);
	const choice = createAppChoice(deps.apps);
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

	const notServed = () =>
		new Refusal(`This server does not push to this type of device. It knows: ${choice.types.join(", ")}.`);

	const deviceOf = (its: App, { token, p256dh, auth }: Fields) =>
		checkDevice(serviceOf(deps, its), { token, p256dh: p256dh || undefined, auth: auth || undefined });

	/** What makes a registration of this API unique beside its app. */
	const keyOf = ({ node = "" }: Fields, { device }: CheckedDevice) =>
		formDeviceKey(node, trustDeviceId ? undefined : device.token);

	/** A type may mean several apps: the one that is told to clients as their server's address decides first. */
	async function appOf(fields: Fields, pushAddress: string): Promise<App> {
		const isOf = async (app: App) => {
			const key = await keyOf(fields, deviceOf(app, fields));
			return (await registrations.findDevice("", app.name, key)) !== undefined;
		};
		const its = await choice.chooseAgain({ type: fields.type ?? "" }, pushAddress, isOf);
		if (its) return its;
		throw notServed();
	}

	app.post("/v1/register", async (c) => {
		const form = await c.req.text();
		const posted = new URLSearchParams(form).get("access_token");
		const permit = await requireRegistrationToken(c, deps.registration, posted);
		const fields = parseForm(form, "type", "node", "token");
		const pushAddress = requirePushAddress(deps);
		if (deps.nodes.isPubsubHost(pushAddress)) {
			throw new Refusal("Publishes go to a pubsub service here, which takes no secret: register over XMPP.");
		}
		const its = await appOf(fields, pushAddress);
		requirePermitted(permit, its.name);
		const checked = deviceOf(its, fields);
		const { node, secret } = await register(deps, {
			...checked,
			app: its,
			key: await keyOf(fields, checked),
			clientNetwork: c.get("clientNetwork"),
		});
		return lines(200, "OK", node, secret);
	});

	app.post("/v1/unregister", async (c) => {
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
		if (!first) throw notServed();
		const its = token ? deviceOf(first, fields).device.token : undefined;
		const ended: Registration[] = [];
		for (const one of await proofs.provenBy(apps, node, its)) {
			if (await registrations.remove(one.node)) ended.push(one);
		}
		const [told] = ended;
		if (!told) return refusal("Node not found!");
		return lines(200, "OK", told.node, await keyring.secretOf(keyring.usable(told.node)));
	});

	app.post("/v1/push", async (c) => {
		const { node = "", secret = "" } = parseForm(await c.req.text(), "node", "secret");
		const verdict = await keyring.verify(node, secret);
		if (verdict === "unknown-key") throw keyMissing();
		if (verdict === "wrong") return refusal("Node or secret not found!");
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
	});

	app.get("/v1/health", (c) =>
		c.html(
			"<!DOCTYPE html>\n<html lang=en><head><title>Reveille</title></head><body>\nRUNNING\n</body></html>",
		),
	);
	app.route("/", debugPageRoutes(deps, choice.types));

	return app;
}
