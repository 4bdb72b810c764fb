/**
 * What Siskin, Snikket on iOS and BeagleIM read beside Apple's `aps`: the content of Tigase's own push component.
 *
 * Source: `NotificationService`, `AppDelegate` and `CallManager` of siskin-im.
 */
import type { Content } from "../content.ts";

/** The app knows its accounts by their JIDs: without `account` it shows the text alone. */
export type SiskinContent = { account: string } & (
	| {
			/** AES-128-GCM with the key that the app gave its server, base64. */
			encrypted: string;
			iv: string;
	  }
	| {
			/** Push 2.0: the body of a Web Push, base64, for the device alone. */
			rfc8291: string;
	  }
	| {
			/** A bare JID. */
			sender?: string | undefined;
			body?: string | undefined;
			/** Who wrote, in a room. */
			nickname?: string | undefined;
			/** In a push without a sign and without a sender, 0 takes the account's messages off the screen. */
			"unread-messages"?: number | undefined;
	  }
);

/**
 * A content as these apps read it. No node: for Tigase's clients it is the credential to publish with, and they have
 * no use for it.
 * @param account the owner's bare JID
 */
export function siskinContent(
	{ sender, body, nickname, count, encrypted, rfc8291 }: Content,
	account: string,
): SiskinContent {
	if (encrypted) return { account, encrypted: encrypted.data, iv: encrypted.iv };
	if (rfc8291 !== undefined) return { account, rfc8291 };
	return { account, sender: sender?.split("/", 1)[0], body, nickname, "unread-messages": count };
}
