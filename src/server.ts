/**
 * The entry for Bun: HTTP and connector in one process (ROLE=all), or one of them (ROLE=http, ROLE=connector).
 * It wires; nothing else is done here.
 */
import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import packageJson from "../package.json" with { type: "json" };
import { createApp, createWatchingApp } from "./app.ts";
import { readApps } from "./bun/apps-file.ts";
import { banner } from "./bun/banner.ts";
import { type Connector, startConnector } from "./bun/connector.ts";
import { prepareDataFolder, secretFile } from "./bun/data-folder.ts";
import { type OpenDatabase, openDatabase } from "./bun/database.ts";
import { readKeyFiles } from "./bun/environment.ts";
import { help } from "./bun/help.ts";
import { createHttp2Fetch } from "./bun/http2-fetch.ts";
import { type BunEnv, listen } from "./bun/listen.ts";
import { startLogging } from "./bun/logging.ts";
import { createPinnedFetch } from "./bun/pinned-fetch.ts";
import { endAsked } from "./bun/signals.ts";
import { StartError } from "./bun/start-error.ts";
import { type Config, ConfigError, parseConfig } from "./config.ts";
import { type CredentialCheck, checkCredentials } from "./delivery/credentials.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { createGates } from "./delivery/gates.ts";
import { startHandoverLoop } from "./delivery/handover-loop.ts";
import { startHousekeeping } from "./delivery/housekeeping.ts";
import { startOutboxLoop } from "./delivery/outbox-loop.ts";
import { createResults } from "./delivery/results.ts";
import { createVerdicts } from "./delivery/verdicts.ts";
import type { AppDeps, PublicApp, Readiness } from "./routes/deps.ts";
import { createKeyring, type Keyring } from "./secrets.ts";
import { endpointPolicy } from "./services/endpoint.ts";
import { createServices } from "./services/index.ts";
import { generateVapidKey, importVapidKey } from "./services/vapid.ts";
import { misspelt, settingNames } from "./settings.ts";
import { checkSecretKey, checkVapidKey, WrongKey } from "./store/facts.ts";
import { createHandover, type Handover } from "./store/handover.ts";
import { openOutbox } from "./store/outbox.ts";
import { createRegistrations, type Registrations } from "./store/registrations.ts";
import { openStreams } from "./store/streams.ts";
import type { Answer, App, Notification, PushService } from "./types.ts";
import { createStanzaHandler } from "./xmpp/stanzas.ts";

const { version } = packageJson;

/** How long pushes on their way may take when the process is asked to end, ms. The rest waits in the outbox. */
const DRAIN_MS = 5_000;

/**
 * Pushes on their way to one app or provider. Bun has 256 requests in flight at most, unless its start was told
 * otherwise (package.json): a provider that hangs must leave room for the others.
 */
const IN_FLIGHT = Math.floor(Number(process.env.BUN_CONFIG_MAX_HTTP_REQUESTS ?? 256) / 8);

/** What every role has. */
interface Common {
	config: Config;
	log: Logger;
	shared: OpenDatabase;
	keyring: Keyring;
	registrations: Registrations;
	handover: Handover;
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	checks: readonly CredentialCheck[];
	apps: readonly App[];
}

/** The part of a process that sends. */
interface Sender {
	push(node: string, notification: Notification): Promise<Answer>;
	xmppStatus(): Readiness["xmpp"];
	stop(): Promise<void>;
}

