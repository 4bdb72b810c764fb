/**
 * Ubuntu Push: apps of Ubuntu Touch, through UBports' server. It asks for no account and no credentials.
 *
 * The server's own sources are the reference: `https://gitlab.com/ubports/development/core/ubuntu-push`.
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import type { Outcome, Push, PushService } from "../../types.ts";
import { InvalidDevice } from "../../types.ts";
import type { HiddenName } from "../collapse-key.ts";
import { exchange, type Failure, type Fetch, type Reply } from "../exchange.ts";
import { neverThrowing, outcomeOf } from "../outcome.ts";
import { replaceTagOf, type UbuntuCard, type UbuntuMessage, ubuntuMessage } from "./message.ts";

const UBUNTU_URL = "https://push.ubports.com";

/** What each answer means; the first row that fits counts, and none is `retry`. */
const ANSWERS: readonly {
	from: number;
	to: number;
	/** The answer's `error`; any, if not given. */
	error?: string;
	kind: Outcome["kind"];
	reason: string;
	/** It says nothing of other devices. */
	about?: "token";
}[] = [
	{ from: 200, to: 299, kind: "delivered", reason: "" },
	// The app was removed, or the phone was set up anew.
	{ from: 400, to: 400, error: "unknown-token", kind: "gone", reason: "unknown token" },
	// The token was given to another app. A wrong application id of ours looks the same: delivery decides.
	{ from: 401, to: 401, error: "unauthorized", kind: "gone", reason: "token of another app" },
	{ from: 401, to: 401, error: "unauthorized-app-id", kind: "gone", reason: "token of another app" },
	// The phone is away for long. Sent with `clear_pending` before this is believed.
	{
		from: 413,
		to: 413,
		error: "too-many-pending",
		kind: "retry",
		reason: "too many messages wait",
		about: "token",
	},
	// Something about this request, and it will be no better the next time.
	{ from: 400, to: 400, error: "invalid-request", kind: "rejected", reason: "refused as malformed" },
	{ from: 405, to: 405, error: "invalid-request", kind: "rejected", reason: "refused the method" },
	{ from: 411, to: 411, error: "invalid-request", kind: "rejected", reason: "refused without a length" },
	{ from: 413, to: 413, error: "invalid-request", kind: "rejected", reason: "refused as too large" },
	{ from: 415, to: 415, error: "invalid-request", kind: "rejected", reason: "refused the content type" },
	{ from: 429, to: 429, kind: "retry", reason: "too many requests" },
	// What else is said of a request in which token and application id are a stranger's.
	{ from: 400, to: 499, kind: "retry", reason: "unknown answer", about: "token" },
	{ from: 500, to: 599, kind: "retry", reason: "push service unwell" },
];

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

/** Classifies an answer. */
export function classify(reply: Reply): Outcome {
	const { status, afterMs } = reply;
	const error = errorOf(reply);
	const row = ANSWERS.find(
		(one) => one.from <= status && status <= one.to && (one.error === undefined || one.error === error),
	);
	// `{"ok":true}` is success; anything else under a good status is nothing that was documented.
	if (row?.kind === "delivered" && !isOthers(reply)) return { kind: "delivered" };
	const known = row?.kind === "delivered" ? undefined : row;
	const said = error === undefined ? "" : `(${error})`;
	const reason = [status, known?.reason ?? "unknown answer", said].filter(Boolean).join(" ");
	return outcomeOf(known, reason, afterMs);
}

/** The server's own name for it. Nothing else of its answer: `extra` may be another message, whole. */
function errorOf({ body }: Reply): string | undefined {
	try {
		const { error } = JSON.parse(body);
		return typeof error === "string" && /^[a-z-]{1,40}$/.test(error) ? error : undefined;
	} catch {
		return undefined;
	}
}

/** Not the server's word for success: a proxy's page, say. What was cut off may be. */
function isOthers({ body }: Reply): boolean {
	try {
		return JSON.parse(body)?.ok !== true;
	} catch {
		return /^\s*[^\s{]/.test(body);
	}
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
	const words = ["text" in alert ? alert.text : alert.locKey, icon ?? ""];
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

		hostOf: () => undefined,

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
