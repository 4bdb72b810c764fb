/**
 * Web Push for devices that never registered here (Push 2.0): their user's server encrypted what is sent, and signed for
 * it (RFC 8292). Method, headers and everything else of the request are ours, so that nobody addresses arbitrary HTTP.
 */
import type { PushService } from "../../types.ts";
import { type EndpointPolicy, parseEndpoint } from "../endpoint.ts";
import type { Fetch } from "../exchange.ts";
import { neverThrowing } from "../unsent-pushes.ts";
import { sendTo } from "./push-request.ts";
import { subscriptionsIn } from "./subscriptions.ts";
import { expiresAt } from "./vapid-check.ts";

/**
 * @param options.fetch must check addresses
 * @param options.policy where endpoints may point, asked anew at each send
 */
export function createRelay(options: {
	fetch: Fetch;
	policy: EndpointPolicy;
	now: () => number;
}): PushService {
	const { policy, now } = options;
	return {
		name: "webpush",
		...subscriptionsIn(policy),

		send: neverThrowing(async (push, signal) => {
			const { jwt, rfc8291 } = push.notification;
			if (!jwt || rfc8291 === undefined)
				return { kind: "rejected", reason: "there is nothing to relay", about: "push" };
			// Nobody here could sign another one.
			if (expiresAt(jwt.token) <= now())
				return { kind: "rejected", reason: "the server's JWT expired while the push waited", about: "push" };
			const endpoint = parseEndpoint(push.registration.token, policy);
			const authorization = `vapid t=${jwt.token}, k=${jwt.key}`;
			const content = Uint8Array.fromBase64(rfc8291);
			return sendTo(endpoint, push, { authorization, content }, { ...options, signal });
		}),
	};
}
