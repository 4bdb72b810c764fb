/** What a request must prove: the operator's registration token, a JWT in its place, or a registration's device secret. */
import type { Context } from "hono";
import { auth as basicCredentials } from "hono/utils/basic-auth";
import { isSameText } from "../../secrets.ts";
import type { AppDeps } from "../deps.ts";
import { Problem } from "../problem.ts";
import type { Permit } from "./permit.ts";

/** RFC 6750 §2.1: the token of `Authorization: Bearer`; an operator's own may have spaces in it. */
export function bearer(c: Context): string | undefined {
	// No expression that could match a blank in two ways: anybody may send some thousands of them.
	return /^Bearer +([^ ].*)$/i.exec(c.req.header("Authorization") ?? "")?.[1]?.trimEnd();
}

/** Did the operator ask? RFC 7617: the token may also be the password, under any name. */
export function isAdmin(c: Context, adminToken: string): boolean {
	const token = bearer(c) ?? basicCredentials(c.req.raw)?.password;
	return token !== undefined && isSameText(token, adminToken);
}

/** Lets pass the operator. @param challenge how to ask for the token: browsers know Basic alone */
export function requireAdminToken(c: Context, adminToken: string, challenge: "Bearer" | "Basic") {
	if (isAdmin(c, adminToken)) return;
	throw new Problem(
		"admin-token-needed",
		"This page is for whoever has the ADMIN_TOKEN: send it as bearer token, or as password with any name.",
		{
			headers: {
				"WWW-Authenticate": `${challenge} realm="admin"${challenge === "Basic" ? ', charset="UTF-8"' : ""}`,
			},
		},
	);
}

/**
 * Lets pass whoever may register here.
 * @param posted the token where a form brought it: browsers' forms can send no header (RFC 6750 §2.2)
 * @returns for what
 */
export async function requireRegistrationToken(
	c: Context,
	registration: AppDeps["registration"],
	posted?: string | null,
): Promise<Permit> {
	if (registration.mode === "open") return {};
	const token = bearer(c) ?? (posted || undefined);
	if (registration.mode === "jwt") {
		if (token !== undefined) return registration.check(token);
		throw new Problem(
			"registration-token-needed",
			"Registering here needs a JWT, which the app gets from its own backend: send Authorization: Bearer <JWT>.",
			{ headers: { "WWW-Authenticate": 'Bearer realm="registration"' } },
		);
	}
	if (token !== undefined && (await registration.check(token))) return {};
	throw new Problem(
		"registration-token-needed",
		`${token === undefined ? "Registering here needs a token" : "This is not the registration token"}: send ` +
			"Authorization: Bearer <token>. The server's operator has it: it is the setting REGISTRATION_TOKEN, or was " +
			"shown at the first start. The command reveille token makes a new one.",
		{ headers: { "WWW-Authenticate": 'Bearer realm="registration"' } },
	);
}

/** Says the same of a wrong secret and of an unknown node, so that nobody can try out nodes. */
export function noSuchRegistration(): Problem {
	return new Problem(
		"no-such-registration",
		"There is no registration with this node, or this is not its device secret.",
	);
}

/**
 * Says to whoever proved that it was theirs that a registration is there no more. A node never comes back, so this is
 * 410 and not 404 (RFC 9110 §15.5.11), whatever ended it.
 */
export function registrationEnded(): Problem {
	return new Problem(
		"gone",
		"This registration has ended, and does not come back: subscribe and register again.",
	);
}

/** Nobody can prove any more whose it is, and waiting would not help: the operator took the key away. */
export function keyGone(): Problem {
	return new Problem(
		"gone",
		"This registration was made with a key that the server has no more, so nobody can use it: register again.",
	);
}

/** By which of its secrets a registration is looked after. */
export type Proof = "device" | "publish";

/**
 * Whether the publish secret of a registration that has an owner opens more than publishing. The owner's server has
 * it too, and over HTTP nobody vouches for a domain: only where the operator has everybody publish who has it, or
 * trusts device ids, as other app servers do.
 */
export function isPublishSecretTrusted({
	publishers,
	trustDeviceId,
}: Pick<AppDeps, "publishers" | "trustDeviceId">): boolean {
	return publishers === "any" || trustDeviceId;
}

/**
 * Lets pass whoever has the device secret of a node, before anything is looked up. Where the publish secret is
 * trusted, it passes too: whether the registration has an owner is for the caller to see.
 */
export async function requireSecret(
	c: Context,
	deps: Pick<AppDeps, "keyring" | "publishers" | "trustDeviceId">,
	node: string,
): Promise<Proof> {
	const secret = bearer(c);
	if (secret === undefined) {
		throw new Problem(
			"secret-needed",
			"Send the deviceSecret that registering returned: Authorization: Bearer <deviceSecret>.",
			{ headers: { "WWW-Authenticate": 'Bearer realm="registrations"' } },
		);
	}
	const check = await deps.keyring.verifyDevice(node, secret);
	if (check === "ok") return "device";
	const publish = isPublishSecretTrusted(deps) ? await deps.keyring.verify(node, secret) : "wrong";
	if (publish === "ok") return "publish";
	if (check === "unknown-key" || publish === "unknown-key") throw keyGone();
	throw noSuchRegistration();
}
