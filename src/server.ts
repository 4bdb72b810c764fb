/**
 * What serves on Bun: HTTP and connector in one process (ROLE=all), or one of them (ROLE=http, ROLE=connector).
 * It wires; nothing else is done here.
 */
import { hostname } from "node:os";
import type { Logger } from "@logtape/logtape";
import packageJson from "../package.json" with { type: "json" };
import { createApp, createWatchingApp } from "./app.ts";
import { type CommandApp, openCommandSocket } from "./bun/command-socket.ts";
import type { ServedCommandsDeps } from "./bun/commands/served/served-commands.ts";
import { secretFile } from "./bun/data-folder.ts";
import { openShared } from "./bun/database/shared.ts";
import { createFetches } from "./bun/fetch/fetches.ts";
import { plainFetch } from "./bun/fetch/plain.ts";
import { warnOfProxy } from "./bun/fetch/proxy.ts";
import { uncheckedTls } from "./bun/fetch/unchecked-tls.ts";
import { type BunEnv, listen } from "./bun/listen.ts";
import { startLogging } from "./bun/logging.ts";
import { nativeConceal, nativeHiddenName, nativeHmac, nativeMessageCipher } from "./bun/native-crypto.ts";
import { openOwnKeys } from "./bun/own-keys.ts";
import { readConfig } from "./bun/read-config.ts";
import { prepareToken, type StartToken } from "./bun/registration-token.ts";
import type { ReloadDeps } from "./bun/reload.ts";
import { endAsked, reloadsAsked } from "./bun/signals.ts";
import { oneAnswer } from "./bun/single-flight.ts";
import type { Config } from "./config/config.ts";
import { warnOfMisspelt } from "./config/misspelt.ts";
import { asConfigError, naming } from "./config/naming.ts";
import { type ClockWatch, createClockWatch } from "./connector/checks/clock.ts";
import { isServedBy } from "./connector/connections.ts";
import { type Connector, createConnector } from "./connector/connector.ts";
import { handOver } from "./delivery/handover/hand-over.ts";
import { createEndNotes } from "./delivery/journal/end-notes.ts";
import { createJournal } from "./delivery/journal.ts";
import { createJournalWrites } from "./delivery/journal-writes.ts";
import { RELAY_APP } from "./delivery/push2-relay.ts";
import { createTaking, type Take } from "./delivery/unified-push/taking.ts";
import { about } from "./messages/about.ts";
import { type OwnerForm, ownerFormOf } from "./messages/whom.ts";
import { createInviteDesk } from "./registering/invite-check.ts";
import { createNodeSource } from "./registering/nodes.ts";
import { openRegistrations } from "./registering/open-registrations.ts";
import { createOwnUsers, notingEnds, type OwnUsers } from "./registering/own-users.ts";
import { createEnds } from "./registering/registration-ends.ts";
import { openOperator } from "./routes/admin/console/open-operator.ts";
import { createRecentEvents } from "./routes/admin/console/recent-events.ts";
import type { OperatorDeps, Readiness } from "./routes/deps.ts";
import { registrationAccess } from "./routes/guards/registration-access.ts";
import { publicApps } from "./routes/public-apps.ts";
import { createRequestWatch, type RequestWatch } from "./routes/request-watch.ts";
import { createKeyring, type Keyring, withFormerSecrets } from "./secrets.ts";
import { endpointPolicy } from "./services/endpoint.ts";
import { createServices } from "./services/services-of-apps.ts";
import { createRelay } from "./services/webpush/relay.ts";
import type { VapidKey } from "./services/webpush/vapid-signature.ts";
import { openConsoleStore } from "./store/console/console-store.ts";
import { nodesSurely } from "./store/database-id.ts";
import { createEnablings } from "./store/enablings.ts";
import { checkSecretKey, checkVapidKey } from "./store/facts.ts";
import { createHandover } from "./store/handover.ts";
import { createInvites } from "./store/invites.ts";
import { createPubsubNodes } from "./store/pubsub-nodes.ts";
import { databaseReadiness } from "./store/readiness.ts";
import { createRegistrationTokens } from "./store/registration-tokens.ts";
import { createCensus } from "./store/registrations/census.ts";
import { createFormerSecrets } from "./store/registrations/former-secrets.ts";
import { createStreamLeases } from "./store/stream-leases.ts";
import { createUnifiedPushMessages } from "./store/unified-push/messages.ts";
import type { AdminReadiness, PushService } from "./types.ts";
import { partyOfOwner } from "./xmpp/party.ts";

const { version } = packageJson;

/** How long pushes of UnifiedPush gather that devices took, ms: one transaction forgets them all. */
const GATHER_MS = 10;

/**
 * Serves until the process is asked to end.
 * @param otherwise resolves when it is to end all the same
 */
