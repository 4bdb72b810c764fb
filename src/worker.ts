/**
 * The entry for an edge runtime: HTTP only. What comes in for a device is handed over to a connector of the same
 * database. It wires; nothing else is done here. Web APIs only: no sockets, no `node:*`, no `process`.
 */
import { createClient } from "@libsql/client/web";
import { getLogger } from "@logtape/logtape";
import { drizzle } from "drizzle-orm/libsql/web";
import packageJson from "../package.json" with { type: "json" };
import { createApp } from "./app.ts";
import { parseConfig } from "./config.ts";
import { handOver } from "./delivery/handing-over.ts";
import { createNodeSource } from "./registering/nodes.ts";
import { createKeyring, withFormerSecrets } from "./secrets.ts";
import { endpointPolicy } from "./services/endpoint.ts";
import { createServices } from "./services/index.ts";
import { importVapidKey } from "./services/vapid.ts";
import { checkSecretKey } from "./store/facts.ts";
import { createFormerSecrets } from "./store/former-secrets.ts";
import { createHandover } from "./store/handover.ts";
import { createPubsubNodes } from "./store/pubsub-nodes.ts";
import { databaseReadiness } from "./store/readiness.ts";
import { createRegistrations } from "./store/registrations.ts";

type Bindings = Record<string, unknown>;

async function compose(bindings: Bindings) {
	const config = parseConfig({ ...bindings, ROLE: "http" });
	const { database, secretKey = "", vapid, webPush, registration } = config;
	if (registration.mode === "token" && !registration.token) throw new Error("REGISTRATION_TOKEN is missing.");
	const client = createClient({
		url: database.url ?? "",
		...(database.authToken === undefined ? {} : { authToken: database.authToken }),
	});
	const db = drizzle(client);
	const keys = await createKeyring(secretKey, config.secretKeysOld);
	await checkSecretKey(db, keys);
	const keyring = withFormerSecrets(keys, createFormerSecrets(db));
	const vapidPublicKey =
		vapid.publicKey ?? (vapid.privateKey ? (await importVapidKey(vapid.privateKey)).publicKey : "");
	const sendsNothing = () => Promise.reject(new Error("The edge sends no pushes."));
	const services = await createServices(config.apps, {
		...{ fetch: sendsNothing, guardedFetch: sendsNothing, http2Fetch: () => sendsNothing, now: Date.now },
		policy: endpointPolicy(webPush),
		vapid: {},
	});
	return createApp({
		version: packageJson.version,
		registrations: createRegistrations(db, config.quotas),
		keyring,
		// Nothing is sent from here, so nothing is fetched: devices are only checked.
		services,
		apps: config.apps.map(({ name, service, retired }) => ({
			...{ name, service, ...(retired && { retired }) },
			...(service === "webpush" && { vapidPublicKey }),
		})),
		pushAddress: config.pushAddress,
		nodes: createNodeSource(keyring, createPubsubNodes(db), config.pubsubHosts),
		registration:
			registration.mode === "open" ? registration : { mode: "token", token: registration.token ?? "" },
		trustDeviceId: config.trustDeviceId,
		debugPages: config.debugPages,
		push: handOver(createHandover(db), config.pushTtlSeconds),
		readiness: async () => ({ database: await databaseReadiness(client), xmpp: undefined }),
		trustedProxies: config.trustedProxies,
		// An edge platform sets this header itself, over whatever a client sent.
		peerAddress: (request) => request.headers.get("cf-connecting-ip") ?? undefined,
		log: getLogger("reveille"),
	});
}

// One application for an isolate's bindings: they do not change while it lives.
const composed = new WeakMap<Bindings, ReturnType<typeof compose>>();

export default {
	async fetch(request: Request, bindings: Bindings): Promise<Response> {
		const app = composed.get(bindings) ?? compose(bindings);
		composed.set(bindings, app);
		// A start that failed (the database was away) must not be remembered.
		app.catch(() => composed.delete(bindings));
		return (await app).fetch(request);
	},
};
