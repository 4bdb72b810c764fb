/**
 * The entry for Bun: HTTP and connector in one process (ROLE=all), or one of them (ROLE=http, ROLE=connector).
 * It wires; nothing else is done here.
 */

import type { LibSQLDatabase } from "drizzle-orm/libsql";
import packageJson from "../package.json" with { type: "json" };
import { createApp, createWatchingApp } from "./app.ts";
import { banner } from "./bun/banner.ts";
import { backupCommand } from "./bun/commands/backup.ts";
import { explain } from "./bun/commands/explain.ts";
import { healthCommand } from "./bun/commands/health.ts";
import { help } from "./bun/commands/help.ts";
import { importCommand } from "./bun/commands/import/command.ts";
import { tokenCommand } from "./bun/commands/token.ts";
import { prepareDataFolder, secretFile } from "./bun/data-folder.ts";
import { syncReplica } from "./bun/database/replica-sync.ts";
import { openShared } from "./bun/database/shared.ts";
import { readKeyFiles } from "./bun/environment.ts";
import { createFirstToConnect } from "./bun/fetch/happy-eyeballs.ts";
import { createHttp2Fetch } from "./bun/fetch/http2.ts";
import { createPinnedFetch } from "./bun/fetch/pinned.ts";
import { plainFetch } from "./bun/fetch/plain.ts";
import { hasProxy, warnOfProxy } from "./bun/fetch/proxy.ts";
import { uncheckedTls } from "./bun/fetch/unchecked-tls.ts";
import { type BunEnv, listen } from "./bun/listen.ts";
import { startLogging } from "./bun/logging.ts";
import { nativeHiddenName, nativeHmac, nativeRecordCipher } from "./bun/native-crypto.ts";
import { prepareToken } from "./bun/registration-token.ts";
import { endAsked } from "./bun/signals.ts";
import { oneAnswer } from "./bun/single-flight.ts";
import { StartError } from "./bun/start-error.ts";
import { readTables } from "./bun/toml-file.ts";
import { type Config, ConfigError, parseConfig } from "./config/config.ts";
import { misspelt, settingNames } from "./config/settings.ts";
import { createClockWatch } from "./connector/checks/clock.ts";
import { IN_FLIGHT, type Sender, startSender } from "./connector/connector.ts";
import { handOver } from "./delivery/handover/hand-over.ts";
import { about, withId } from "./messages/about.ts";
import { createNodeSource } from "./registering/nodes.ts";
import { announceEnds } from "./registering/registration-ends.ts";
import type { AppDeps } from "./routes/deps.ts";
import { createJwtCheck } from "./routes/guards/jwt.ts";
import { createTokenCheck, type TokenCheck } from "./routes/guards/registration-token.ts";
import { publicApps } from "./routes/public-apps.ts";
import { createKeyring, withFormerSecrets } from "./secrets.ts";
import { endpointPolicy, isAnsweredFor } from "./services/endpoint.ts";
import { createServices } from "./services/index.ts";
import { generateVapidKey, importVapidKey } from "./services/webpush/vapid-signature.ts";
import { missedSurely, nodesSurely } from "./store/database-id.ts";
import { checkSecretKey, checkVapidKey, WrongKey } from "./store/facts.ts";
import { createHandover } from "./store/handover.ts";
import { createPubsubNodes } from "./store/pubsub-nodes.ts";
import { databaseReadiness } from "./store/readiness.ts";
import { createRegistrationTokens } from "./store/registration-tokens.ts";
import { countByKey } from "./store/registrations/count-by-key.ts";
import { createFormerSecrets } from "./store/registrations/former-secrets.ts";
import { followKeys } from "./store/registrations/key-change.ts";
import { createRegistrations } from "./store/registrations/registrations.ts";
import { createStreamLeases } from "./store/stream-leases.ts";
import type { AdminReadiness } from "./types.ts";

const { version } = packageJson;

