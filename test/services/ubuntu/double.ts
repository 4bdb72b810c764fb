/** Ubuntu Push as one of its devices sees it. */

import type { ServiceDouble } from "../../peers/service-double.ts";
import { startUbuntuPushServer } from "../../peers/ubuntu-push-server.ts";

export function startDouble(): ServiceDouble {
	const server = startUbuntuPushServer();
	const applicationId = "com.example.chat_chat";
	return {
		settings: { UBUNTU_URL: server.url },
		app: "ubuntu",
		device: () => ({ token: server.createPhone({ appId: applicationId }), applicationId }),
		async arrived(timeoutMs) {
			const { notification } = await server.waitForPush(undefined, timeoutMs);
			const { data, ...told } = notification as { data?: unknown };
			return { content: JSON.stringify(data), details: JSON.stringify({ ...told, token: "…" }) };
		},
		stop: () => server.stop(),
	};
}
