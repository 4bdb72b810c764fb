/**
 * What Conversations and its kin (Snikket on Android) read in a push of FCM: which account to look at. They fetch the
 * message itself, so nothing of it leaves, and nobody on the way reads a JID.
 *
 * Source: `PushMessageReceiver` and `CryptoHelper.getAccountFingerprint` of Conversations, `Target` of p2.
 */

import { hexOf } from "../../syntax/hex.ts";
import { p2DeviceId } from "../../syntax/p2-device.ts";
import type { Registration } from "../../types.ts";

/** The data of a message. Hashes are lower-case hexadecimal of 40 characters. */
export interface ConversationsData extends Record<string, string> {
	/** SHA-1 of bare JID, NUL, device id. */
	account: string;
}

/**
 * @returns `account`; for the registration of a room `channel` beside it, the same of the room's JID
 */
export async function conversationsData(registration: Registration): Promise<ConversationsData> {
	const deviceId = p2DeviceId(registration);
	const { owner, muc } = registration;
	const [account, channel] = await Promise.all([
		fingerprint(owner, deviceId),
		muc === undefined ? undefined : fingerprint(muc, deviceId),
	]);
	return { account, ...(channel !== undefined && { channel }) };
}

async function fingerprint(jid: string, deviceId: string): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(`${jid}\0${deviceId}`));
	return hexOf(new Uint8Array(digest));
}
