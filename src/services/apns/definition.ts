/** APNs among the push services. */
import { pemLines } from "../../syntax/pem.ts";
import { InvalidDevice } from "../../types.ts";
import { url, words, yesOrNo } from "../app-fields.ts";
import { type AppOf, AppsError, defineService, type Table } from "../definition.ts";
import type { ServiceEffects } from "../effects.ts";
import { type ApnsOptions, createApns } from "./apns.ts";
import { createProviderTokens, importApnsKey, type ProviderTokens } from "./provider-tokens.ts";

interface ApnsSettings {
	topic: string;
	sandbox: boolean;
	/** The app may change what is shown (`mutable-content`): true, if not given. */
	mutableContent?: boolean | undefined;
	url?: string | undefined;
	credentials:
		| { kind: "token"; key: string; keyId: string; teamId: string }
		/** PEM; the key may be in the same text. */
		| { kind: "certificate"; cert: string; key: string }
		| undefined;
}

declare module "../../types.ts" {
	interface AppSettings {
		apns: ApnsSettings;
	}
}

/** Of keys and teams. */
const APPLES_ID = /^[A-Z0-9]{10}$/;
const BUNDLE_ID = /^[a-z0-9-]{1,100}(\.[a-z0-9-]{1,100}){1,20}$/i;

const fields = {
	key: words,
	key_id: words,
	team_id: words,
	topic: words,
	cert: words,
	cert_key: words,
	url,
	sandbox: yesOrNo,
	mutable_content: yesOrNo,
};

export const apns = defineService({
	name: "apns",
	label: "APNs",
	turnedOnBy: "APNS_KEY, APNS_KEY_ID, APNS_TEAM_ID and APNS_TOPIC, or APNS_CERT and APNS_TOPIC",
	provider: "Apple",
	credentialOf: ({ credentials }) => (credentials?.kind === "certificate" ? "APNs certificate" : "APNs key"),
	fields,
	variables: {
		APNS_KEY: { field: "key", what: "APNs: the .p8 key; with APNS_KEY_ID, APNS_TEAM_ID, APNS_TOPIC" },
		APNS_KEY_ID: { field: "key_id", what: "APNs: the key's id, ten characters" },
		APNS_TEAM_ID: { field: "team_id", what: "APNs: the team's id, ten characters" },
		APNS_TOPIC: { field: "topic", what: "APNs: the app's bundle id" },
		APNS_CERT: { field: "cert", what: "APNs: a certificate instead of the key, PEM; with APNS_TOPIC" },
		APNS_CERT_KEY: {
			field: "cert_key",
			what: "APNs: the certificate's private key, if it is not in the same text",
		},
		APNS_SANDBOX: { field: "sandbox", what: "APNs: for apps run from Xcode (false)" },
		APNS_URL: { field: "url", what: "APNs: a server in place of Apple's own" },
	},
	settingsOf,
	contradictions: ({ key, key_id, team_id, cert, cert_key }) => [
		[key !== undefined && cert !== undefined, "give key or cert, not both."],
		[
			cert !== undefined && (key_id !== undefined || team_id !== undefined),
			"key_id and team_id go with key: leave them out beside cert.",
		],
		[cert === undefined && cert_key !== undefined, "cert_key goes with cert, which is missing."],
	],
	payload: "siskin",
	takesPushModules: true,
	calledBy: { apns: { listed: true } },
	form: {
		title: "Register an app on an iPhone, iPad or Mac (APNs)",
		token: "The device token, base64 of its bytes",
		tokenOf: hexOf,
	},
	makerWith(effects) {
		// Apple counts the tokens of a team: its apps share them.
		const teams = new Map<string, ProviderTokens>();
		return async (app) => createApns(await optionsOf(app, effects, teams));
	},
});

function settingsOf(table: Table<typeof fields>, sends: boolean): ApnsSettings {
	const { topic, sandbox = false, url, mutable_content: mutableContent } = table;
	const problems = topic ? [] : ["{topic} is missing: the app's bundle id."];
	if (topic !== undefined && !BUNDLE_ID.test(topic))
		problems.push("{topic} must be the app's bundle id, a domain written backwards: org.example.chat.");
	const credentials = sends ? credentialsOf(table, problems) : undefined;
	if (!topic || problems.length > 0) throw new AppsError(problems);
	return { topic, sandbox, url, mutableContent, credentials };
}

/** @param problems gets what is missing, a sentence each */
function credentialsOf(
	{ key, key_id: keyId, team_id: teamId, cert, cert_key: certKey }: Table<typeof fields>,
	problems: string[],
): ApnsSettings["credentials"] {
	if (cert !== undefined) {
		if (certKey === undefined && !cert.includes("PRIVATE KEY")) {
			problems.push(
				"{cert_key} is missing: {cert} holds no private key. `openssl pkcs12 -in FILE.p12 -nodes` prints both of a .p12 file.",
			);
		}
		return { kind: "certificate", cert: pemLines(cert), key: pemLines(certKey ?? cert) };
	}
	for (const [field, value, where] of [
		["key_id", keyId, "Apple shows it beside the key, and it is in the name of the .p8 file"],
		["team_id", teamId, "Apple shows it under Membership"],
	] as const) {
		if (value !== undefined && !APPLES_ID.test(value))
			problems.push(`{${field}} must be ten characters, A to Z and 0 to 9, and is not: ${where}.`);
	}
	if (key !== undefined && keyId !== undefined && teamId !== undefined) {
		return { kind: "token", key, keyId, teamId };
	}
	const group = { key, key_id: keyId, team_id: teamId };
	for (const [field, value] of Object.entries(group)) {
		if (value !== undefined) continue;
		problems.push(`{${field}} is missing: APNs needs {key}, {key_id} and {team_id}, or {cert}.`);
	}
	return undefined;
}

async function optionsOf(
	{ credentials, topic, sandbox, url, alert, payload, mutableContent }: AppOf<"apns">,
	{ http2Fetch, now, hiddenName }: ServiceEffects,
	teams: Map<string, ProviderTokens>,
): Promise<ApnsOptions> {
	const options = { topic, sandbox, url, alert, payload, mutableContent, now, hiddenName };
	if (credentials?.kind !== "token") {
		return {
			...options,
			credentials: credentials && { kind: "certificate" },
			fetch: http2Fetch(credentials),
		};
	}
	const { key, keyId, teamId } = credentials;
	const team = `${teamId} ${keyId}`;
	const tokens =
		teams.get(team) ?? createProviderTokens({ key: await importApnsKey(key), keyId, teamId, now });
	teams.set(team, tokens);
	return { ...options, credentials: { kind: "token", tokens }, fetch: http2Fetch() };
}

/** mod_push's APNs tokens are base64 of the binary token: in hexadecimal they would decode too, to another token. */
function hexOf(base64: string): string {
	try {
		const bytes = atob(base64.replaceAll(/\s/g, ""));
		return [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
	} catch {
		throw new InvalidDevice("The token must be base64 of the binary device token.");
	}
}
