/**
 * What is sent to the Ubuntu Push server: data for the app, and for a message a card that the phone shows by itself.
 *
 * The format is the push client's: `docs/_common.txt` of `https://gitlab.com/ubports/development/core/lomiri-push-service`.
 */
import type { Push, PushClass } from "../../types.ts";
import { type AlertText, wordsOf } from "../alert.ts";
import { type HiddenName, webCryptoHiddenName } from "../collapse-key.ts";
import { type Content, contentOf, fit } from "../content.ts";
import { hasOwnText } from "../own-text.ts";
import { timeToLive } from "../time-to-live.ts";

/** How an app's cards look. */
export interface UbuntuCard {
	/** The text of a card whose sender is not known; a key is one that the app's push helper translates. */
	alert: AlertText;
	/** A path on the phone or the name of an icon of its theme. */
	icon?: string | undefined;
}

/** The request's body. */
export interface UbuntuMessage {
	/** `package_app`. */
	appid: string;
	/** RFC 3339. */
	expire_on: string;
	token: string;
	/**
	 * Of the messages with the same tag the server keeps the newest while the phone is away; none where each stands for
	 * itself.
	 */
	replace_tag?: string;
	/** Throws away what waits for this app and phone. */
	clear_pending?: true;
	data: UbuntuData;
}

/** What the app's push helper is given: it may change it before the phone shows it. */
export interface UbuntuData {
	/** For the app itself. */
	message: Content;
	/** For the phone. */
	notification?: {
		/** By it the app takes its cards back. */
		tag: string;
		card: {
			summary: string;
			body?: string;
			icon?: string;
			/** What opens when it is tapped. */
			actions: string[];
			popup: true;
			persist: true;
		};
		sound: true;
		vibrate: true;
		"emblem-counter"?: { count: number; visible: boolean };
	};
}

/** The server takes no more of `data`; bytes. */
const MAX_DATA = 2048;
/** The server refuses what has run out on arrival, and clocks differ; seconds. */
const MIN_TTL_S = 60;

/** Whether the phone shows something by itself. */
const SHOWN: Readonly<Record<PushClass, boolean>> = {
	voip: true, // someone calls, and no app is woken by data alone
	high: true, // someone wrote
	event: false, // the card's text speaks of a message: the helper or the app says what happened
	low: false, // for when the app is opened anyway
};

/**
 * The body of a push. Its data, at most 2 KiB:
 *
 * ```json
 * {
 *   "message": { "node": "So-hxDY8…", "class": "high", "count": 3, "sender": "juliet@example.net", "body": "…" },
 *   "notification": {
 *     "tag": "So-hxDY8…",
 *     "card": { "summary": "juliet@example.net", "body": "…", "popup": true, "persist": true, "actions": ["appid://…"] },
 *     "sound": true, "vibrate": true, "emblem-counter": { "count": 3, "visible": true }
 *   }
 * }
 * ```
 *
 * `message` is the object of a Web Push: only what the user's server published, with `node` and `class` always.
 * The card's summary is the sender, or the app's text where it is not known; its body is the message's, or the app's
 * text.
 * @param now ms since the epoch
 */
export function ubuntuMessage(
	push: Push,
	app: UbuntuCard & { appId: string },
	parts: { replaceTag?: string | undefined; now: number },
): UbuntuMessage {
	const content = contentOf(push.registration.node, push.notification);
	const fitting = fit(content, (candidate) => bytesOf(dataOf(candidate, app)), MAX_DATA);
	const ttl = timeToLive(push.ttlSeconds, { least: MIN_TTL_S });
	return {
		appid: app.appId,
		expire_on: new Date(parts.now + ttl * 1000).toISOString(),
		token: push.registration.token,
		...(parts.replaceTag !== undefined && { replace_tag: parts.replaceTag }),
		data: dataOf(fitting, app),
	};
}

/**
 * The tag of a registration's pushes of one class: one phone's token serves all accounts of the app.
 * @returns 16 base64url characters; none where each push stands for itself (own-text.ts)
 */
export function replaceTagOf(
	{ registration, notification }: Push,
	hiddenName: HiddenName = webCryptoHiddenName,
): string | Promise<string> | undefined {
	if (hasOwnText(notification)) return undefined;
	return hiddenName(`${registration.node}\n${notification.class}`, 12);
}

function dataOf(content: Content, app: UbuntuCard & { appId: string }): UbuntuData {
	if (!SHOWN[content.class]) return { message: content };
	const { node, count, sender, body } = content;
	const alert = wordsOf(app.alert);
	const text = body ?? (sender === undefined ? undefined : alert);
	return {
		message: content,
		notification: {
			tag: node,
			card: {
				summary: sender ?? alert,
				...(text !== undefined && { body: text }),
				...(app.icon !== undefined && { icon: app.icon }),
				actions: actionsOf(app.appId),
				popup: true,
				persist: true,
			},
			sound: true,
			vibrate: true,
			...(count !== undefined && { "emblem-counter": { count, visible: count > 0 } }),
		},
	};
}

/** Opens the app: a card without an action cannot be tapped. */
function actionsOf(appId: string): string[] {
	const [, packageName, appName] = /^([^_]+)_([^_]+)/.exec(appId) ?? [];
	return packageName && appName ? [`appid://${packageName}/${appName}/current-user-version`] : [];
}

/** Bytes of the data as the server counts them: as they stand in the body. */
function bytesOf(data: UbuntuData): number {
	return new TextEncoder().encode(JSON.stringify(data)).length;
}
