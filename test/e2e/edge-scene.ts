/** HTTP at an edge, a libSQL server between, and a connector that speaks XMPP: three programs that share a key. */
import { type Client, createClient } from "@libsql/client/web";
import { generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import type { Edge, EdgeOptions } from "../peers/edge.ts";
import { type Registered, type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import type { SubscriptionJson } from "../peers/web-push-device.ts";

export const SECRET_KEY = "the-key-that-edge-and-connector-derive-secrets-from";
export const TOKEN = "the-registration-token-that-users-are-given";

export interface EdgeScene {
	readonly edge: Edge;
	readonly sqld: Sqld;
	/** The database itself, for what no interface shows. */
	readonly database: Client;
	/** What the edge was started with. */
	readonly bindings: EdgeOptions["bindings"];
	/** A request to the edge; each from another network, unless `from` says which. */
	ask(method: string, path: string, options?: Asking): Promise<Response>;
	/** Registers over the JSON API. @throws with what was answered instead of 201 */
	register(subscription: SubscriptionJson): Promise<Registered>;
	stop(): Promise<void>;
}

export interface Asking {
	/** Bearer token. Default: none. */
	token?: string;
	/** Sent as JSON. */
	json?: unknown;
	/** Sent as a form. */
	form?: Record<string, string>;
	/** The client's address. */
	from?: string;
	headers?: Record<string, string>;
	signal?: AbortSignal;
}

export interface EdgeSceneOptions {
	start: (options: EdgeOptions) => Promise<Edge>;
	bundle: EdgeOptions["bundle"];
	/** Joined to what works, and in place of it. */
	bindings?: EdgeOptions["bindings"];
	/** The connector's; undefined: none is started. */
	connector?: ReveilleOptions;
	/** The connector reads registrations from a replica of its own. */
	replica?: boolean;
}

/** Keys that a browser's subscription is bound to, for edge and connector. */
export async function vapidPair() {
	const privateKey = await generateVapidKey();
	return { privateKey, publicKey: (await importVapidKey(privateKey)).publicKey };
}

export async function openEdgeScene(
	options: EdgeSceneOptions,
): Promise<EdgeScene & { connector: Reveille | undefined }> {
	const vapid = await vapidPair();
	const sqld = await startSqld();
	const shared = { DATABASE_URL: sqld.httpUrl, SECRET_KEY };
	const { connector: wanted, replica = false } = options;
	// First, as docs/edge.md says: it makes the tables.
	const connector = wanted
		? await startReveille({
				...wanted,
				settings: {
					...shared,
					ROLE: "connector",
					VAPID_PRIVATE_KEY: vapid.privateKey,
					PUSH_INTERVAL_MS: "0",
					...(replica && { DATABASE_URL: undefined, DATABASE_SYNC_URL: sqld.httpUrl }),
					...wanted.settings,
				},
			})
		: undefined;
	const bindings: EdgeOptions["bindings"] = {
		...shared,
		VAPID_PUBLIC_KEY: vapid.publicKey,
		XMPP_ADDRESS: "push@example.org/push",
		REGISTRATION_TOKEN: TOKEN,
		WEBPUSH_ALLOW_PRIVATE: true,
		...options.bindings,
	};
	const edge = await options.start({ bundle: options.bundle, bindings });
	const ask = asker(() => edge.url);
	return {
		edge,
		sqld,
		connector,
		bindings,
		ask,
		database: createClient({ url: sqld.httpUrl }),
		async register(subscription) {
			const answer = await ask("POST", "/api/v1/registrations", { token: TOKEN, json: { subscription } });
			if (answer.status !== 201) throw new Error(`registering: ${answer.status} ${await answer.text()}`);
			return (await answer.json()) as Registered;
		},
		async stop() {
			await edge.stop();
			await connector?.stop();
			await sqld.stop();
		},
	};
}

/** Asks as many clients would; of Deno's the runtime itself knows that they are all this machine. */
export function asker(url: () => string): EdgeScene["ask"] {
	let asked = 0;
	return (method, path, { token, json, form, from, headers, signal } = {}) =>
		fetch(url() + path, {
			method,
			headers: {
				"CF-Connecting-IP": from ?? `2001:db8:${(asked++).toString(16)}::1`,
				...(token !== undefined && { Authorization: `Bearer ${token}` }),
				...(json !== undefined && { "Content-Type": "application/json" }),
				...headers,
			},
			...(json !== undefined && { body: JSON.stringify(json) }),
			...(form && { body: new URLSearchParams(form) }),
			...(signal && { signal }),
		});
}
