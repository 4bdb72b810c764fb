/** Web Push among the push services. */
import { appShowsItself, defineService } from "../definition.ts";
import { createVapid } from "./vapid-signature.ts";
import { createWebPush } from "./webpush.ts";

declare module "../../types.ts" {
	interface AppSettings {
		/** All that it needs is the server's own. */
		webpush: object;
	}
}

export const webpush = defineService({
	name: "webpush",
	label: "Web Push",
	credentialOf: () => "VAPID key",
	fields: {},
	ownApp: () => ({}),
	settingsOf: () => ({}),
	alertUnused: appShowsItself("webpush"),
	payload: "fluux",
	isSealed: true,
	subscribesWithKey: true,
	calledBy: { mozilla: { listed: true }, webpush: { isOurs: true }, unifiedpush: { isOurs: true } },
	form: {
		title: "Register a browser or a UnifiedPush app (Web Push)",
		token: "The endpoint's URL",
		more: {
			p256dh: { is: "p256dh", label: "The device's public key, base64url" },
			auth: { is: "auth", label: "Its authentication secret, base64url" },
			title: { is: "title", label: "Apple alone: the title of what it shows, where nobody is named" },
			navigate: { is: "navigate", label: "Apple alone: the https URL that a tap on it opens" },
		},
	},
	makerWith({ vapid: { key, subject }, guardedFetch: fetch, policy, now, messageCipher, hiddenName }) {
		const vapid = key && createVapid({ key, subject, now });
		return ({ payload }) => createWebPush({ fetch, vapid, policy, now, payload, messageCipher, hiddenName });
	},
});
