/** What a Reveille says before anybody registers: `GET /api/v1/services`. */
import type { KitDeps } from "./deps.ts";
import { createJsonApi, textOf } from "./json-api.ts";

/**
 * What browsers subscribe with.
 * @param base as `Kit` has it
 * @returns undefined: Web Push is off there
 * @throws {Fault}
 */
export async function vapidPublicKeyAt(
	base: string,
	deps: Pick<KitDeps, "fetch" | "timeout">,
): Promise<string | undefined> {
	const { body } = await createJsonApi(base, deps)("GET", "services");
	const apps: unknown[] = Array.isArray(body.apps) ? body.apps : [];
	for (const app of apps) {
		const { service, vapidPublicKey } = (app ?? {}) as Record<string, unknown>;
		if (service === "webpush") return textOf(vapidPublicKey);
	}
	return undefined;
}
