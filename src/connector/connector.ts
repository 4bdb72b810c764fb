/** The sending half of a process: delivery with its loops, and the XMPP connections. */

import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { openDatabase } from "../bun/database/open.ts";
import { stillThere } from "../bun/database/replaced-file.ts";
import type { Replica } from "../bun/database/replica.ts";
import { createSpaceCheck } from "../bun/free-space.ts";
import { StartError } from "../bun/start-error.ts";
import type { AppConfig } from "../config/apps.ts";
import type { Config } from "../config/config.ts";
import { settingOf, shownUrl, type XmppConnection } from "../config/connections.ts";
import { createAdmission } from "../delivery/admission.ts";
import { createDelivery } from "../delivery/delivery.ts";
import { createGates } from "../delivery/gates/gates.ts";
import { startHandoverLoop } from "../delivery/handover/handover-loop.ts";
import { startHousekeeping } from "../delivery/housekeeping.ts";
import { startOutboxLoop } from "../delivery/outbox/outbox-loop.ts";
import { createVerdicts } from "../delivery/outcomes/dead-token-verdicts.ts";
import { createResults } from "../delivery/outcomes/push-results.ts";
import { createModules } from "../delivery/push-modules.ts";
import { openTagging } from "../delivery/tagging.ts";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { about } from "../messages/about.ts";
import { createAccess } from "../registering/access.ts";
import { knownNode, type NodeSource } from "../registering/nodes.ts";
import { createRegistrationRate } from "../registering/registration-rate.ts";
import { TEST_PUSH } from "../registering/test-push.ts";
import type { Keyring } from "../secrets.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Handover } from "../store/handover.ts";
import { type Outbox, openOutbox } from "../store/local/outbox.ts";
import { openStreams } from "../store/local/streams.ts";
import { openTaggingDomains } from "../store/local/tagging-domains.ts";
import type { PubsubNodes } from "../store/pubsub-nodes.ts";
import type { KeyUse } from "../store/registrations/count-by-key.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import type { StreamLeases } from "../store/stream-leases.ts";
import { fileUrl } from "../syntax/file-url.ts";
import type { AdminReadiness, Answer, Notification, PushService, Registration } from "../types.ts";
import { affiliationNone } from "../xmpp/affiliation.ts";
import { bareOf } from "../xmpp/jid.ts";
import { sameValue } from "../xmpp/same-database.ts";
import { createOthers, type Others } from "./address/other-databases.ts";
import { createSameDatabase, type SameDatabase } from "./address/same-database.ts";
import { createStreamLease } from "./address/stream-lease.ts";
import { certificateExpiry, warnOfExpiry } from "./checks/certificates.ts";
import { warnOfClearText } from "./checks/clear-text.ts";
import type { ClockWatch } from "./checks/clock.ts";
import { checkCredentials } from "./checks/credentials.ts";
import { tellOfKeys } from "./checks/old-keys.ts";
import { createServerCheck, type ServerCheck } from "./checks/server-features.ts";
import { warnOfStrays } from "./checks/strays.ts";
import { type Connections, startConnections } from "./connections.ts";
import { createIntake, type Intake } from "./intake.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { checkTrusted } from "./server/trust.ts";

/** How long pushes on their way may take when the process is asked to end, ms. The rest waits in the outbox. */
const DRAIN_MS = 5_000;

const DAY_MS = 86_400_000;

/** The outbox shares its disk with all that this process writes. */
const OUTBOX_SPACE = {
	id: "outbox-disk-nearly-full" as const,
	bytes: deliveryBounds.freeSpace.is,
	whenFull:
		"until there is room, pushes that wait are kept for devices alone which were delivered to before. Other publishes are answered by wait.",
	whenRoom: "pushes that wait are kept for all devices.",
};

/** When to look, after the start, whether anything about the registrations must be told. */
const COUNT_AFTER_MS = 1_000;

/**
 * Pushes on their way to one app or provider. Bun has 256 requests in flight at most, unless its start was told
 * otherwise (package.json): a provider that hangs must leave room for the others.
 */
export const IN_FLIGHT = Math.floor((Number(process.env.BUN_CONFIG_MAX_HTTP_REQUESTS) || 256) / 8);

export interface SenderDeps {
	config: Config;
	log: Logger;
	version: string;
	keyring: Keyring;
	registrations: Registrations;
	handover: Handover;
	pubsubNodes: PubsubNodes;
	nodes: NodeSource;
	/** The replica that registrations are read from, if there is one. */
	replica: Replica | undefined;
	/** Which database it is; undefined: nothing here knows yet. */
	databaseId: string | undefined;
	/** Where several processes may have the same account: which of them is online. `holder`: this one's id. */
	standby: { leases: StreamLeases; holder: string } | undefined;
	/** How many registrations stand on which key. */
	keyUse(): Promise<readonly KeyUse[]>;
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	apps: readonly AppConfig[];
	clocks: ClockWatch;
}

