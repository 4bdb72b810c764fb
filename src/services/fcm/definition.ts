/** FCM among the push services. */
import { url, words } from "../app-fields.ts";
import { AppsError, appShowsItself, defineService } from "../definition.ts";
import { createFcm } from "./fcm.ts";
import { importServiceAccount } from "./service-account.ts";

declare module "../../types.ts" {
	interface AppSettings {
		fcm: {
			/** JSON. */
			serviceAccount: string | undefined;
			url?: string | undefined;
		};
	}
}

export const fcm = defineService({
	name: "fcm",
	label: "FCM",
	turnedOnBy: "FCM_SERVICE_ACCOUNT",
	provider: "Google",
	credentialOf: () => "service account",
	fields: { service_account: words, url },
	variables: {
		FCM_SERVICE_ACCOUNT: { field: "service_account", what: "FCM: the service account's JSON" },
		FCM_URL: { field: "url", what: "FCM: a server in place of Google's own" },
	},
	settingsOf({ service_account: serviceAccount, url }, sends) {
		if (sends && !serviceAccount) throw new AppsError(["{service_account} is missing."]);
		return { serviceAccount, url };
	},
	alertUnused: appShowsItself("fcm"),
	payload: "conversations",
	takesPushModules: true,
	// GCM is Google's older name: the service ended, its tokens are FCM's.
	calledBy: { gcm: { listed: true }, fcm: {} },
	form: { title: "Register an app on Android (FCM)", token: "The registration token" },
	makerWith({ fetch, now, hiddenName }) {
		return async (app) => {
			const serviceAccount = app.serviceAccount ? await importServiceAccount(app.serviceAccount) : undefined;
			return createFcm({ serviceAccount, url: app.url, payload: app.payload, fetch, now, hiddenName });
		};
	},
});