async function main(args: readonly string[]): Promise<void> {
	if (args.includes("--help") || args.includes("-h")) return console.log(help(version));
	if (args.includes("--version")) return console.log(version);
	if (args.length > 0)
		throw new StartError(
			`There are no arguments but --help and --version; settings are environment variables.`,
		);

	const settings = readKeyFiles(process.env, settingNames);
	const config = parseConfig({ ...settings, APPS: readApps(settings.APPS) });
	const log = await startLogging(config.logLevel);
	for (const { name, meant } of misspelt(Object.keys(process.env))) {
		log.warn("{name} is no setting{hint}", {
			name,
			hint: meant ? `: did you mean ${meant}?` : ", and is ignored.",
		});
	}
	const created: string[] = [];
	const secret = async (name: string, generate: () => string | Promise<string>) => {
		const file = await secretFile(config.dataDir, name, generate);
		if (file.created) created.push(name);
		return file.value;
	};

	if (config.role !== "http") prepareDataFolder(config.dataDir);
	const secretKey = config.secretKey ?? (await secret("secret.key", randomKey));
	const vapidKey =
		config.role === "http" && !config.vapid.privateKey
			? undefined
			: await naming("VAPID_PRIVATE_KEY", async () =>
					importVapidKey(config.vapid.privateKey ?? (await secret("vapid.key", generateVapidKey))),
				);

	const keyring = await createKeyring(secretKey, config.secretKeysOld);
	const shared = await openDatabase({
		url: config.database.url ?? `file:${join(config.dataDir, "reveille.db")}`,
		authToken: config.database.authToken,
		migrations: "shared",
	});
	await checkSecretKey(shared.db, keyring);
	const policy = await naming("WEBPUSH_ALLOW_HOSTS", async () => endpointPolicy(config.webPush));
	const vapidPublicKey = vapidKey?.publicKey ?? config.vapid.publicKey;
	if (vapidPublicKey !== undefined) await checkVapidKey(shared.db, vapidPublicKey);
	const appServices = await createServices(config.apps, {
		guardedFetch: createPinnedFetch({ policy }),
		fetch,
		http2Fetch: (certificate) => createHttp2Fetch(certificate),
		now: Date.now,
		policy,
		vapid: { key: vapidKey, subject: config.vapid.subject },
	}).catch((error: unknown) => {
		throw new StartError(error instanceof Error ? error.message : String(error), error);
	});
	const apps: PublicApp[] = config.apps.map(({ name, service }) => ({
		...{ name, service },
		...(service === "webpush" && vapidPublicKey !== undefined && { vapidPublicKey }),
	}));
	const common: Common = {
		config,
		log,
		shared,
		keyring,
		registrations: createRegistrations(shared.db, config.quotas),
		handover: createHandover(shared.db),
		services: new Map([...appServices].map(([name, { service }]) => [name, service])),
		checks: [...appServices].flatMap(([app, { check }]) => (check ? [{ app, check }] : [])),
		apps: config.apps,
	};
	const sender = config.role === "http" ? handingOver(common) : await startSender(common);

	const watching = {
		version,
		log,
		readiness: async () => ({
			database: await shared.client.execute("SELECT 1").then(
				() => true as const,
				() => "The database does not answer.",
			),
			xmpp: sender.xmppStatus(),
		}),
	};
	const app =
		config.role === "connector"
			? createWatchingApp(watching)
			: createApp({
					...common,
					...watching,
					apps,
					pushAddress: config.pushAddress,
					registration: await registrationAccess(config, secret),
					trustDeviceId: config.trustDeviceId,
					push: sender.push,
					trustedProxies: config.trustedProxies,
					peerAddress: (_request, env) => (env as BunEnv).peer,
				});
	const server = listen(config, app.fetch);
	console.log(
		banner({
			version,
			config,
			created,
			url: `http://${config.host}:${server.port}`,
			startMs: performance.now(),
			registrationTokenFile:
				config.registration.mode === "token" && !config.registration.token
					? join(config.dataDir, "registration-token")
					: undefined,
		}),
	);
	await endAsked();
	log.info("Ending: pushes on their way get {seconds} s.", { seconds: DRAIN_MS / 1000 });
	await sender.stop();
	await server.stop(true);
	shared.client.close();
}

/** Has a fault say which setting it is about. */
async function naming<T>(setting: string, use: () => Promise<T>): Promise<T> {
	try {
		return await use();
	} catch (error) {
		if (error instanceof StartError) throw error;
		throw new StartError(`${setting}: ${error instanceof Error ? error.message : String(error)}`, error);
	}
}

