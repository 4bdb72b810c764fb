/** WNS among the push services. */
import { z } from "zod";
import { InvalidDevice } from "../../types.ts";
import { url, words } from "../app-fields.ts";
import { AppsError, defineService, type Table } from "../definition.ts";
import type { WnsType } from "./message.ts";
import { createWns, type WnsCredentials } from "./wns.ts";

declare module "../../types.ts" {
	interface AppSettings {
		wns: {
			type: WnsType;
			credentials: WnsCredentials | undefined;
			tokenUrl?: string | undefined;
		};
	}
}

const fields = {
	package_sid: words,
	client_secret: words,
	tenant_id: words,
	client_id: words,
	token_url: url,
	type: z.enum(["raw", "toast"], { error: "must be raw or toast" }),
};

export const wns = defineService({
	name: "wns",
	label: "WNS",
	turnedOnBy:
		"WNS_PACKAGE_SID and WNS_CLIENT_SECRET, or at Entra WNS_TENANT_ID, WNS_CLIENT_ID and WNS_CLIENT_SECRET",
	provider: "Microsoft",
	credentialOf: () => "client secret",
	fields,
	variables: {
		WNS_PACKAGE_SID: {
			field: "package_sid",
			what: "WNS: the package SID from the Microsoft Store; with WNS_CLIENT_SECRET",
		},
		WNS_CLIENT_SECRET: {
			field: "client_secret",
			what: "WNS: the secret of WNS_PACKAGE_SID or WNS_CLIENT_ID",
		},
		WNS_TENANT_ID: {
			field: "tenant_id",
			what: "WNS: the tenant at Entra; with WNS_CLIENT_ID, WNS_CLIENT_SECRET",
		},
		WNS_CLIENT_ID: { field: "client_id", what: "WNS: the application's id at Entra" },
		WNS_TOKEN_URL: {
			field: "token_url",
			what: "WNS: a server in place of Microsoft's own, for access tokens",
		},
	},
	settingsOf({ type = "raw", token_url: tokenUrl, ...account }, sends) {
		return { type, tokenUrl, credentials: sends ? credentialsOf(account) : undefined };
	},
	alertUnused: ({ type = "raw" }) =>
		type === "raw"
			? 'alert and alert_key are for type = "toast": raw pushes show nothing by themselves.'
			: undefined,
	calledBy: { wns: { listed: true } },
	form: { title: "Register an app on Windows (WNS)", token: "The channel URI", tokenOf: unescaped },
	makerWith({ wns: policy = { allowPrivate: false }, fetch, now }) {
		return ({ credentials, type, tokenUrl, alert }) =>
			createWns({ credentials, type, tokenUrl, policy, alert, fetch, now });
	},
});

function credentialsOf({
	package_sid: packageSid,
	client_secret: clientSecret,
	tenant_id: tenantId,
	client_id: clientId,
}: Table<typeof fields>): WnsCredentials {
	const isOfStore = packageSid !== undefined && tenantId === undefined && clientId === undefined;
	const isOfEntra = packageSid === undefined && tenantId !== undefined && clientId !== undefined;
	if (clientSecret !== undefined && isOfStore) return { kind: "sid", packageSid, clientSecret };
	if (clientSecret !== undefined && isOfEntra) return { kind: "entra", tenantId, clientId, clientSecret };
	throw new AppsError([
		...(clientSecret === undefined ? ["{client_secret} is missing."] : []),
		...(isOfStore || isOfEntra ? [] : ["WNS needs {package_sid}, or {tenant_id} and {client_id}."]),
	]);
}

/** mod_push's channel URIs are escaped as a whole; one that is not has escapes of its own, which stay. */
function unescaped(uri: string): string {
	if (/^https?:\/\//i.test(uri)) return uri;
	try {
		return decodeURIComponent(uri);
	} catch {
		throw new InvalidDevice("The token must be the channel URI, escaped.");
	}
}
