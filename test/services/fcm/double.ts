/** FCM as one of its devices sees it. */
import { startFcmServer } from "../../peers/fcm-server.ts";
import type { ServiceDouble } from "../../peers/service-double.ts";

export function startDouble(): ServiceDouble {
	const server = startFcmServer();
	return {
		settings: { FCM_SERVICE_ACCOUNT: server.serviceAccount, FCM_URL: server.url },
		app: "fcm",
		device: () => ({ token: server.createDevice() }),
		async arrived(timeoutMs) {
			const { message } = await server.waitForPush(undefined, timeoutMs);
			const { data, android } = message as { data?: unknown; android?: unknown };
			return { content: JSON.stringify(data), details: `android: ${JSON.stringify(android)}` };
		},
		stop: () => server.stop(),
	};
}
