/** Push services that send nothing: an edge and an import only check devices with them. */
import type { PushService } from "../types.ts";
import { createServices } from "./services-of-apps.ts";

type Apps = Parameters<typeof createServices>[0];
type Effects = Parameters<typeof createServices>[1];

/**
 * @param options.reason why nothing is sent, as the sentence of an error that nobody should see
 * @returns by the app's name
 * @throws {Error} with a sentence for the operator that begins with the app's name and quotes no key
 */
export function createDeviceChecks(
	apps: Apps,
	{ policy, wns, reason }: Pick<Effects, "policy" | "wns"> & { reason: string },
): Promise<ReadonlyMap<string, PushService>> {
	const sendsNothing = () => Promise.reject(new Error(reason));
	return createServices(apps, {
		fetch: sendsNothing,
		guardedFetch: sendsNothing,
		http2Fetch: () => sendsNothing,
		now: Date.now,
		policy,
		...(wns && { wns }),
		vapid: {},
	});
}
