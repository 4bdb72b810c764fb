/**
 * Apple's push notification service, for iPhones, iPads and Macs.
 *
 * Apple speaks HTTP/2 only, and wants connections kept: the `fetch` given must see to both.
 * Source: Apple, "Sending notification requests to APNs".
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import {
	type App,
	type Device,
	InvalidDevice,
	type Outcome,
	type Push,
	type PushService,
} from "../../types.ts";
import type { AlertText } from "../alert.ts";
import { type HiddenName, webCryptoHiddenName } from "../collapse-key.ts";
import { exchange, type Failure, type Fetch, type Reply } from "../exchange.ts";
import { hasOwnText } from "../own-text.ts";
import { payloadForm } from "../payload-form.ts";
import { timeToLive } from "../time-to-live.ts";
import { unprepared } from "../unsent-pushes.ts";
import { classify, EXPIRED_TOKEN, readBody } from "./answers.ts";
import { type AppText, apnsPayload, checkAlert, type PushType } from "./payload.ts";
import type { ProviderTokens } from "./provider-tokens.ts";

const PRODUCTION = "https://api.push.apple.com";
const SANDBOX = "https://api.sandbox.push.apple.com";

/** Apple says of no token how long it is, and warns against assuming it; bytes, far beyond the 32 of today. */
const MAX_TOKEN = registrationBounds.apnsToken.is;
/** Apple keeps nothing longer; 30 days, in seconds. */
const MAX_TTL_S = 30 * 24 * 60 * 60;
/** A token that no device has: what Apple says of it is said after it looked at our credentials. */
const NOBODY = "00".repeat(32);

/** `apns-priority`: 10 at once, 5 when the device finds it good. Apple refuses a background push that wants more. */
const PRIORITY: Readonly<Record<PushType, "10" | "5">> = { alert: "10", background: "5", voip: "10" };

/** How an app's pushes look to Apple. */
export interface ApnsApp extends AppText {
	/** The app's bundle id. */
	topic: string;
	/** Without a slash at the end. */
	url: string;
}

/** What a request says beside the push itself, prepared elsewhere since it takes time or chance. */
export interface RequestParts {
	/** The `authorization` header; none where a certificate speaks for us. */
	authorization?: string | undefined;
	/** `apns-collapse-id`, at most 64 bytes. */
	collapseId?: string | undefined;
	/** `apns-id`: a lower-case UUID. */
	id: string;
	/** Milliseconds since the epoch. */
	now: number;
}

/** Where a push goes, and as what. */
interface Route {
	type: PushType;
	token: string;
	which: "main" | "voip";
}

/**
 * Chooses by class: someone wrote (`high`) or calls a device that has no PushKit token (`voip`) is shown; `low` and
 * `event` wake the app without a sign, since nobody wrote.
 */
function routeOf(push: Push): Route {
	const { token, voipToken } = push.registration;
	switch (push.notification.class) {
		case "voip":
			return voipToken === undefined
				? { type: "alert", token, which: "main" }
				: { type: "voip", token: voipToken, which: "voip" };
		case "high":
			return { type: "alert", token, which: "main" };
		case "event":
		case "low":
			return { type: "background", token, which: "main" };
	}
}

/** Builds the request of one push. */
export function buildRequest(
	app: ApnsApp,
	push: Push,
	parts: RequestParts,
): { url: string; init: RequestInit & { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> } } {
	const { type, token } = routeOf(push);
	const ttl = timeToLive(push.ttlSeconds, { most: MAX_TTL_S });
	const headers = {
		...(parts.authorization !== undefined && { authorization: parts.authorization }),
		"apns-topic": type === "voip" ? `${app.topic}.voip` : app.topic,
		"apns-push-type": type,
		"apns-priority": PRIORITY[type],
		// 0: try once and keep nothing.
		"apns-expiration": ttl === 0 ? "0" : String(Math.floor(parts.now / 1000) + ttl),
		...(parts.collapseId !== undefined && { "apns-collapse-id": parts.collapseId }),
		"apns-id": parts.id,
		"content-type": "application/json",
	};
	const body = apnsPayload(push, type, app);
	return { url: `${app.url}/3/device/${token}`, init: { method: "POST", headers, body } };
}

/**
 * The `apns-collapse-id` of a registration's pushes of one class: the newest replaces an older one, on Apple's side
 * and on the screen.
 * @param payload the app's setting
 * @returns 32 base64url characters, Apple allows 64 bytes; none where each push stands for itself (own-text.ts)
 */
export function collapseIdOf(
	{ registration, notification }: Push,
	payload?: App["payload"],
	hiddenName: HiddenName = webCryptoHiddenName,
): string | Promise<string> | undefined {
	if (hasOwnText(notification)) return undefined;
	// Siskin shows what the push itself says: a second sender's message must not take the first one's place.
	const saysSomething = notification.body !== undefined || notification.encrypted !== undefined;
	if (saysSomething && payloadForm(payload, registration, "siskin") === "siskin") return undefined;
	return hiddenName(`${registration.node}\n${notification.class}`, 24);
}