async function main(args: readonly string[]): Promise<void> {
	if (args[0] === "sync-replica") return syncReplica();
	if (args[0] === "import") return importCommand(args.slice(1), process.env);
	if (args[0] === "backup") return backupCommand(args.slice(1), process.env);
	if (args[0] === "token") return tokenCommand(args.slice(1), process.env);
	if (args[0] === "health") return healthCommand(process.env);
	if (args[0] === "explain") return console.log(explain(args.slice(1)));
	if (args.includes("--help") || args.includes("-h")) return console.log(help(version));
	if (args.includes("--version")) return console.log(version);
	if (args.length > 0)
		throw new StartError(
			"command-unknown",
			`There are no arguments but import, backup, token, health, explain, --help and --version; settings are environment variables. This is none of them: ${args[0]}`,
		);

	const settings = readKeyFiles(process.env, settingNames);
	const tables = readTables(settings.APPS);
	const config = parseConfig({ ...settings, APPS: tables.apps }, tables.connections);
	const log = await startLogging(config.logLevel);
	const unchecked = uncheckedTls(process.env);
	if (unchecked !== undefined) log.error("{unchecked}", about("certificates-unchecked", { unchecked }));
	const clocks = createClockWatch({ log });
	for (const { name, meant } of misspelt(Object.keys(process.env))) {
		const hint = meant ? `: did you mean ${meant}?` : ", and is ignored.";
		log.warn("{name} is not a setting of Reveille{hint}", about("setting-unknown", { name, hint }));
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

	const keys = await createKeyring(secretKey, config.secretKeysOld, { hmacOf: nativeHmac });
	const shared = await openShared(config, log);
	const knownKeys = await checkSecretKey(shared.facts, keys);
	const keyIds = () => knownKeys.ids;
	const formerSecrets = createFormerSecrets(shared.db, {
		replica: shared.replica?.db,
		check: shared.check,
	});
	const keyring = withFormerSecrets(keys, formerSecrets, keyIds);
	const policy = await naming("WEBPUSH_ALLOW_HOSTS", async () => endpointPolicy(config.webPush));
	const vapidPublicKey = vapidKey?.publicKey ?? config.vapid.publicKey;
	if (vapidPublicKey !== undefined) await checkVapidKey(shared.facts, vapidPublicKey);
	const tokenFetch = clocks.watching(createHttp2Fetch({ maxConcurrent: IN_FLIGHT }));
	// A proxy connects for itself, and may be the only way out.
	const first = hasProxy(process.env) ? undefined : createFirstToConnect();
	const guardedFetch = createPinnedFetch({ policy, first });
	const services = await createServices(config.apps, {
		guardedFetch: clocks.watching(guardedFetch, (url) => isAnsweredFor(url, policy)),
		fetch: clocks.watching(plainFetch),
		// Apps without a certificate share their connections to Apple.
		http2Fetch: (certificate) =>
			certificate
				? clocks.watching(createHttp2Fetch({ ...certificate, maxConcurrent: IN_FLIGHT }))
				: tokenFetch,
		now: Date.now,
		policy,
		wns: config.wns,
		vapid: { key: vapidKey, subject: config.vapid.subject },
		recordCipher: nativeRecordCipher,
		hiddenName: nativeHiddenName,
	}).catch((error: unknown) => {
		throw new StartError("app-unusable", error instanceof Error ? error.message : String(error), error);
	});
	warnOfProxy(config.apps, process.env, log);
	const apps = publicApps(config.apps, vapidPublicKey);
	const pubsubNodes = nodesSurely(createPubsubNodes(shared.db), shared.check);
	let sender: Sender | undefined;
	const common = {
		config,
		log,
		version,
		keyring,
		registrations: announceEnds(
			missedSurely(
				followKeys(createRegistrations(shared.db, config.quotas, shared), keys, keyIds),
				shared.check,
			),
			(registration) => sender?.tellGone(registration),
		),
		keyUse: () => countByKey(shared.nearby, keys, knownKeys),
		handover: createHandover(shared.db),
		pubsubNodes,
		replica: shared.replica,
		databaseId: shared.id,
		standby: await standbyOf(config, shared.db),
		nodes: createNodeSource(keyring, pubsubNodes, config.pubsubHosts),
		services,
		apps: config.apps,
		clocks,
	};
	sender = config.role === "http" ? undefined : await startSender(common);

	const tokens = createRegistrationTokens(shared.db);
	const token = await prepareToken(config, { tokens, log });
	const watching = {
		version,
		log,
		adminToken: config.adminToken,
		scrape: sender?.metrics?.scrape,
		// Anybody may ask, and a database over the network has few places for questions.
		readiness: oneAnswer(async () => ({
			database: await databaseReadiness(shared),
			xmpp: sender?.xmppStatus(),
			forAdmins: forAdmins(sender?.forAdmins(), unchecked, clocks.off()),
		})),
	};
	const app =
		config.role === "connector"
			? createWatchingApp(watching)
			: createApp({
					...common,
					...watching,
					apps,
					pushAddress: config.pushAddress,
					registration: await registrationAccess(config, createTokenCheck({ own: token.own, tokens })),
					trustDeviceId: config.trustDeviceId,
					publishers: config.publishers,
					debugPages: config.debugPages,
					push: sender?.push ?? handOver(common.handover, config.pushTtlSeconds),
					trustedProxies: config.trustedProxies,
					peerAddress: (_request, env) => (env as BunEnv).peer,
				});
	const server = listen(config, app.fetch);
	// Last of all: a start that fails after it would have shown nobody the token.
	const registrationToken = await token.show();
	console.log(
		banner({
			version,
			config,
			created,
			url: `http://${config.host}:${server.port}`,
			startMs: performance.now(),
			registrationToken,
		}),
	);
	await endAsked();
	log.info("Ending: pushes on their way are finished, or put on disk.");
	await sender?.stop();
	await server.stop(true);
	shared.close();
}

/** What is told to whoever has the ADMIN_TOKEN: the worst first. */
function forAdmins(
	{ notes, servers }: AdminReadiness = { notes: [], servers: [] },
	unchecked: string | undefined,
	clocks: readonly string[],
): AdminReadiness {
	return { notes: [...(unchecked === undefined ? [] : [unchecked]), ...clocks, ...notes], servers };
}

/** Has a fault say which setting it is about. */
async function naming<T>(setting: string, use: () => Promise<T>): Promise<T> {
	try {
		return await use();
	} catch (error) {
		if (error instanceof StartError) throw error;
		throw new StartError(
			"setting-unusable",
			`${setting}: ${error instanceof Error ? error.message : String(error)}`,
			error,
		);
	}
}

/** A database that is a file has one connector's account; one that is a server's may have several processes'. */
async function standbyOf({ role, database, dataDir }: Config, db: LibSQLDatabase) {
	if (role === "http" || database.url === undefined || database.url.startsWith("file:")) return undefined;
	const { value: holder } = await secretFile(dataDir, "connector-id", () => crypto.randomUUID());
	return { leases: createStreamLeases(db), holder };
}

async function registrationAccess(
	{ registration }: Config,
	tokenCheck: TokenCheck,
): Promise<AppDeps["registration"]> {
	if (registration.mode === "open") return registration;
	if (registration.mode === "jwt") {
		const check = await naming("REGISTRATION_JWT_KEY", () =>
			createJwtCheck(registration, { fetch: plainFetch }),
		);
		return { mode: "jwt", check };
	}
	return { mode: "token", check: tokenCheck };
}

const randomKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");

// What this process writes is for its own user: endpoints, keys, what waits in the outbox.
process.umask(0o077);
try {
	await main(process.argv.slice(2));
	process.exit(0);
} catch (error) {
	if (!(error instanceof StartError || error instanceof ConfigError || error instanceof WrongKey))
		throw error;
	console.error(withId(error.message, error.id));
	process.exit(1);
}
