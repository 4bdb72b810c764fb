/**
 * What an APNs push says: Apple's `aps`, and beside it the content that all services share.
 */
import type { App, Push } from "../../types.ts";
import { type AlertText, wordsOf } from "../alert.ts";
import { type Content, contentOf, fit } from "../content.ts";
import { payloadForm } from "../payload-form.ts";
import { siskinContent } from "./siskin-content.ts";

/** How an app's pushes read. */
export interface AppText {
	/** What the phone shows where nothing else does; a key is one of the app's own `Localizable.strings`. */
	alert: AlertText;
	/** The app's setting. */
	payload?: App["payload"] | undefined;
	/** The app may change what is shown: true, if not given. */
	mutableContent?: boolean | undefined;
}

/** How Apple treats a push, and what it demands of each (Apple, "Sending notification requests to APNs"). */
export type PushType = "alert" | "background" | "voip";

/** Bytes. A larger payload is refused as a whole. */
const LIMITS: Readonly<Record<PushType, number>> = { alert: 4096, background: 4096, voip: 5120 };

/** The longest alert an operator may set, bytes: the content needs the room. */
const MAX_ALERT = 1024;

/**
 * Checks what an operator set.
 * @throws {Error} with a sentence for the operator
 */
export function checkAlert(alert: AlertText): void {
	const text = wordsOf(alert);
	if (text === "") throw new Error("The alert is empty: Apple shows no push without a text.");
	if (encode(text).length > MAX_ALERT) throw new Error(`The alert is longer than ${MAX_ALERT} bytes.`);
}

/**
 * The JSON of a push, UTF-8, never larger than Apple takes: `{"aps": {…}}` with the fields of a
 * {@link Content} beside it, or those of {@link siskinContent}. An app's notification service extension may replace
 * the alert (`mutable-content`), unless the app is set to have none.
 */
export function apnsPayload(
	push: Push,
	type: PushType,
	{ alert, payload, mutableContent = true }: AppText,
): Uint8Array<ArrayBuffer> {
	const aps = APS[type](alert, mutableContent);
	const { owner } = push.registration;
	const isForSiskin = payloadForm(payload, push.registration, "siskin") === "siskin";
	const whole = (content: Content) =>
		encode({ aps, ...(isForSiskin ? siskinContent(content, owner) : content) });
	const content = contentOf(push.registration.node, push.notification);
	return whole(fit(content, (candidate) => whole(candidate).length, LIMITS[type]));
}

/** Apple's part of the payload. */
const APS: Readonly<Record<PushType, (alert: AlertText, mutableContent: boolean) => object>> = {
	alert: (alert, mutableContent) => ({
		alert: "text" in alert ? { body: alert.text } : { "loc-key": alert.locKey },
		sound: "default",
		// The number: Apple ignores the string and `true`.
		...(mutableContent && { "mutable-content": 1 }),
	}),
	// With an alert, a sound or a badge Apple would refuse it, or show what nobody wrote.
	background: () => ({ "content-available": 1 }),
	// PushKit hands the app the whole dictionary.
	voip: () => ({}),
};

function encode(json: unknown): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(JSON.stringify(json));
}
