/** Web Push as one of its devices sees it. */

import type { ServiceDouble } from "../../peers/service-double.ts";
import { startWebPushServer } from "../../peers/web-push-server.ts";

export function startDouble(): ServiceDouble {
	const server = startWebPushServer();
	let device: ReturnType<typeof server.createSubscription> | undefined;
	return {
		settings: {},
		app: "webpush",
		device(applicationServerKey) {
			device = server.createSubscription({ applicationServerKey });
			return { subscription: device.subscription };
		},
		async arrived(timeoutMs) {
			const { body, headers } = await server.waitForPush(undefined, timeoutMs);
			const told = ["urgency", "ttl", "topic", "content-encoding"].map(
				(name) => `${name}: ${headers.get(name)}`,
			);
			return {
				content: device?.decryptText(body) ?? "",
				details: `${body.length} encrypted bytes, ${told.join(", ")}`,
			};
		},
		stop: () => server.stop(),
	};
}
