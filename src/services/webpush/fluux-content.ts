/**
 * What Fluux Messenger's service worker reads. It shows a notification for each push, titled `title` or else `from`, and
 * groups them, and opens a chat, by `from` and `type`.
 *
 * Source: `buildPushNotification` and `resolveNotificationTarget` of fluux-messenger.
 */
import type { Notification } from "../../types.ts";
import { contentOf, fit } from "../content.ts";
import { AIM } from "./content.ts";

/** All fields may be missing: it then says that there is a new message. */
export interface FluuxContent {
	/** Who wrote, in a room. */
	title?: string | undefined;
	body?: string | undefined;
	/** A bare JID: of a contact, or of a room. */
	from?: string | undefined;
	type: "conversation" | "room";
}

/** The JSON of a notification, UTF-8, cut to what all push services take. */
export function fluuxContent(notification: Notification): Uint8Array<ArrayBuffer> {
	const encode = ({ sender, body, nickname }: Notification) => {
		const content: FluuxContent = {
			title: nickname,
			body: body ?? (notification.class === "voip" ? "Incoming call" : undefined),
			from: sender?.split("/", 1)[0],
			type: nickname === undefined ? "conversation" : "room",
		};
		return new TextEncoder().encode(JSON.stringify(content));
	};
	// Its node is not told: the app has no use for it.
	return encode(fit(contentOf("", notification), (candidate) => encode(candidate).length, AIM));
}