/** The part of a process that sends. */
export interface Sender {
	/** Missing without an ADMIN_TOKEN: nobody could read them. */
	metrics: Metrics | undefined;
	push(node: string, notification: Notification): Promise<Answer>;
	/** Tells the owner's server that a registration ended, where it is known. */
	tellGone(registration: Registration): void;
	/** True while all addresses are ours; otherwise a sentence that says what is wrong. */
	xmppStatus(): true | string;
	/** What the operator is told of the accounts' servers. */
	forAdmins(): AdminReadiness;
	/** Finishes what is on its way within a deadline, puts the rest on disk, and leaves the stream resumable. */
	stop(): Promise<void>;
}

/** Another account's nodes can be neither read nor deleted, and whoever claimed one would never be woken. */
async function checkKeeper(connection: XmppConnection, nodes: PubsubNodes): Promise<void> {
	const { pubsubHost: host, address } = connection;
	if (host === undefined) return;
	const account = bareOf(address);
	// While the database is away nothing is done there either.
	const keeper = await nodes.keeper(host, account).catch(() => account);
	if (keeper === account) return;
	throw new StartError(
		"pubsub-nodes-foreign",
		`${settingOf(connection, "pubsub_host")}: the nodes at ${host} are those of ${keeper}, and ${account} cannot look after them. Keep the connection of ${keeper} for it. To begin anew there, with every device registering again, delete the rows of this host from the table pubsub_nodes.`,
	);
}

/** By address: components only. An account's address is one session's. */
async function othersOf(
	connections: readonly XmppConnection[],
	{ databaseId, log }: Pick<SenderDeps, "databaseId" | "log">,
): Promise<ReadonlyMap<string, Others>> {
	const others = new Map<string, Others>();
	for (const { kind, address, password } of connections) {
		if (kind !== "component" || databaseId === undefined) continue;
		others.set(address, createOthers({ address, value: await sameValue(password, databaseId), log }));
	}
	return others;
}

