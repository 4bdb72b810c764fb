/** Ubuntu Push among the push services. */
import { url, words } from "../app-fields.ts";
import { defineService } from "../definition.ts";
import { createUbuntu } from "./ubuntu.ts";

declare module "../../types.ts" {
	interface AppSettings {
		ubuntu: {
			applicationId?: string | undefined;
			icon?: string | undefined;
			url?: string | undefined;
		};
	}
}

export const ubuntu = defineService({
	name: "ubuntu",
	label: "Ubuntu Push",
	provider: "Ubuntu Push",
	fields: { application_id: words, icon: words, url },
	variables: { UBUNTU_URL: { field: "url", what: "Ubuntu Push: a server in place of UBports' own" } },
	// Their tokens are those of one server: another would call them unknown.
	ownApp(table, heir) {
		const url = heir ? heir.url : table.url;
		return url === undefined ? {} : { url };
	},
	settingsOf: ({ application_id: applicationId, icon, url }) => ({ applicationId, icon, url }),
	calledBy: { ubuntu: { listed: true } },
	form: {
		title: "Register an app on Ubuntu Touch (Ubuntu Push)",
		token: "The push client's token",
		more: { "application-id": { is: "applicationId", label: "The application, package_app" } },
	},
	makerWith({ fetch, now, hiddenName }) {
		return ({ applicationId: appId, icon, url, alert }) =>
			createUbuntu({ appId, icon, url, alert, fetch, now, hiddenName });
	},
});
