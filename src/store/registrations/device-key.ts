/** What makes a registration unique beside its owner and app, where no client's own name of its device does. */
import * as base64url from "jose/base64url";

/**
 * What the device of such a registration begins with: where a client of mod_push_appserver names it, where the JSON API
 * makes an id, and where an own user's is known by its token.
 */
export const FORM_DEVICE = "form:";
export const API_DEVICE = "api:";
export const OWN_DEVICE = "own:";

/** Whether a device's name is one of these: it says nothing to people. */
export const isMadeDevice = (device: string): boolean =>
	[FORM_DEVICE, API_DEVICE, OWN_DEVICE].some((prefix) => device.startsWith(prefix));

/**
 * Of mod_push_appserver's clients over HTTP, and of what was imported from it; hashed, so that its length is bounded.
 * @param token as its push service's `parseDevice` returned it; undefined: the device id alone is trusted
 */
export async function formDeviceKey(deviceId: string, token: string | undefined): Promise<string> {
	const text = JSON.stringify(token === undefined ? [deviceId] : [deviceId, token]);
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return `${FORM_DEVICE}${base64url.encode(new Uint8Array(hash))}`;
}