export async function serve(otherwise?: () => Promise<void>): Promise<void> {
	const onReload = reloadsAsked();
	const config = readConfig(process.env);
	const log = await startLogging(config);
	const notes = warnOfEnvironment(log);
	const clocks = createClockWatch({ log });

	const ownKeys = openOwnKeys(config);
	const secretKey = await ownKeys.secretKey();
	const vapidKey = await ownKeys.vapidKey();
	const vapidPublicKey = vapidKey?.publicKey ?? config.vapid.publicKey;
	const keys = await createKeyring(secretKey, config.secretKeysOld, { hmacOf: nativeHmac });

	const ownerForm = ownerFormOf(config.logOwners, nativeConceal(secretKey));

	const database = await openDatabase(config, keys, log);
	if (vapidPublicKey !== undefined) await checkVapidKey(database.shared.facts, vapidPublicKey);
	const { makeServices, relay } = await servicesMaker(config, vapidKey, clocks);
	const services = new Map(await makeServices(config.apps));
	warnOfProxy(config.apps, process.env, log);
	const token = await prepareToken(config, { tokens: database.tokens, log });

	const connector =
		config.role === "http"
			? undefined
			: await openConnector({ config, log, ownerForm, database, services, relay, clocks, vapidPublicKey });
	const ownUsers = connector?.enabling?.ownUsers ?? database.ownUsers;
	if (ownUsers) database.ends.listen(notingEnds(ownUsers, log));
	const requestWatch = createRequestWatch();
	// Anybody may ask, and a database over the network has few places for questions.
	const readiness = oneAnswer(async () => ({
		database: await databaseReadiness(database.shared),
		xmpp: connector?.xmppStatus(),
		forAdmins: forAdmins(connector, [...notes, ...clocks.off()]),
	}));
	const recent = createRecentEvents(database.journal.listen);
	const operator = await operatorOf({ config, ownerForm, database, connector, ownUsers });
	const app = await openApp({
		requestWatch,
		config,
		log,
		database,
		services,
		connector,
		token,
		vapidPublicKey,
		secretKey,
		ownUsers,
		operator,
		readiness,
	});

	const running = await (connector?.start() ?? startEventWrites(database, log));
	const server = listen(config, app.fetch);
	const url = `http://${config.host}:${server.port}`;
	// What serving does not need is loaded while it serves already.
	const [{ banner }, { createReload }] = await Promise.all([
		import("./bun/banner.ts"),
		import("./bun/reload.ts"),
	]);
	const { port } = server;
	const asked = { version, config, log, database, services, requestWatch, url, port, operator, readiness };
	// An HTTP process has no folder for a socket.
	const commands =
		connector && openCommandSocket(config.dataDir, commandsWhenAsked({ ...asked, recent, connector }), log);
	// Last of all: a start that fails after it would have shown nobody the token.
	const registrationToken = await token.show();
	console.log(
		banner({
			version,
			config,
			created: ownKeys.made,
			url,
			startMs: performance.now(),
			registrationToken,
		}),
	);
	onReload(
		createReload({
			config,
			read: () => readConfig(process.env),
			makeServices,
			take(apps, made) {
				connector?.reload(apps, made);
				for (const [app, service] of made) services.set(app, service);
			},
			log,
		}),
	);
	await Promise.race([endAsked(), ...(otherwise ? [otherwise()] : [])]);
	log.info("Ending: pushes on their way are finished, or put on disk.");
	await commands?.stop();
	await running.stop();
	await server.stop(true);
	database.shared.close();
}

/** Says what is wrong with the environment. @returns what admins are told of it as long as the process lives */
function warnOfEnvironment(log: Logger): string[] {
	const unchecked = uncheckedTls(process.env);
	if (unchecked !== undefined) log.error("{unchecked}", about("certificates-unchecked", { unchecked }));
	warnOfMisspelt(Object.keys(process.env), log);
	return unchecked === undefined ? [] : [unchecked];
}