export async function startSender(common: SenderDeps): Promise<Sender> {
	const { config, log, registrations, handover } = common;
	const outboxPath = join(config.dataDir, "outbox.db");
	const file = await openDatabase({
		url: fileUrl(outboxPath),
		sync: config.outboxSync,
		exclusive: true,
		migrations: "outbox",
	});
	const opened = await openOutbox(file.db);
	const tagging = await openTagging({ kept: openTaggingDomains(file.db), log });
	const isThere = stillThere(outboxPath);
	const outbox: Outbox = {
		...opened,
		async put(...entries) {
			// What is promised must outlive this process.
			isThere();
			await opened.put(...entries);
		},
	};
	const modules = createModules({ ...common, mayPublish: createAccess(config.xmppAllow) });
	const known = modules.beside(registrations);
	const results = createResults(known, log);
	const { pushIntervalMs, pushTtlSeconds } = config;
	const { keyring, apps } = common;
	let connections: Connections | undefined;
	const gates = createGates({
		onShut(gate, { kind, reason }, isForAll) {
			const said = { gate, reason };
			if (kind === "misconfigured")
				log.error(
					"{gate}: its credentials do not work, and its pushes wait in the outbox. Correct them. The reason: {reason}",
					about("credentials-refused", said),
				);
			else if (isForAll)
				log.warn(
					"{gate} fails, and its pushes wait in the outbox. It is tried again by itself. The reason: {reason}",
					about("push-service-failing", said),
				);
			else
				log.warn(
					"{gate} fails for devices that no push was delivered to yet, and their pushes wait in the outbox. The reason: {reason}",
					about("push-service-failing-for-new-devices", said),
				);
		},
		onOpen(gate) {
			log.info("{gate} works again; its pushes go out.", { gate });
			outboxLoop.open(gate);
		},
		onRoom: (gate) => outboxLoop.room(gate),
	});
	const verdicts = createVerdicts({
		onMass: (gate) =>
			log.error(
				"{gate}: the push service says that most devices are gone, or refuses them. Most likely a setting is wrong: check environment, topic, project and VAPID key. No registration is deleted until it is over.",
				about("mass-verdict", { gate }),
			),
	});
	const certificates = certificateExpiry(apps);
	warnOfExpiry(certificates, log);
	const warning = setInterval(() => warnOfExpiry(certificates, log), DAY_MS);
	// Counting takes its time where there are many: the start comes first.
	const counting = setTimeout(() => {
		void warnOfStrays(registrations, config, log);
		common.keyUse().then(
			(uses) => tellOfKeys(uses, log),
			(error: unknown) =>
				log.warn(
					"Which keys the registrations were made with could not be counted: {error}",
					about("key-use-unknown", { error: faultOf(error) }),
				),
		);
	}, COUNT_AFTER_MS);
	const metrics = config.adminToken
		? createMetrics({
				outbox: outbox.depth,
				shutGates: gates.shut,
				inFlight: gates.inFlight,
				isOnline: () => connections?.isOnline() ?? new Map(),
				registrations: registrations.count,
				keyUse: common.keyUse,
				certificates,
				replica: common.replica,
			})
		: undefined;
	const services = new Map(
		[...common.services].map(([app, service]) => [app, metrics?.observe(app, service) ?? service]),
	);
	const delivery = createDelivery({
		registrations: known,
		outbox,
		results,
		services,
		apps,
		gates,
		verdicts,
		log,
		admit: createAdmission({ keyring, modules, log, now: Date.now }),
		tagging,
		publishers: config.publishers,
		pushIntervalMs,
		pushTtlSeconds,
		maxInFlight: IN_FLIGHT,
		mayGrow: createSpaceCheck([config.dataDir], OUTBOX_SPACE, { log }),
		onQueued: (at, queue) => outboxLoop.wake(at, queue),
	});
	const outboxLoop = startOutboxLoop(outbox, delivery.retry, log);
	const handoverLoop = startHandoverLoop(handover, delivery.push, log, undefined, undefined, () =>
		// Only that: what is on its way has an end by itself.
		delivery.settle(Number.POSITIVE_INFINITY),
	);
	const housekeeping = startHousekeeping({ ...common, results, retentionDays: config.retentionDays });
	void checkCredentials(common.services, log);
	warnOfClearText(config.connections, log);
	const streams = openStreams(file.db);
	async function pushAndNote(node: string, notification: Notification): Promise<Answer> {
		const answer = await delivery.push(node, notification);
		// Whoever tests a registration looks at it next.
		await results.flush();
		return answer;
	}
	checkTrusted(config.connections);
	for (const connection of config.connections) await checkKeeper(connection, common.pubsubNodes);
	const others = await othersOf(config.connections, common);
	const intakes: Intake[] = [];
	const servers = new Map<string, ServerCheck>();
	const rate = createRegistrationRate(registrations);
	const { databaseId } = common;
	const sameDatabases = new Map<string, SameDatabase>();
	for (const connection of config.connections) {
		if (connection.kind !== "account" || databaseId === undefined) continue;
		sameDatabases.set(connection.address, await createSameDatabase(connection, databaseId));
	}
	connections = await startConnections(config.connections, (connection) => {
		const sameDatabase = sameDatabases.get(connection.address);
		const { address } = connection;
		const beside = others.get(address);
		const intake = createIntake(connection, {
			...common,
			...(beside && { doubt: beside.doubt }),
			testPush: (node) => pushAndNote(node, TEST_PUSH),
			rate,
			publish(request) {
				const answer = delivery.publish(request);
				return metrics?.publish(answer) ?? answer;
			},
			push: delivery.push,
			send: (stanza) => connections?.sendFrom(connection.address, stanza),
			...(sameDatabase && { same: sameDatabase.answer }),
		});
		intakes.push(intake);
		if (connection.kind === "account") {
			const { ask } = intake;
			const onTime = (date: number) => common.clocks.said(connection.domain, date);
			servers.set(connection.address, createServerCheck({ account: connection, ask, onTime, log }));
		}
		const { standby } = common;
		return {
			streams,
			sameDatabase,
			others: beside,
			lease: standby && ((onLost) => createStreamLease({ ...standby, address, streams, onLost, log })),
			handle: intake.handle,
			isAwaited: intake.isAwaited,
			onOnline(isResumed, stream) {
				metrics?.connected(isResumed);
				intake.online(isResumed);
				servers.get(address)?.online(stream);
			},
			onBacklog: delivery.settle,
			log,
		};
	});

	/** XEP-0357 §8. A pubsub host tells of its nodes itself. */
	async function tellOwner(registration: Registration): Promise<void> {
		const message = affiliationNone({ ...registration, node: await knownNode(registration, common) });
		if (message) connections?.sendFrom(registration.jid, message);
	}

	return {
		metrics,
		push: pushAndNote,
		tellGone(registration) {
			const { jid, node } = registration;
			if (common.nodes.isPubsubHost(jid)) {
				for (const intake of intakes) intake.ended(jid, node);
				return;
			}
			tellOwner(registration).catch((error: unknown) =>
				log.warn(
					"A user's server could not be told that a registration has ended. It is told with its next publish: {error}",
					about("owner-not-told", { error: faultOf(error) }),
				),
			);
		},
		xmppStatus: connections.status,
		forAdmins: () => ({
			notes: [...servers.values()].flatMap((server) => server.lacks()),
			servers: [...servers].map(([address, server]) => {
				const service = connections?.services().get(address);
				const { push, resumption, longestStanza } = server.facts();
				return {
					address,
					service: service === undefined ? null : shownUrl(service),
					push: push ?? null,
					resumption: resumption ?? null,
					longestStanza: longestStanza ?? null,
				};
			}),
		}),
		async stop() {
			for (const intake of intakes) intake.stop();
			clearInterval(warning);
			clearTimeout(counting);
			const finish = async () => {
				await delivery.idle(DRAIN_MS);
				await delivery.settle();
			};
			const handedOver = handoverLoop.stop();
			await connections?.stop(finish);
			await handedOver;
			// What is still on its way from the outbox is in the outbox too.
			await Promise.race([outboxLoop.stop(), Bun.sleep(DRAIN_MS)]);
			await housekeeping.stop();
			await tagging.written();
			await outbox.checkpoint().catch(() => {});
			file.client.close();
		},
	};
}
