/** An application over a real database and the real push services' checks, for tests of its routes. */
import type { Logger } from "@logtape/logtape";
import { type AppDeps, createApp } from "../../src/app.ts";
import { parseApps } from "../../src/config/apps.ts";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import type { MetricsDeps } from "../../src/routes/admin/metrics.ts";
import { createTokenCheck } from "../../src/routes/guards/registration-token.ts";
import { createKeyring } from "../../src/secrets.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { createServices } from "../../src/services/services-of-apps.ts";
import { generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { createInvites } from "../../src/store/invites.ts";
import { createPubsubNodes } from "../../src/store/pubsub-nodes.ts";
import type { Quotas } from "../../src/store/registrations/quotas.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import type { Answer, Notification } from "../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

export const SECRET_KEY = "a key of at least thirty-two characters, for tests";

const keyring = await createKeyring(SECRET_KEY, ["an older key of at least thirty-two characters"]);
const vapid = await importVapidKey(await generateVapidKey());
const sendsNothing = () => Promise.reject(new Error("these tests send nothing"));
const made = await createServices([{ name: "webpush", service: "webpush", alert: { text: "" } }], {
	fetch: sendsNothing,
	guardedFetch: sendsNothing,
	http2Fetch: () => sendsNothing,
	now: Date.now,
	policy: endpointPolicy({ allowHosts: ["push.example", "other.example"], allowPrivate: false }),
	vapid: { key: vapid },
});
const webpush = made.get("webpush");
if (!webpush) throw new Error("no Web Push");
/** Further names, for tests with several apps. */
const services = new Map(["webpush", "first", "second"].map((name) => [name, webpush]));

/** Where clients choose any host: those that the operator names are not counted. */
export const anyHost = await createServices([{ name: "webpush", service: "webpush", alert: { text: "" } }], {
	fetch: sendsNothing,
	guardedFetch: sendsNothing,
	http2Fetch: () => sendsNothing,
	now: Date.now,
	policy: endpointPolicy({ allowHosts: ["*"], allowPrivate: false }),
	vapid: { key: vapid },
});

/** An app of each kind of device: with a subscription, with two tokens, with an id of its application. */
export const devices = await (async () => {
	const tables = [
		{ name: "webpush", service: "webpush" },
		{ name: "apns", service: "apns", topic: "org.example.chat" },
		{ name: "ubuntu", service: "ubuntu" },
	];
	const apps = parseApps(tables, "APPS", false);
	const policy = endpointPolicy({ allowHosts: ["push.example"], allowPrivate: false });
	return {
		apps,
		services: await createServices(apps, {
			fetch: sendsNothing,
			guardedFetch: sendsNothing,
			http2Fetch: () => sendsNothing,
			now: Date.now,
			policy,
			vapid: { key: vapid },
		}),
	};
})();

/** RFC 8291 §5: a browser's subscription, as `PushSubscription.toJSON()` gives it. */
export const subscription = (endpoint = "https://push.example/token-1") => ({
	endpoint,
	expirationTime: null,
	keys: {
		p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
		auth: "BTBZMqHH6r4Tts7J_aSIgg",
	},
});

/** Registering asks for this token. */
export const askingFor = (token: string) => ({
	mode: "token" as const,
	check: createTokenCheck({ own: [token], tokens: { living: async () => [] } }),
});

/** Starts an application of its own; `deps` replaces parts of it. @param given a database that is there */
export async function startTestServer(
	deps: Partial<AppDeps & MetricsDeps> = {},
	quotas: Partial<Quotas> = {},
	given?: TestDatabase,
) {
	const database = given ?? (await openTestDatabase());
	const pushed: { node: string; notification: Notification }[] = [];
	const logged: string[] = [];
	const write = (message: string, properties: object = {}) => {
		logged.push(`${message} ${JSON.stringify(properties)}`);
	};
	const state = {
		answer: { kind: "done", how: "delivered" } as Answer,
		/** The address of whoever connects; each request from another one, unless a test says which. */
		peer: undefined as string | undefined,
		now: Date.now(),
	};
	let requests = 0;
	const registrations = createRegistrations(
		database.db,
		{ owner: 1000, address: 1000, host: 1000, ...quotas },
		{ now: () => state.now },
	);
	const whole: AppDeps & MetricsDeps = {
		version: "0.0.0-test",
		registrations,
		keyring,
		invites: createInviteDesk(
			createInvites(database.db, () => state.now),
			() => state.now,
		),
		services,
		apps: [{ name: "webpush", service: "webpush", vapidPublicKey: vapid.publicKey }],
		pushAddress: "push@example.net/push",
		nodes: createNodeSource(keyring, createPubsubNodes(database.db), []),
		registration: { mode: "open" },
		trustDeviceId: false,
		publishers: "own",
		async push(node, notification) {
			pushed.push({ node, notification });
			return state.answer;
		},
		readiness: async () => ({ database: true, xmpp: true }),
		trustedProxies: [],
		peerAddress: () =>
			state.peer ?? `10.${(++requests >> 16) & 255}.${(requests >> 8) & 255}.${requests & 255}`,
		log: { debug: write, info: write, warn: write, error: write } as unknown as Logger,
		now: () => state.now,
		...deps,
	};
	const app = createApp(whole);

	const json = (method: string, path: string, body?: unknown, bearer?: string) =>
		app.request(`/api/v1${path}`, {
			method,
			headers: {
				...(body !== undefined && { "Content-Type": "application/json" }),
				...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
			},
			...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
		});

	return {
		...database,
		app,
		/** What the application is composed from. */
		deps: whole,
		db: database.db,
		state,
		pushed,
		logged,
		keyring,
		registrations,
		json,
		form: (name: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
			app.request(`/push_appserver/v1/${name}`, {
				method: "POST",
				headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
				body: new URLSearchParams(fields).toString(),
			}),
		async registered(body: object = { subscription: subscription() }) {
			const response = await json("POST", "/registrations", body);
			if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
			return (await response.json()) as {
				jid: string;
				node: string;
				secret: string;
				deviceSecret: string;
				app: string;
			};
		},
		rows: async () => (await database.client.execute("SELECT * FROM registrations ORDER BY rowid")).rows,
	};
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** Everything of a response that a client sees. */
export async function seen(response: Response | Promise<Response>) {
	const given = await response;
	return { status: given.status, headers: [...given.headers].sort(), body: await given.text() };
}
