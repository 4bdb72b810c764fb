/**
 * FCM (HTTP v1): Android apps. GCM, its forerunner, is only another name for it in old registrations.
 *
 * Google's `https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages` is the reference.
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import type { App, Outcome, Push, PushService } from "../../types.ts";
import { InvalidDevice } from "../../types.ts";
import { createAccessTokens } from "../access-token.ts";
import type { HiddenName } from "../collapse-key.ts";
import { exchange, type Fetch } from "../exchange.ts";
import { neverThrowing } from "../unsent-pushes.ts";
import { classify, classifyMinimal, mayBeToken, refusesAccess } from "./answers.ts";
import { bodyOf, type FcmMessage, fcmMessage, minimalMessage } from "./message.ts";
import { type ServiceAccount, tokenRequest } from "./service-account.ts";

const FCM_URL = "https://fcm.googleapis.com";
/** Tokens are some 160 characters now; Google promises no length, and a message must have room beside it. */
const MAX_TOKEN = registrationBounds.fcmToken.is;

/**
 * Builds the request of one message.
 * @param to.url FCM's base URL, without a slash at its end
 * @param bearer the access token
 */
export function buildRequest(
	to: { url: string; projectId: string },
	message: FcmMessage,
	bearer: string,
): { url: string; init: RequestInit & { headers: Record<string, string> } } {
	const headers = { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" };
	return {
		url: `${to.url}/v1/projects/${to.projectId}/messages:send`,
		init: { method: "POST", headers, body: bodyOf(message) },
	};
}

/**
 * Sends to the apps of one Firebase project.
 * @param options.serviceAccount the project's; without it devices are checked (an edge without the key takes
 *   registrations) and nothing is sent
 * @param options.url FCM's base URL
 * @param options.payload the app's setting
 */
export function createFcm(options: {
	serviceAccount?: ServiceAccount | undefined;
	url?: string | undefined;
	payload?: App["payload"] | undefined;
	fetch: Fetch;
	now: () => number;
	/** WebCrypto's if not given. */
	hiddenName?: HiddenName | undefined;
}): PushService {
	const { serviceAccount: account, fetch, now } = options;
	const url = (options.url ?? FCM_URL).replace(/\/+$/, "");
	const tokens = account && createAccessTokens({ request: () => tokenRequest(account, now()), fetch, now });

	async function sendOnce(push: Push, signal: AbortSignal): Promise<Outcome> {
		if (!account || !tokens) return { kind: "misconfigured", reason: "no FCM service account" };
		checkToken(push.registration.token);
		const post = (message: FcmMessage) =>
			tokens.use(
				(bearer) =>
					exchange(buildRequest({ url, projectId: account.projectId }, message, bearer), {
						fetch,
						now,
						signal,
					}),
				refusesAccess,
				signal,
			);
		const message = await fcmMessage(push, options.payload, options.hiddenName);
		const reply = await post(message);
		if (reply.kind !== "reply") return reply;
		if (!mayBeToken(reply)) return classify(reply);
		// Either the token or something in the message is wrong, and waking without content beats silence.
		const second = await post(minimalMessage(message));
		return second.kind === "reply" ? classifyMinimal(second) : second;
	}

	return {
		name: "fcm",

		parseDevice(input) {
			if (!input.token) throw new InvalidDevice("The token is missing: it is FCM's registration token.");
			return { token: checkToken(input.token) };
		},

		...(tokens && { check: tokens.check }),

		send: neverThrowing(sendOnce),
	};
}

function checkToken(token: string): string {
	if (token.length > MAX_TOKEN)
		throw new InvalidDevice(`The token is longer than ${MAX_TOKEN} characters: FCM's are shorter.`);
	if (!/^[\w:.=+/~%-]+$/.test(token))
		throw new InvalidDevice("The token has characters that no registration token of FCM has.");
	return token;
}
