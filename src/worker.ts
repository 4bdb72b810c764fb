/**
 * The entry for an edge runtime: HTTP only. What comes in for a device is handed over to a connector of the same
 * database. It wires; nothing else is done here. Web APIs only: no sockets, no `node:*`, no `process`.
 *
 * The database's tables are made and brought up to date by connectors; here they are looked at once.
 */
import { createClient, LibsqlError } from "@libsql/client/web";
import { configureSync, getConsoleSink, getJsonLinesFormatter, getLogger } from "@logtape/logtape";
import { drizzle } from "drizzle-orm/libsql/web";
import packageJson from "../package.json" with { type: "json" };
import { createApp } from "./app.ts";
import { type Config, ConfigError, parseConfig } from "./config/config.ts";
import { warnOfMisspelt } from "./config/misspelt.ts";
import { asConfigError, naming } from "./config/naming.ts";
import { handOver } from "./delivery/handover/hand-over.ts";
import { createEndNotes } from "./delivery/journal/end-notes.ts";
import { createJournal } from "./delivery/journal.ts";
import { createWritesAtEdge } from "./delivery/journal-at-edge.ts";
import { createTaking } from "./delivery/unified-push/taking.ts";
import { wholeAnswer } from "./limits/answer-size.ts";
import { answerBounds } from "./limits/bounds/answers.ts";
import { withId } from "./messages/about.ts";
import { createInviteDesk } from "./registering/invite-check.ts";
import { createNodeSource } from "./registering/nodes.ts";
import { openRegistrations } from "./registering/open-registrations.ts";
import { createOwnUsers, notingEnds } from "./registering/own-users.ts";
import { createEnds } from "./registering/registration-ends.ts";
import { openConsole } from "./routes/admin/console/open-console.ts";
import { openOperator } from "./routes/admin/console/open-operator.ts";
import { toProblem } from "./routes/errors.ts";
import { registrationAccess } from "./routes/guards/registration-access.ts";
import { Problem, problemResponse } from "./routes/problem.ts";
import { publicApps } from "./routes/public-apps.ts";
import { createKeyring, type Keyring, withFormerSecrets } from "./secrets.ts";
import { createDeviceChecks } from "./services/device-checks.ts";
import { endpointPolicy } from "./services/endpoint.ts";
import { importVapidKey } from "./services/webpush/vapid-signature.ts";
import { checkedClient } from "./store/checked-client.ts";
import { openConsoleStore } from "./store/console/console-store.ts";
import { UnfitDatabase } from "./store/database-fault.ts";
import { createEnablings } from "./store/enablings.ts";
import { checkSecretKey, checkVapidKey, type KnownKeys, WrongKey } from "./store/facts.ts";
import { createHandover } from "./store/handover.ts";
import { createInvites } from "./store/invites.ts";
import { createPubsubNodes } from "./store/pubsub-nodes.ts";
import { databaseReadiness } from "./store/readiness.ts";
import { createRegistrationTokens } from "./store/registration-tokens.ts";
import { createCensus } from "./store/registrations/census.ts";
import { createFormerSecrets } from "./store/registrations/former-secrets.ts";
import { checkSchema } from "./store/schema-fit.ts";
import { createUnifiedPushMessages } from "./store/unified-push/messages.ts";

/** Variables and secrets; a platform may have others, of any kind. */
type Bindings = Record<string, unknown>;

/** How long the database may take to answer, ms: clients and platforms wait some 30 s for all of a request. */
const DATABASE_MS = 10_000;

/** What lines of the log call it, in every process. */
const log = getLogger("reveille").with({ database: "the database of DATABASE_URL" });

