/**
 * The registry: makes the push service of each app. A service without credentials only checks devices: that is all
 * an edge does.
 */
import type { AppConfig } from "../config/apps.ts";
import type { PushService } from "../types.ts";
import { type ApnsOptions, createApns } from "./apns/apns.ts";
import { createProviderTokens, importApnsKey, type ProviderTokens } from "./apns/provider-tokens.ts";
import type { HiddenName } from "./collapse-key.ts";
import type { EndpointPolicy } from "./endpoint.ts";
import type { Fetch } from "./exchange.ts";
import { createFcm } from "./fcm/fcm.ts";
import { importServiceAccount } from "./fcm/service-account.ts";
import { createUbuntu } from "./ubuntu/ubuntu.ts";
import type { RecordCipher } from "./webpush/message-encryption.ts";
import { createVapid, type VapidKey } from "./webpush/vapid-signature.ts";
import { createWebPush } from "./webpush/webpush.ts";
import type { ChannelPolicy } from "./wns/channel.ts";
import { createWns } from "./wns/wns.ts";

export interface ServiceEffects {
	/** For URLs that clients hand in: must check addresses. */
	guardedFetch: Fetch;
	/** For providers that the operator named. */
	fetch: Fetch;
	/** For APNs: speaks HTTP/2, showing a client certificate (PEM) if there is one. */
	http2Fetch(certificate?: { cert: string; key: string }): Fetch;
	now: () => number;
	policy: EndpointPolicy;
	/** Where channels may point; nowhere private, if not given. */
	wns?: ChannelPolicy;
	vapid: { key?: VapidKey | undefined; subject?: string | undefined };
	/** For messages of Web Push; WebCrypto's if not given. */
	recordCipher?: RecordCipher;
	/** WebCrypto's if not given. */
	hiddenName?: HiddenName;
}

/**
 * Makes the services of all apps, by the app's name.
 * @throws {Error} with a sentence for the operator that begins with the app's name and quotes no key
 */
export async function createServices(
	apps: readonly AppConfig[],
	effects: ServiceEffects,
): Promise<ReadonlyMap<string, PushService>> {
	// Apple counts the tokens of a team: its apps share them.
	const teams = new Map<string, ProviderTokens>();
	const services = new Map<string, PushService>();
	for (const app of apps) {
		try {
			services.set(app.name, await createService(app, effects, teams));
		} catch (error) {
			throw new Error(`App ${app.name}: ${error instanceof Error ? error.message : error}`, { cause: error });
		}
	}
	return services;
}

async function createService(
	app: AppConfig,
	effects: ServiceEffects,
	teams: Map<string, ProviderTokens>,
): Promise<PushService> {
	const { guardedFetch, fetch, now, policy, hiddenName } = effects;
	const { alert } = app;
	switch (app.service) {
		case "webpush": {
			const { key, subject } = effects.vapid;
			const vapid = key && createVapid({ key, subject, now });
			return createWebPush({
				fetch: guardedFetch,
				vapid,
				policy,
				now,
				recordCipher: effects.recordCipher,
				hiddenName,
			});
		}
		case "apns":
			return createApns(await apnsOptions(app, effects, teams));
		case "fcm": {
			const serviceAccount = app.serviceAccount ? await importServiceAccount(app.serviceAccount) : undefined;
			const { url, payload } = app;
			return createFcm({ serviceAccount, url, payload, fetch, now, hiddenName });
		}
		case "ubuntu": {
			const { applicationId: appId, icon, url } = app;
			return createUbuntu({ appId, icon, url, alert, fetch, now, hiddenName });
		}
		case "wns": {
			const { credentials, type, tokenUrl } = app;
			const channels = effects.wns ?? { allowPrivate: false };
			return createWns({ credentials, type, tokenUrl, policy: channels, alert, fetch, now });
		}
	}
}

async function apnsOptions(
	app: Extract<AppConfig, { service: "apns" }>,
	{ http2Fetch, now, hiddenName }: ServiceEffects,
	teams: Map<string, ProviderTokens>,
): Promise<ApnsOptions> {
	const { credentials, topic, sandbox, url, alert, payload, mutableContent } = app;
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
