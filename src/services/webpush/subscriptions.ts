/** What devices hand in: a browser's subscription, or a UnifiedPush endpoint, and where it leads. */
import * as base64url from "jose/base64url";
import { InvalidDevice, type PushService } from "../../types.ts";
import { type EndpointPolicy, isAnsweredFor, isNamed, parseEndpoint } from "../endpoint.ts";
import { isApples, parseDeclarative } from "./declarative.ts";
import { receiverKeys } from "./receiver-keys.ts";

/** All that a push service says of its devices. @param policy where endpoints may point */
export function subscriptionsIn(
	policy: EndpointPolicy,
): Required<Pick<PushService, "parseDevice" | "hostOf" | "originOf" | "isNamed" | "skips">> {
	return {
		parseDevice(input) {
			if (!input.token) throw new InvalidDevice("The token is missing: it is the endpoint's URL.");
			const { p256dh, auth } = input;
			const device = { token: parseEndpoint(input.token, policy).href, ...parseDeclarative(input) };
			if (!p256dh && !auth) return device;
			if (!p256dh || !auth)
				throw new InvalidDevice(
					"p256dh and auth come together: give both or neither.",
					p256dh ? "auth" : "p256dh",
				);
			const keys = receiverKeys({ p256dh, auth });
			return { ...device, p256dh: base64url.encode(keys.p256dh), auth: base64url.encode(keys.auth) };
		},

		hostOf(device) {
			const url = URL.parse(device.token);
			return url && !isAnsweredFor(url, policy) ? url.host : undefined;
		},

		originOf(device) {
			const url = URL.parse(device.token);
			return url ? { origin: url.origin, isProvider: isAnsweredFor(url, policy) } : undefined;
		},

		isNamed(device) {
			const url = URL.parse(device.token);
			return url !== null && isNamed(url, policy);
		},

		// What shows no notification counts against the subscription, which iOS ends after three of them.
		skips: (device, pushClass) => pushClass === "low" && isApples(device.token),
	};
}