async function registrationAccess(
	{ registration }: Config,
	secret: (name: string, generate: () => string) => Promise<string>,
): Promise<AppDeps["registration"]> {
	if (registration.mode === "open") return registration;
	return { mode: "token", token: registration.token ?? (await secret("registration-token", randomKey)) };
}

const randomKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");

/** ROLE=http: pushes are handed over to a connector of the same database. */
function handingOver({ handover, config }: Common): Sender {
	return {
		async push(node, notification) {
			await handover.put(node, notification, Date.now() + config.pushTtlSeconds * 1000);
			return { kind: "done", how: "queued" };
		},
		xmppStatus: () => undefined,
		stop: async () => {},
	};
}

/** Delivery, its loops, and the XMPP connection if there is an account. */
async function startSender(common: Common): Promise<Sender> {
	const { config, log, registrations, handover } = common;
	const file = await openDatabase({
		url: `file:${join(config.dataDir, "outbox.db")}`,
		sync: config.outboxSync,
		exclusive: true,
		migrations: "outbox",
	});
	const outbox = await openOutbox(file.db);
	const results = createResults(registrations, log);
	const { pushIntervalMs, pushTtlSeconds } = config;
	const { keyring, services, apps, checks } = common;
	const gates = createGates({
		onShut: (gate, { kind, reason }) =>
			kind === "misconfigured"
				? log.error("{gate}: its credentials do not work; its pushes wait in the outbox: {reason}", {
						gate,
						reason,
					})
				: log.warn("{gate} is unwell; its pushes wait in the outbox: {reason}", { gate, reason }),
		onOpen: (gate) => log.info("{gate} works again; its pushes go out.", { gate }),
	});
	const verdicts = createVerdicts({
		onMass: (gate) =>
			log.error(
				"{gate}: most devices are said to be gone or refused. That is more likely our fault (environment, topic, project, VAPID key): no registration is deleted until it is over.",
				{ gate },
			),
	});
	const delivery = createDelivery({
		...{ registrations, outbox, results, keyring, services, apps, gates, verdicts, log },
		...{ pushIntervalMs, pushTtlSeconds, maxInFlight: IN_FLIGHT },
		onQueued: (dueAt) => outboxLoop.wake(dueAt),
	});
	const outboxLoop = startOutboxLoop(outbox, delivery.retry, log);
	const handoverLoop = startHandoverLoop(handover, delivery.push, log);
	const housekeeping = startHousekeeping({ ...common, results, retentionDays: config.retentionDays });
	void checkCredentials(checks, log);
	let connector: Connector | undefined;
	if (config.xmpp) {
		connector = await startConnector({
			account: config.xmpp,
			streams: openStreams(file.db),
			handle: createStanzaHandler({ publish: delivery.publish, version }),
			onBacklog: () => void delivery.settle(),
			log,
		});
	}

	return {
		async push(node, notification) {
			const answer = await delivery.push(node, notification);
			// Whoever tests a registration looks at it next.
			await results.flush();
			return answer;
		},
		xmppStatus() {
			if (!connector) return "XMPP is not configured: set XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD.";
			const status = connector.status();
			return status.kind === "online" ? true : status.reason;
		},
		async stop() {
			const finish = async () => {
				await delivery.idle(DRAIN_MS);
				await delivery.settle();
			};
			const handedOver = handoverLoop.stop();
			await (connector ? connector.stop(finish) : finish());
			await handedOver;
			await outboxLoop.stop();
			await housekeeping.stop();
			file.client.close();
		},
	};
}

// What this process writes is for its own user: endpoints, keys, what waits in the outbox.
process.umask(0o077);
try {
	await main(process.argv.slice(2));
	process.exit(0);
} catch (error) {
	if (!(error instanceof StartError || error instanceof ConfigError || error instanceof WrongKey))
		throw error;
	console.error(error.message);
	process.exit(1);
}