/** JSON lines on the console, which is where a platform looks for a log. */
function startLogging(lowestLevel: Config["logLevel"]): void {
	configureSync({
		reset: true,
		sinks: { console: getConsoleSink({ formatter: getJsonLinesFormatter() }) },
		loggers: [
			{ category: "reveille", lowestLevel, sinks: ["console"] },
			{ category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
		],
	});
}

async function fetchInTime(request: Request): Promise<Response> {
	try {
		const signal = AbortSignal.timeout(DATABASE_MS);
		return await wholeAnswer(await fetch(request, { signal }), answerBounds.databaseAtEdge.is, signal);
	} catch (cause) {
		const said = cause instanceof Error ? cause.message : String(cause);
		throw new LibsqlError(`cannot be reached: ${said}`, "UNREACHABLE", undefined, undefined, cause as Error);
	}
}

/** @throws {ConfigError} for what only works where there are files, or lasts longer than a request */
function connect({ url = "", authToken }: Config["database"]) {
	if (!/^(libsql|https?):\/\/[^/]/.test(url)) {
		throw new ConfigError(["DATABASE_URL must be a URL that begins libsql://, https:// or http:// here."]);
	}
	return createClient({
		url,
		...(authToken === undefined ? {} : { authToken }),
		fetch: fetchInTime,
		// Its places would be shared by all requests, and one whose client went away never gives its place back.
		concurrency: Number.POSITIVE_INFINITY,
	});
}

/** Whether this database is the one that the settings belong to. @throws {UnfitDatabase} */
async function checkDatabase(
	client: ReturnType<typeof connect>,
	keys: Keyring,
	vapidPublicKey: string,
	onKeys: (known: KnownKeys) => void,
) {
	const db = drizzle(client);
	const checks = [
		checkSchema(client),
		checkSecretKey(db, keys).then(onKeys),
		checkVapidKey(db, vapidPublicKey),
	];
	// At once, since each takes its time; told in this order, since the first explains the others.
	for (const { status, reason } of (await Promise.allSettled(checks)) as PromiseRejectedResult[]) {
		if (status !== "rejected") continue;
		if (/HTTP status 40[13]/.test(String(reason)))
			throw new UnfitDatabase("The database refuses DATABASE_AUTH_TOKEN.");
		if (reason instanceof WrongKey) throw new UnfitDatabase(reason.message);
		throw reason;
	}
}

async function compose(bindings: Bindings) {
	const config = parseConfig({ ...asText(bindings), ROLE: "http" });
	const { database, secretKey = "", vapid, webPush, registration } = config;
	startLogging(config.logLevel);
	warnOfMisspelt(Object.keys(bindings), log);
	const keys = await createKeyring(secretKey, config.secretKeysOld);
	const vapidPublicKey =
		vapid.publicKey ??
		(await naming("VAPID_PRIVATE_KEY", () => importVapidKey(vapid.privateKey ?? ""))).publicKey;
	const remote = connect(database);
	let known: KnownKeys = { ids: keys.ids, since: 0 };
	const client = checkedClient(remote, () =>
		checkDatabase(remote, keys, vapidPublicKey, (found) => {
			known = found;
		}),
	);
	const db = drizzle(client);
	const keyring = withFormerSecrets(keys, createFormerSecrets(db), () => known.ids);
	const policy = await naming("WEBPUSH_ALLOW_HOSTS", () => endpointPolicy(webPush));
	// Nothing is sent from here, so nothing is fetched: devices are only checked.
	const services = await asConfigError(() =>
		createDeviceChecks(config.apps, { policy, wns: config.wns, reason: "The edge sends no pushes." }),
	);
	const access = await naming("REGISTRATION_JWT_KEY", () =>
		registrationAccess(registration, {
			own: registration.mode === "token" && registration.token !== undefined ? [registration.token] : [],
			tokens: createRegistrationTokens(db),
			fetch: (url, init) => fetch(url, init),
		}),
	);
	const ends = createEnds();
	const journal = createJournal();
	ends.listen(createEndNotes(journal));
	const registrations = openRegistrations({ db, quotas: config.quotas, keys, keyIds: () => known.ids, ends });
	const consoleStore = openConsoleStore({ db, registrations });
	const invites = createInvites(db);
	const { isBarred } = consoleStore.bars;
	const ownUsers =
		config.enableFor &&
		createOwnUsers({ ...config.enableFor, enablings: createEnablings(db), keyring, isBarred });
	// An isolate may end behind its answer: what it does not write down is found by a connector.
	if (ownUsers) ends.listen(notingEnds(ownUsers, log));
	const app = createApp({
		version: packageJson.version,
		registrations,
		note: journal.note,
		keyring,
		services,
		apps: publicApps(config.apps, vapidPublicKey),
		pushAddress: config.pushAddress,
		publicUrl: config.publicUrl,
		nodes: createNodeSource(keyring, createPubsubNodes(db), config.pubsubHosts),
		registration: access,
		invites: createInviteDesk(invites),
		ownUsers,
		adminToken: config.adminToken,
		console: await openConsole(
			openOperator({
				publicUrl: config.publicUrl,
				apps: config.apps,
				isUnifiedPush: config.unifiedPush !== undefined,
				store: consoleStore,
				census: createCensus(db, { keys, known: () => known }),
				invites,
				ownUsers,
				// At once: what the operator did must not be lost with an isolate.
				async note(happened) {
					journal.note(happened);
					await consoleStore.writeMinute(undefined, journal.take());
				},
			}),
			{ adminToken: config.adminToken, secretKey },
		),
		trustDeviceId: config.trustDeviceId,
		publishers: config.publishers,
		debugPages: config.debugPages,
		webApp: config.webApp,
		unifiedPush: config.unifiedPush && {
			...config.unifiedPush,
			take: createTaking({
				registrations,
				bars: consoleStore.bars,
				keyring,
				messages: createUnifiedPushMessages(db),
				endpointLifeMs: config.unifiedPush.endpointLifeMs,
				isOpen: config.xmppAllow.includes("*"),
			}),
		},
		push: handOver(createHandover(db), config.pushTtlSeconds),
		readiness: async () => ({ database: await databaseReadiness({ client }), xmpp: undefined }),
		trustedProxies: config.trustedProxies,
		// An edge platform sets this header itself, over whatever a client sent.
		peerAddress: (request) => request.headers.get("cf-connecting-ip") ?? undefined,
		log,
	});
	const writes = createWritesAtEdge({ journal, writeMinute: consoleStore.writeMinute, log });
	return { app, writes };
}

/** Platforms pass a number or a boolean on as what it is, where it is written without quotation marks. */
function asText(bindings: Bindings): Bindings {
	return Object.fromEntries(
		Object.entries(bindings).map(([name, value]) => [
			name,
			typeof value === "number" || typeof value === "boolean" ? String(value) : value,
		]),
	);
}

/** The answer to each request while the settings do not work: a browser on another origin may read it too. */
function unusable(error: unknown): Response {
	const problem =
		error instanceof ConfigError ? new Problem("not-configured", error.message) : toProblem(error, log);
	const id = error instanceof ConfigError ? error.id : "worker-unusable";
	console.error(withId(error instanceof ConfigError ? error.message : `Reveille cannot start: ${error}`, id));
	const response = problemResponse(problem);
	response.headers.set("Access-Control-Allow-Origin", "*");
	return response;
}

/** What a platform gives with a request. */
interface Context {
	waitUntil(behind: Promise<void>): void;
}

/** One application for an isolate's bindings, which do not change while it lives. */
const composed = new WeakMap<Bindings, Awaited<ReturnType<typeof compose>>>();

export default {
	/**
	 * @param bindings the settings, by their names: text, or for APPS the tables themselves
	 * @param context what is done behind an answer; a platform may have none
	 */
	async fetch(request: Request, bindings: Bindings, context?: Partial<Context>): Promise<Response> {
		try {
			// Kept when it is there, never while it is made: requests that come meanwhile make their own.
			const its = composed.get(bindings) ?? (await compose(bindings));
			composed.set(bindings, its);
			const response = await its.app.fetch(request);
			const writing = its.writes();
			if (writing) context?.waitUntil?.(writing);
			return response;
		} catch (error) {
			return unusable(error);
		}
	},
};