/** The shared database, once it is known to belong to these keys, and what is kept there. */
async function openDatabase(config: Config, keys: Keyring, log: Logger) {
	const { connections } = config;
	const shared = await openShared(config, log);
	const { db, check, replica, pause, pace, turn, keep, mayGrow } = shared;
	const known = await checkSecretKey(shared.facts, keys);
	const keyIds = () => known.ids;
	const formerSecrets = createFormerSecrets(db, { replica: replica?.db, check });
	const keyring = withFormerSecrets(keys, formerSecrets, keyIds);
	const ends = createEnds();
	const journal = createJournal();
	ends.listen(createEndNotes(journal));
	const pubsubNodes = nodesSurely(createPubsubNodes(db), check);
	const invites = createInvites(db);
	const registrations = openRegistrations({
		db,
		quotas: config.quotas,
		effects: { replica, pause, pace, turn, keep, mayGrow },
		keys,
		keyIds,
		check,
		ends,
	});
	const consoleStore = openConsoleStore({ db, nearby: shared.nearby, registrations });
	const enablings = createEnablings(db);
	return {
		shared,
		keyring,
		registrations,
		/** What the console keeps, and what happened here and is not kept yet. */
		consoleStore,
		enablings,
		/** What is written down of one's own users; a connector does it. */
		ownUsers:
			config.enableFor &&
			createOwnUsers({
				...config.enableFor,
				enablings,
				keyring,
				isBarred: consoleStore.bars.isBarred,
				partyOf: partyOfOwner,
			}),
		journal,
		/** Told of each registration that ends. */
		ends,
		/** How many registrations there are. */
		census: createCensus(shared.nearby, {
			keys,
			known: () => known,
			// Without a connection nothing is published to yet.
			isServed: (jid) => connections.length === 0 || isServedBy(connections, jid),
			pace: shared.paceNearby,
		}),
		pubsubNodes,
		nodes: createNodeSource(keyring, pubsubNodes, config.pubsubHosts),
		handover: createHandover(db),
		unifiedPushMessages: createUnifiedPushMessages(db, { pause, gather: () => Bun.sleep(GATHER_MS) }),
		tokens: createRegistrationTokens(db),
		/** All that there are, and what lets people in by them. */
		invites,
		inviteDesk: createInviteDesk(invites),
	};
}

type Database = Awaited<ReturnType<typeof openDatabase>>;

/** @returns what makes the push services of apps, with the ways out that they take, and PUSH2_RELAY's */
async function servicesMaker(
	config: Config,
	vapidKey: VapidKey | undefined,
	clocks: ClockWatch,
): Promise<{ makeServices: ReloadDeps["makeServices"]; relay: PushService | undefined }> {
	const policy = await naming("WEBPUSH_ALLOW_HOSTS", () => endpointPolicy(config.webPush));
	const fetches = createFetches({ policy, env: process.env, watching: clocks.watching });
	const relay = config.push2Relay
		? createRelay({ fetch: fetches.guardedFetch, policy, now: Date.now })
		: undefined;
	const makeServices: ReloadDeps["makeServices"] = (apps) =>
		asConfigError(() =>
			createServices(apps, {
				...fetches,
				now: Date.now,
				policy,
				wns: config.wns,
				vapid: { key: vapidKey, subject: config.vapid.subject },
				messageCipher: nativeMessageCipher(),
				hiddenName: nativeHiddenName,
			}),
		);
	return { makeServices, relay };
}

/** What both halves of a process go by. */
interface Opened {
	config: Config;
	log: Logger;
	ownerForm: OwnerForm;
	database: Database;
	services: ReadonlyMap<string, PushService>;
	relay: PushService | undefined;
	clocks: ClockWatch;
	vapidPublicKey: string | undefined;
}

/** What speaks XMPP, and sends. */
async function openConnector({
	config,
	log,
	ownerForm,
	database,
	services,
	relay,
	clocks,
	vapidPublicKey,
}: Opened): Promise<Connector> {
	const { shared, keyring, registrations, ends, census, handover, nodes, pubsubNodes } = database;
	return createConnector({
		unifiedPushMessages: database.unifiedPushMessages,
		config,
		log,
		ownerForm,
		version,
		keyring,
		registrations,
		ends,
		census,
		handover,
		nodes,
		pubsubNodes,
		enablings: database.enablings,
		invites: database.inviteDesk,
		consoleStore: database.consoleStore,
		journal: database.journal,
		identity: await identityOf(config),
		vapidPublicKey,
		replica: shared.replica,
		databaseId: shared.id,
		standby: await standbyOf(config, database),
		services,
		relay,
		clocks,
	});
}

/** A process without a connector writes what happened to registrations here. */
function startEventWrites({ journal, consoleStore }: Database, log: Logger): { stop(): Promise<void> } {
	const writes = createJournalWrites({ journal, writeMinute: consoleStore.writeMinute, log });
	writes.start();
	return writes;
}

