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
import { base64url } from "jose";
import type { Registration, ServiceName } from "../types.ts";
import { requireRegistrationToken, sameText } from "./authorization.ts";
import { smallUtf8Body } from "./body.ts";
import type { AppDeps, PublicApp, RequestEnv } from "./deps.ts";
import { keyMissing, toProblem } from "./errors.ts";
import { Problem, type ProblemName } from "./problem.ts";
import { describeFormRoutes } from "./push-appserver-descriptions.ts";
import { checkDevice, plainReason, register, requirePushAddress, serviceOf } from "./registering.ts";

/** The module's own limit. */
export const FORM_BYTES = 4096;

/** What clients call the services. */
const TYPES: ReadonlyMap<string, ServiceName> = new Map([
	["mozilla", "webpush"],
	["webpush", "webpush"],
	["unifiedpush", "webpush"],
	["apns", "apns"],
	["fcm", "fcm"],
	// Google's older name: the service ended, its tokens are FCM's.
	["gcm", "fcm"],
	["ubuntu", "ubuntu"],
	["wns", "wns"],
]);

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

/** No newline at the end: clients count the lines. */
function lines(status: number, ...all: string[]): Response {
	return new Response(all.join("\n"), {
		status,
		headers: { "Content-Type": "text/plain; charset=utf-8" },
	});
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

/** What the device of a registration made here begins with: the JSON API makes ids without it. */
const FORM_DEVICE = "form:";

/** What makes a registration of this API unique; hashed, so that its length is bounded. */
async function keyOf(deviceId: string, token: string | undefined): Promise<string> {
	const text = JSON.stringify(token === undefined ? [deviceId] : [deviceId, token]);
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return `${FORM_DEVICE}${base64url.encode(new Uint8Array(hash))}`;
}

/**
 * The sub-app, to be mounted at /push_appserver.
 * @param limit how often one client may write; here, so that its refusal too is told in lines
 */
export function pushAppserverRoutes(deps: AppDeps, limit: MiddlewareHandler<RequestEnv>) {
	const { keyring, registrations, trustDeviceId } = deps;
	const app = new OpenAPIHono<RequestEnv>();
	app.use(limit, smallUtf8Body(FORM_BYTES));
	describeFormRoutes(app.openAPIRegistry, [...TYPES.keys()], FORM_BYTES);

	app.onError((error) => {
		if (error instanceof Refusal) return refusal(error.message);
		const problem = toProblem(error, deps.log);
		const response = lines(STATUS[problem.kind] ?? problem.status, "ERROR", problem.message);
		for (const [name, value] of Object.entries(problem.headers)) response.headers.set(name, value);
		return response;
	});

	/** Dialects have no field for the app: a type means the service's default one, the first. */
	const appOf = (type: string): PublicApp => {
		const service = TYPES.get(type);
		const its = deps.apps.find((candidate) => candidate.service === service);
		if (its) return its;
		const served = new Set(deps.apps.map((candidate) => candidate.service));
		const known = [...TYPES].filter(([, name]) => served.has(name)).map(([name]) => name);
		throw new Refusal(`This server does not push to this type of device. It knows: ${known.join(", ")}.`);
	};

	const deviceOf = (its: PublicApp, { token, p256dh, auth }: Fields) =>
		checkDevice(serviceOf(deps, its), { token, p256dh: p256dh || undefined, auth: auth || undefined });

	app.post("/v1/register", async (c) => {
		await requireRegistrationToken(c, deps.registration);
		const fields = parseForm(await c.req.text(), "type", "node", "token");
		requirePushAddress(deps);
		const its = appOf(fields.type ?? "");
		const checked = deviceOf(its, fields);
		const { node, secret } = await register(deps, {
			...checked,
			app: its,
			key: await keyOf(fields.node ?? "", trustDeviceId ? undefined : checked.device.token),
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
		const key = await keyOf(node, trustDeviceId ? undefined : proven);
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
			if (verdict === "unknown-key") throw keyMissing();
			if (verdict === "wrong") return refusal("Node not found!");
		} else {
			const registration = await owned(fields);
			if (!registration) return refusal("Node not found!");
			node = registration.node;
			secret = await keyring.secretOf(node);
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
	for (const path of ["/v1/register", "/v1/unregister", "/v1/push", "/v1/settings", "/v1/settings/:node"]) {
		app.get(path, () => lines(403, "ERROR", "There is no page here: this is for programs."));
	}

	return app;
}
