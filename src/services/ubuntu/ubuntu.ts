/**
 * Ubuntu Push: apps of Ubuntu Touch, through UBports' server. It asks for no account and no credentials.
 *
 * The server's own sources are the reference: `https://gitlab.com/ubports/development/core/ubuntu-push`.
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import type { Outcome, Push, PushService } from "../../types.ts";
import { InvalidDevice } from "../../types.ts";
import { wordsOf } from "../alert.ts";
import type { HiddenName } from "../collapse-key.ts";
import { exchange, type Failure, type Fetch, type Reply } from "../exchange.ts";
import { neverThrowing } from "../unsent-pushes.ts";
import { classify, errorOf } from "./answers.ts";
import { replaceTagOf, type UbuntuCard, type UbuntuMessage, ubuntuMessage } from "./message.ts";

/** The server that phones are registered at. */
export const UBUNTU_URL = "https://push.ubports.com";

/** Tokens are base64 of some 90 bytes now; the body has room for 4096 with the data's 2048. */
const MAX_TOKEN = registrationBounds.ubuntuToken.is;
/** An application id is a package's name and an app's. */
const MAX_APP_ID = registrationBounds.applicationId.is;
const APPLICATION_ID = "The Ubuntu Push application id must be package_app, as in com.example.chat_chat.";

const isApplicationId = (text: string) => text.length <= MAX_APP_ID && /^[a-z0-9.+-]+_[\w.+-]+$/.test(text);

/** As much of an app's own words as leaves room for those of others, even where JSON escapes each. */
const MAX_WORDS = 150;

/**
 * Builds the request of one message.
 * @param url the server's base URL, without a slash at its end
 */
export function buildRequest(
	url: string,
	message: UbuntuMessage,
): { url: string; init: RequestInit & { headers: Record<string, string> } } {
	// The length is said by `fetch`, for a body that is whole; the server wants exactly this type, and nothing after it.
	const headers = { "Content-Type": "application/json" };
	return { url: `${url}/notify`, init: { method: "POST", headers, body: JSON.stringify(message) } };
}

/**
 * Sends to one app of Ubuntu Touch.
 * @param options.appId the app's id, `package_app`; without it each device brings its own
 * @param options.url the server's base URL
 * @param options.alert the text of a card whose sender is not known
 * @param options.icon of the cards
 * @throws {Error} with a sentence for the operator if the id, the text or the icon cannot be used
 */
export function createUbuntu(
	options: UbuntuCard & {
		appId?: string | undefined;
		url?: string | undefined;
		fetch: Fetch;
		now: () => number;
		/** WebCrypto's if not given. */
		hiddenName?: HiddenName | undefined;
	},
): PushService {
	const { alert, icon, fetch, now, hiddenName } = options;
	const url = (options.url ?? UBUNTU_URL).replace(/\/+$/, "");
	if (options.appId !== undefined && !isApplicationId(options.appId)) throw new Error(APPLICATION_ID);
	const words = [wordsOf(alert), icon ?? ""];
	if (words.some((one) => one.length > MAX_WORDS))
		throw new Error(`The alert and the icon for Ubuntu Push have room for ${MAX_WORDS} characters each.`);

	async function sendOnce(push: Push, signal: AbortSignal): Promise<Outcome> {
		const appId = push.registration.applicationId ?? options.appId;
		// Registered before the app's own was taken out of the settings; others bring theirs.
		if (appId === undefined)
			return { kind: "misconfigured", reason: "no Ubuntu Push application id", about: "push" };
		checkToken(push.registration.token);
		const replaceTag = await replaceTagOf(push, hiddenName);
		const message = ubuntuMessage(push, { appId, alert, icon }, { replaceTag, now: now() });
		const post = (body: UbuntuMessage): Promise<Reply | Failure> =>
			exchange(buildRequest(url, body), { fetch, now, signal });
		let reply = await post(message);
		// The phone has missed a hundred: what they would have said, the app fetches from its archive.
		if (reply.kind === "reply" && reply.status === 413 && errorOf(reply) === "too-many-pending")
			reply = await post({ ...message, clear_pending: true });
		return reply.kind === "reply" ? classify(reply) : reply;
	}

	return {
		name: "ubuntu",

		parseDevice(input) {
			if (!input.token) throw new InvalidDevice("The token is missing: it is the push client's token.");
			const { applicationId } = input;
			if (applicationId === undefined) {
				if (options.appId === undefined)
					throw new InvalidDevice(`The applicationId is missing. ${APPLICATION_ID}`, "applicationId");
				return { token: checkToken(input.token) };
			}
			if (!isApplicationId(applicationId)) throw new InvalidDevice(APPLICATION_ID, "applicationId");
			return { token: checkToken(input.token), applicationId };
		},

		send: neverThrowing(sendOnce),
	};
}

function checkToken(token: string): string {
	if (token.length > MAX_TOKEN)
		throw new InvalidDevice(`The token is longer than ${MAX_TOKEN} characters: Ubuntu Push's are shorter.`);
	if (!/^[A-Za-z0-9+/=_-]+$/.test(token))
		throw new InvalidDevice("The token has characters that no token of Ubuntu Push has.");
	return token;
}