/** What is served over HTTP. */
async function openApp({
	config,
	log,
	database,
	services,
	connector,
	token,
	vapidPublicKey,
	secretKey,
	requestWatch,
	ownUsers,
	operator,
	readiness,
}: Pick<Opened, "config" | "log" | "database" | "services" | "vapidPublicKey"> & {
	ownUsers: OwnUsers | undefined;
	operator: OperatorDeps;
	readiness(): Promise<Readiness>;
	requestWatch: RequestWatch;
	connector: Connector | undefined;
	token: StartToken;
	secretKey: string;
}) {
	const watching = {
		version,
		log,
		adminToken: config.adminToken,
		scrape: connector?.scrape,
		readiness,
	};
	if (config.role === "connector") return createWatchingApp(watching);
	const { registrations, keyring, nodes, handover, tokens } = database;
	const registration = await naming("REGISTRATION_JWT_KEY", () =>
		registrationAccess(config.registration, { own: token.own, tokens, fetch: plainFetch }),
	);
	return createApp({
		...watching,
		registrations,
		keyring,
		services,
		apps: publicApps(config.apps, vapidPublicKey),
		pushAddress: config.pushAddress,
		publicUrl: config.publicUrl,
		nodes,
		registration,
		invites: database.inviteDesk,
		ownUsers,
		trustDeviceId: config.trustDeviceId,
		publishers: config.publishers,
		debugPages: config.debugPages,
		webApp: config.webApp,
		console: await consoleOf(operator, config.adminToken, secretKey),
		note: database.journal.note,
		unifiedPush: config.unifiedPush && {
			...config.unifiedPush,
			take: takeUnifiedPushes(config.unifiedPush, config, database, connector),
		},
		push: connector?.push ?? handOver(handover, config.pushTtlSeconds),
		trustedProxies: config.trustedProxies,
		requestWatch,
		peerAddress: (_request, env) => (env as BunEnv).peer,
	});
}

/** What comes to UnifiedPush endpoints is kept, and sent by the connector of this process, or of another one. */
function takeUnifiedPushes(
	{ endpointLifeMs }: NonNullable<Config["unifiedPush"]>,
	{ xmppAllow }: Config,
	{ shared, registrations, consoleStore, keyring, unifiedPushMessages }: Database,
	connector: Connector | undefined,
): Take {
	const take = createTaking({
		registrations,
		bars: consoleStore.bars,
		keyring,
		messages: unifiedPushMessages,
		endpointLifeMs,
		isOpen: xmppAllow.includes("*"),
		mayGrow: shared.mayGrow,
		sending: connector?.unifiedPush?.sending,
	});
	if (!connector?.unifiedPush) return take;
	const { count } = connector.unifiedPush;
	return async (...given) => {
		const taken = await take(...given);
		count(taken);
		return taken;
	};
}

/** It is loaded where there is one. */
async function consoleOf(operator: OperatorDeps, adminToken: string | undefined, secretKey: string) {
	if (adminToken === undefined) return undefined;
	const { openConsole } = await import("./routes/admin/console/open-console.ts");
	return openConsole(operator, { adminToken, secretKey });
}

/** What commands ask for is loaded when the first one asks. */
function commandsWhenAsked(deps: ServedCommandsDeps): CommandApp {
	let loading: Promise<CommandApp> | undefined;
	return async (request) => {
		loading ??= import("./bun/commands/served/served-commands.ts").then(
			({ servedCommands }) => servedCommands(deps).fetch,
		);
		return (await loading)(request);
	};
}

/** What an operator asks of this process, which knows more of its own connector than of others. */
async function operatorOf({
	config,
	ownerForm,
	database: { census, journal, consoleStore, invites },
	connector,
	ownUsers,
}: Pick<Opened, "config" | "ownerForm" | "database"> & {
	connector: Connector | undefined;
	ownUsers: OwnUsers | undefined;
}) {
	return openOperator({
		publicUrl: config.publicUrl,
		apps: config.apps,
		// Counted for itself.
		more: config.push2Relay ? [RELAY_APP] : [],
		isUnifiedPush: config.unifiedPush !== undefined,
		store: consoleStore,
		census,
		invites,
		note: journal.note,
		journal,
		ownerForm,
		ownUsers,
		connector: connector && { ...(await identityOf(config)), live: connector.live },
	});
}

/** A database that is a file has one connector's account; one that is a server's may have several processes'. */
async function standbyOf({ database, dataDir }: Config, { shared }: Database) {
	if (database.url === undefined || database.url.startsWith("file:")) return undefined;
	return { leases: createStreamLeases(shared.db), holder: await connectorId({ dataDir }) };
}

/** By what the figures of this process are known. */
const identityOf = async (config: Config) => ({ id: await connectorId(config), host: hostname() });

/** By what the connector of this data folder is known. */
async function connectorId({ dataDir }: Pick<Config, "dataDir">): Promise<string> {
	const { value } = await secretFile(dataDir, "connector-id", () => crypto.randomUUID());
	return value;
}

/** What is told to whoever has the ADMIN_TOKEN: the worst first. */
function forAdmins(connector: Connector | undefined, notes: readonly string[]): AdminReadiness {
	const of = connector?.forAdmins() ?? { notes: [], servers: [] };
	return { notes: [...notes, ...of.notes], servers: of.servers };
}

// Typed by its own name it is the same program.
if (import.meta.main) import("./main.ts");