/** What an app is set to. */
export interface ApnsOptions {
	/**
	 * `tokens` are shared by all apps of a team; `certificate`: the `fetch` shows it. Without any, devices are checked
	 * (an edge without the key takes registrations) and nothing is sent.
	 */
	credentials?: { kind: "token"; tokens: ProviderTokens } | { kind: "certificate" } | undefined;
	/** The app's bundle id. */
	topic: string;
	/** Apps run from Xcode have tokens of Apple's sandbox. */
	sandbox?: boolean | undefined;
	/** In place of Apple's own. */
	url?: string | undefined;
	/** What the phone shows; "New message" if not given. */
	alert?: AlertText | undefined;
	/** The app's setting. */
	payload?: App["payload"] | undefined;
	/** The app may change what is shown: true, if not given. */
	mutableContent?: boolean | undefined;
	/** Must speak HTTP/2. */
	fetch: Fetch;
	now: () => number;
	/** Makes a lower-case UUID. */
	random?: (() => string) | undefined;
	/** WebCrypto's if not given. */
	hiddenName?: HiddenName | undefined;
}

/**
 * Sends for one app.
 * @throws {Error} with a sentence for the operator
 */
export function createApns(options: ApnsOptions): PushService {
	const post = poster(options);
	return {
		name: "apns",

		parseDevice({ token, voipToken, p256dh, auth }) {
			if (!token) throw new InvalidDevice("The token is missing: it is the device token, in hexadecimal.");
			if (p256dh || auth)
				throw new InvalidDevice("APNs has no use for p256dh and auth: leave them out.", "p256dh");
			const device: Device = { token: parseToken("token", token) };
			return voipToken ? { ...device, voipToken: parseToken("voipToken", voipToken) } : device;
		},

		...(options.credentials && { check: (signal) => checkApns(options, signal) }),

		async send(push, signal) {
			const reply = await post(push, signal);
			return reply.kind === "reply" ? classify(reply, routeOf(push).which) : reply;
		},
	};
}

/**
 * Shows an app's credentials to Apple without a push: to a token that no device has. Never throws.
 * @returns `delivered` if they are taken; otherwise what a push would come to
 */
export async function checkApns(options: ApnsOptions, signal: AbortSignal): Promise<Outcome> {
	const reply = await poster(options)(pushToNobody(options.now()), signal);
	if (reply.kind !== "reply") return reply;
	const known = reply.status === 400 && readBody(reply).word === "BadDeviceToken";
	return known ? { kind: "delivered" } : classify(reply, "main");
}

/** Where an app's pushes go; without a slash at the end. */
export function apnsUrl({ url, sandbox }: Pick<ApnsOptions, "url" | "sandbox">): string {
	return (url ?? (sandbox ? SANDBOX : PRODUCTION)).replace(/\/+$/, "");
}

type Post = (push: Push, signal: AbortSignal) => Promise<Reply | Failure | Unsent>;

/** A push that was not sent. */
type Unsent = Extract<Outcome, { kind: "retry" | "rejected" | "misconfigured" }>;

function poster(options: ApnsOptions): Post {
	const {
		credentials,
		topic,
		alert = { text: "New message" },
		payload,
		mutableContent,
		fetch,
		now,
	} = options;
	const { random = () => crypto.randomUUID(), hiddenName } = options;
	checkAlert(alert);
	const url = apnsUrl(options);
	const app: ApnsApp = { topic, alert, url, payload, mutableContent };
	const tokens = credentials?.kind === "token" ? credentials.tokens : undefined;

	async function post(push: Push, signal: AbortSignal): Promise<Reply | Failure> {
		const id = random();
		const [authorization, collapseId] = await Promise.all([
			tokens?.authorization(),
			collapseIdOf(push, payload, hiddenName),
		]);
		const attempt = (header: string | undefined): Promise<Reply | Failure> => {
			const parts = { authorization: header, collapseId, id, now: now() };
			return exchange(buildRequest(app, push, parts), { fetch, now, signal });
		};
		const reply = await attempt(authorization);
		if (!tokens || authorization === undefined || !isExpiredToken(reply)) return reply;
		const renewed = await tokens.renewed(authorization);
		return renewed === undefined ? reply : attempt(renewed);
	}

	return async (push, signal) => {
		if (!credentials) return { kind: "misconfigured", reason: "no APNs key or certificate" };
		// It becomes part of a path.
		if (!isToken(routeOf(push).token))
			return { kind: "rejected", reason: "the device token is not hexadecimal", about: "push" };
		try {
			return await post(push, signal);
		} catch (error) {
			return unprepared(error);
		}
	};
}

function isExpiredToken(reply: Reply | Failure): boolean {
	return reply.kind === "reply" && reply.status === 403 && readBody(reply).word === EXPIRED_TOKEN;
}

function isToken(text: string): boolean {
	return /^(?:[0-9a-f]{2})+$/.test(text) && text.length >= 4 && text.length <= 2 * MAX_TOKEN;
}

function parseToken(name: "token" | "voipToken", text: string): string {
	const token = text.toLowerCase();
	if (!isToken(token))
		throw new InvalidDevice(
			`The ${name} must be 2 to ${MAX_TOKEN} bytes in hexadecimal, without blanks or brackets.`,
			name,
		);
	return token;
}

function pushToNobody(now: number): Push {
	const times = { registeredAt: now, renewedAt: now };
	const registration = { token: NOBODY, node: "check", owner: "", app: "", device: "", ...times };
	return { registration, notification: { class: "low" }, ttlSeconds: 0 };
}
