/** Turns whatever was thrown into a problem, and tells the operator of what is not the client's doing. */

import type { Logger } from "@logtape/logtape";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { matchedRoutes } from "hono/route";
import { about } from "../messages/about.ts";
import { NoNodeReady } from "../registering/nodes.ts";
import { UnknownKey } from "../secrets.ts";
import { databaseFault, faultOf, UnfitDatabase } from "../store/database-fault.ts";
import { NoSpace } from "../store/disk-full.ts";
import { InvalidDevice } from "../types.ts";
import { Problem } from "./problem.ts";

/** Seconds after which a client should try again: a database that restarts is back by then. */
const RETRY_AFTER_S = "10";

/** "Not now", with the time to try again. */
export function unavailable(detail: string): Problem {
	return new Problem("unavailable", detail, { headers: { "Retry-After": RETRY_AFTER_S } });
}

/** To a publish: a key was taken out of the settings while registrations made with it live on. */
export function keyMissing(): Problem {
	return unavailable(
		"This registration was made with a key that the server does not have now. Its operator has to put the key " +
			"into SECRET_KEY_OLD.",
	);
}

/** A device that cannot be pushed to. @param path of the field that does not fit, in the body */
export function deviceProblem({ message }: InvalidDevice, path: string): Problem {
	return new Problem("invalid-fields", message, { errors: [{ path, message }] });
}

/** What was asked for, without what is a caller's own in it. */
export function patternOf(c: Context): string {
	const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith("*"));
	return `${c.req.method} ${route?.path ?? "of another path"}`;
}

/**
 * @param error whatever a route threw
 * @param where what was asked for, as its method and the pattern of its path: the path itself may hold a token
 * @param log told of failures that are ours; never of bodies, tokens or secrets
 */
export function toProblem(error: unknown, log: Logger, where = "a request"): Problem {
	if (error instanceof Problem) return error;
	if (error instanceof UnknownKey) return keyMissing();
	if (error instanceof NoSpace) return unavailable(error.message);
	if (error instanceof NoNodeReady) return unavailable(`${error.message}.`);
	if (error instanceof InvalidDevice) return deviceProblem(error, error.field);
	// The library's own: its media type gate and its JSON parser.
	if (error instanceof HTTPException && error.status === 415) {
		return new Problem("unsupported-media-type", "Send the body as application/json.");
	}
	if (error instanceof HTTPException && error.status === 400) {
		return new Problem("malformed-body", "The body is not JSON.");
	}
	const fault = databaseFault(error);
	if (fault) {
		log.error(
			"The database failed, and {where} is answered with 503: {error}",
			about("database-failed", { where, error: faultOf(error) }),
		);
		if (fault instanceof UnfitDatabase) return new Problem("not-configured", fault.message);
		return unavailable("The database does not answer. Try again later.");
	}
	log.error(
		"{where} failed, and is answered with 500: {error}",
		about("request-failed", { where, error: faultOf(error) }),
	);
	return new Problem("internal-error", "The request could not be handled; the server's log says why.");
}

/** The same for an operator, who may read the log too: what failed is told, and where no Reveille runs there is no log. */
export function toOperatorProblem(error: unknown, log: Logger): Problem {
	const problem = toProblem(error, log);
	if (problem === error) return problem;
	if (problem.kind === "internal-error") {
		return new Problem("internal-error", `A fault of Reveille's own (${faultOf(error)}).`);
	}
	if (problem.kind !== "unavailable" || !databaseFault(error)) return problem;
	return unavailable(
		`The database failed (${faultOf(error)}). If its disk is full, make room. If it is away or busy, type the command again.`,
	);
}
