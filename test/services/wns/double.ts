/** WNS as one of its devices sees it. */

import type { ServiceDouble } from "../../peers/service-double.ts";
import { startWnsServer } from "../../peers/wns-server.ts";

export function startDouble(): ServiceDouble {
	const server = startWnsServer({ kind: "sid" });
	const { credentials } = server;
	if (credentials.kind !== "sid") throw new Error("other credentials than asked for");
	return {
		settings: {
			WNS_PACKAGE_SID: credentials.packageSid,
			WNS_CLIENT_SECRET: credentials.clientSecret,
			WNS_TOKEN_URL: server.tokenUrl,
		},
		app: "wns",
		device: () => ({ token: server.createChannel() }),
		async arrived(timeoutMs) {
			const { body, headers } = await server.waitForPush(undefined, timeoutMs);
			return { content: body, details: `x-wns-type: ${headers.get("x-wns-type")}` };
		},
		stop: () => server.stop(),
	};
}
