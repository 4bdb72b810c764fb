/** The registry: which settings reach which push service. */
import { describe, expect, test } from "bun:test";
import { parseApps } from "../../src/config/apps.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { InvalidDevice } from "../../src/types.ts";
import { servicesWithoutNetwork } from "./without-network.ts";

/** The push services of an operator who lets pushes go to private addresses: Web Push's, WNS's, or both. */
async function servicesThatAllow({ webPush, wns }: { webPush: boolean; wns: boolean }) {
	const apps = parseApps(
		[
			{ name: "webpush", service: "webpush" },
			{ name: "wns", service: "wns", package_sid: "ms-app://s-1-15-2-1", client_secret: "secret" },
		],
		"APPS",
		false,
	);
	return servicesWithoutNetwork(apps, {
		policy: endpointPolicy({ allowHosts: [], allowPrivate: webPush }),
		wns: { allowPrivate: wns },
	});
}

describe("private addresses", () => {
	const tokens = ["https://10.0.0.1/channel", "http://localhost:8080/channel", "https://[fd00::1]/channel"];

	test.each(tokens)(
		"%s is no channel of WNS where Web Push may go there: the operator's access token goes with each push",
		async (token) => {
			const services = await servicesThatAllow({ webPush: true, wns: false });
			expect(services.get("webpush")?.parseDevice({ token }).token).toStartWith(token);
			expect(() => services.get("wns")?.parseDevice({ token })).toThrow(InvalidDevice);
		},
	);

	test.each(tokens)("%s is one where WNS_ALLOW_PRIVATE says so, and no endpoint", async (token) => {
		const services = await servicesThatAllow({ webPush: false, wns: true });
		expect(services.get("wns")?.parseDevice({ token }).token).toStartWith(token);
		expect(() => services.get("webpush")?.parseDevice({ token })).toThrow(InvalidDevice);
	});
});
