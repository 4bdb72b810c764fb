/** What makes a registration unique beside its owner and app, where a client names its device itself. */
import * as base64url from "jose/base64url";

/** What the device of such a registration begins with: the JSON API makes ids without it. */
export const FORM_DEVICE = "form:";

/**
 * Of mod_push_appserver's clients over HTTP, and of what was imported from it; hashed, so that its length is bounded.
 * @param token as its push service's `parseDevice` returned it; undefined: the device id alone is trusted
 */
export async function formDeviceKey(deviceId: string, token: string | undefined): Promise<string> {
	const text = JSON.stringify(token === undefined ? [deviceId] : [deviceId, token]);
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return `${FORM_DEVICE}${base64url.encode(new Uint8Array(hash))}`;
}
