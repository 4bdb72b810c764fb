/**
 * The connector: the part of a process that speaks XMPP and sends pushes. Here it is put together. A publish goes this
 * way (docs/architecture.md tells it in words):
 *
 *     connections → intake → admission → throttle → attempt → gates → services → outcomes → the answer
 *                                                      ↑        ↓                   ↓
 *                                                      └───── outbox ←──────────────┘
 *
 * A part is at rest when it is made, and knows only parts that were made before it. The connections and the outbox are
 * at both ends of the way, and are made first. Then come the parts in between, in a publish's order; then who hands a
 * publish to them: delivery, which is throttle and attempts, and the intakes. At the end all of them are started.
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import type { Replica } from "../bun/database/replica.ts";
import { createDisks } from "../bun/disks.ts";
import { IN_FLIGHT } from "../bun/fetch/fetches.ts";
import type { AppConfig } from "../config/apps.ts";
import type { Config } from "../config/config.ts";
import { createAdmission } from "../delivery/admission.ts";
import { deliveredLines } from "../delivery/delivered-lines.ts";
import { createDelivery, type Delivery } from "../delivery/delivery.ts";
import { createGates, type Gates } from "../delivery/gates/gates.ts";
import { startHandoverLoop } from "../delivery/handover/handover-loop.ts";
import { startHousekeeping } from "../delivery/housekeeping.ts";
import { createGateNotes } from "../delivery/journal/gate-notes.ts";
import type { Journal } from "../delivery/journal.ts";
import { createJournalWrites } from "../delivery/journal-writes.ts";
import { createOutboxLoop, type OutboxLoop } from "../delivery/outbox/outbox-loop.ts";
import { createVerdicts } from "../delivery/outcomes/dead-token-verdicts.ts";
import { createResults, type Results } from "../delivery/outcomes/push-results.ts";
import { createPushModules } from "../delivery/push-modules.ts";
import { createPush2Relay } from "../delivery/push2-relay.ts";
import { createTrials, type Trials } from "../delivery/trial-devices.ts";
import { createUnifiedPushSending, type UnifiedPushSending } from "../delivery/unified-push/sending.ts";
import type { Taken } from "../delivery/unified-push/taking.ts";
import type { OwnerForm } from "../messages/whom.ts";
import { createAccess } from "../registering/access.ts";
import type { InviteDesk } from "../registering/invite-check.ts";
import type { NodeSource } from "../registering/nodes.ts";
import type { Ends } from "../registering/registration-ends.ts";
import { createRegistrationRate } from "../registering/registration-rate.ts";
import { TEST_PUSH } from "../registering/test-push.ts";
import type { Keyring } from "../secrets.ts";
import type { ConsoleStore } from "../store/console/console-store.ts";
import type { Enablings } from "../store/enablings.ts";
import type { Handover } from "../store/handover.ts";
import type { PubsubNodes } from "../store/pubsub-nodes.ts";
import type { Census } from "../store/registrations/census.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import type { StreamLeases } from "../store/stream-leases.ts";
import type { UnifiedPushMessages } from "../store/unified-push/messages.ts";
import type { AdminReadiness, Answer, Notification, PushService } from "../types.ts";
import type { ClockWatch } from "./checks/clock.ts";
import { checkKeepers } from "./checks/node-keepers.ts";
import { createStartChecks, type StartChecks } from "./checks/start-checks.ts";
import { type ConnectionState, type Connections, createConnections } from "./connections.ts";
import { createEnabling, type EnablingParts } from "./enabling/enabling.ts";
import { tellOfEnds } from "./ended-registrations.ts";
import { createEntrances, type Entrance, serversForAdmins } from "./entrances.ts";
import { gateMessages } from "./gate-messages.ts";
import { createLive, type Live, momentOf } from "./live.ts";
import type { createMetrics, Metrics } from "./metrics.ts";
import { type OutboxFile, openOutboxFile } from "./outbox-file.ts";

/** How long pushes on their way may take when the process is asked to end, ms. The rest waits in the outbox. */
const DRAIN_MS = 5_000;

export interface ConnectorDeps {
	config: Config;
	log: Logger;
	/** What the log calls owners. */
	ownerForm: OwnerForm;
	version: string;
	keyring: Keyring;
	registrations: Registrations;
	/** Tells which of them ended. */
	ends: Ends;
	/** How many there are. */
	census: Census;
	/** What processes without a connector leave to us. */
	handover: Handover;
	/** What waits for UnifiedPush devices. */
	unifiedPushMessages: UnifiedPushMessages;
	nodes: NodeSource;
	pubsubNodes: PubsubNodes;
	enablings: Enablings;
	invites: InviteDesk;
	/** What the console keeps: bars are asked, and the figures and events of each minute written. */
	consoleStore: Pick<ConsoleStore, "bars" | "writeMinute" | "sweep">;
	/** What happened, for the console. */
	journal: Journal;
	/** By what the figures of this process are known. */
	identity: { id: string; host: string };
	/** What browsers subscribe with. */
	vapidPublicKey: string | undefined;
	/** The replica that registrations are read from, if there is one. */
	replica: Replica | undefined;
	/** Which database it is; undefined: nothing here knows yet. */
	databaseId: string | undefined;
	/** Where several processes may have the same account: which of them is online. `holder`: this one's id. */
	standby: { leases: StreamLeases; holder: string } | undefined;
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	/** Sends what is relayed of Push 2.0; undefined: nothing is. */
	relay: PushService | undefined;
	clocks: ClockWatch;
}

export interface Connector {
	/** The text of the metrics; undefined without an ADMIN_TOKEN: nobody could read them. */
	scrape: Metrics["scrape"] | undefined;
	/** A push whose right was checked elsewhere. */
	push(node: string, notification: Notification): Promise<Answer>;
	/** What sends to UnifiedPush devices, and counts what comes to their endpoints; missing: they are not served. */
	unifiedPush: { sending: UnifiedPushSending; count(taken: Taken): void } | undefined;
	/** True while all addresses are ours; otherwise a sentence that says what is wrong. */
	xmppStatus(): true | string;
	/** What the operator is told of the accounts' servers. */
	forAdmins(): AdminReadiness;
	/** How it is now, for the console. */
	live(): Promise<Live>;
	/**
	 * Has apps that there are already send through other services, from the next push on.
	 * @throws {StartError} for a certificate that cannot be used; nothing has changed then
	 */
	reload(apps: readonly AppConfig[], services: ReadonlyMap<string, PushService>): void;
	/** How each connection is, for commands. */
	connections(): ConnectionState[];
	/** Push for one's own users; undefined: XMPP_ENABLE_FOR lists no domain. */
	enabling: Pick<EnablingParts, "ownUsers" | "states"> | undefined;
	/** Devices of this process alone, for `reveille doctor`. */
	trials: Pick<Trials, "begin">;
	/**
	 * A component publishes to itself by way of its server, as no second session of it can.
	 * @param address of the component
	 * @throws {RequestFailed}
	 */
	publishToItself(address: string, publish: Element): Promise<void>;
	/** What waits goes out, and the connections are opened. To be called once. */
	start(): Promise<RunningConnector>;
}

export interface RunningConnector {
	/** Finishes what is on its way within a deadline, puts the rest on disk, and leaves the stream resumable. */
	stop(): Promise<void>;
}

/** @throws {StartError} for what would show only at the first push, or never */
export async function createConnector(deps: ConnectorDeps): Promise<Connector> {
	const { config, log, keyring, registrations, nodes, pubsubNodes } = deps;
	const checks = createStartChecks({
		config,
		census: deps.census,
		services: deps.services,
		log,
	});
	await checkKeepers(config.connections, pubsubNodes);

	// Connections: a stanza comes in by them, and its answer goes out.
	const connections = createConnections(config.connections);

	// Outbox: pushes wait on the disk, each until it is due or its gate opens.
	const file = await openOutboxFile(config, log);
	// Between two queues a timer would wait a millisecond for nothing.
	const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
	const outboxLoop = createOutboxLoop(file.outbox, log, Date.now, turn);

	// Admission, gates, services, outcomes, and delivery around them: from a publish to its answer.
	const trials = createTrials(keyring);
	const enabling = createEnabling(deps);
	// Nobody could read them without it: their library is not loaded then, which is 4 MB.
	const counting = config.adminToken ? (await import("./metrics.ts")).createMetrics : undefined;
	const { delivery, results, metrics, gates, observed } = composeDelivery(deps, {
		counting,
		connections,
		file,
		outboxLoop,
		certificates: checks.certificates,
		trials,
	});

	const sending = config.unifiedPush && composeUnifiedPush(deps, { connections, results, metrics });

	const pushes = notedPushes(deps, { delivery, results });

	// Intakes: what a stanza asks for is found out. A publish goes to delivery, a command to registering.
	const entrances = await createEntrances(config.connections, {
		intake: {
			publish(request) {
				trials.arrived(request.node);
				const answer = delivery.publish(request);
				return metrics?.publish(answer) ?? answer;
			},
			push: pushes.ofHost,
			testPush: (node) => pushes.overHttp(node, TEST_PUSH),
			registrations,
			rate: createRegistrationRate(registrations),
			isBarred: deps.consoleStore.bars.isBarred,
			note: deps.journal.note,
			invites: deps.invites,
			vapidPublicKey: deps.vapidPublicKey,
			publicUrl: config.publicUrl,
			ownUsers: enabling?.ownUsers,
			keyring,
			apps: config.apps,
			services: deps.services,
			nodes,
			pubsubNodes,
			unifiedPush: sending && config.unifiedPush && { ...config.unifiedPush, sending },
			version: deps.version,
			ownerForm: deps.ownerForm,
			log,
		},
		connections,
		permissions: enabling?.permissions,
		databaseId: deps.databaseId,
		standby: deps.standby,
		streams: file.streams,
		clocks: deps.clocks,
		log,
	});

	const live = createLive({
		...deps,
		certificates: checks.certificates,
		connections,
		outbox: file.outbox,
		gates,
	});

	return {
		scrape: metrics?.scrape,
		push: pushes.overHttp,
		unifiedPush: sending && { sending, count: ({ kind }) => metrics?.unifiedPush(kind) },
		xmppStatus: connections.status,
		forAdmins: () => serversForAdmins(entrances, connections, enabling?.notes()),
		live,

		reload(apps, services) {
			checks.reload(apps, services);
			for (const [app, service] of services) observed.set(app, metrics?.observe(app, service) ?? service);
		},
		connections: connections.states,
		enabling,
		trials,
		publishToItself: (address, publish) => publishToItself(entrances, address, publish),

		start: () =>
			startParts(deps, {
				checks,
				connections,
				file,
				outboxLoop,
				delivery,
				results,
				metrics,
				enabling,
				entrances,
				sending,
				live,
			}),
	};
}

/** Pushes whose right was checked elsewhere, and what the console is told of them. */
function notedPushes(
	{ journal }: Pick<ConnectorDeps, "journal">,
	{ delivery, results }: { delivery: Delivery; results: Results },
) {
	async function push(node: string, notification: Notification) {
		const [at, startedAt] = [Date.now(), performance.now()];
		const answer = await delivery.push(node, notification);
		return { node, class: notification.class, at, answer, ms: performance.now() - startedAt };
	}

	return {
		async overHttp(node: string, notification: Notification): Promise<Answer> {
			const pushed = await push(node, notification);
			// A test is no publish: it does not show that any comes.
			if (notification !== TEST_PUSH) journal.published({ ...pushed, isOverHttp: true });
			// Whoever tests a registration looks at it next.
			await results.flush();
			return pushed.answer;
		},

		/** A publish to a node of ours at a pubsub host. */
		async ofHost(node: string, notification: Notification): Promise<Answer> {
			const pushed = await push(node, notification);
			journal.answered(pushed.ms);
			journal.published(pushed);
			return pushed.answer;
		},
	};
}

/** Not to the bare domain, of which ejabberd's mod_privilege takes every IQ for its own (component-stream.ts). */
async function publishToItself(
	entrances: readonly Entrance[],
	address: string,
	publish: Element,
): Promise<void> {
	const entrance = entrances.find(({ settings }) => settings.address === address);
	await entrance?.intake.ask("set", `${address}/doctor`, publish);
}

/** What takes pushes to UnifiedPush devices. It starts nothing. */
function composeUnifiedPush(
	{ unifiedPushMessages, registrations, keyring, journal, identity, ownerForm, log }: ConnectorDeps,
	{
		connections,
		results,
		metrics,
	}: { connections: Connections; results: Results; metrics: Metrics | undefined },
): UnifiedPushSending {
	return createUnifiedPushSending({
		messages: unifiedPushMessages,
		registrations,
		keyring,
		send: (stanza) => connections.sendFrom(stanza.attrs.from, stanza),
		isConnected: () => connections.isOnline().values().some(Boolean),
		count: (outcome) => metrics?.unifiedPushTried(outcome),
		results,
		journal,
		connector: identity.id,
		ownerForm,
		log,
	});
}

/** What a publish meets between its intake and its answer. It starts nothing. */
function composeDelivery(
	{
		config,
		log,
		ownerForm,
		keyring,
		registrations,
		services,
		relay: relayService,
		census,
		replica,
		journal,
		consoleStore,
		unifiedPushMessages,
	}: ConnectorDeps,
	{
		counting,
		connections,
		file,
		outboxLoop,
		certificates,
		trials,
	}: {
		counting: typeof createMetrics | undefined;
		connections: Connections;
		file: OutboxFile;
		outboxLoop: OutboxLoop;
		certificates: StartChecks["certificates"];
		trials: Trials;
	},
): {
	delivery: Delivery;
	results: Results;
	metrics: Metrics | undefined;
	gates: Gates;
	/** The services as pushes take them, by the name of their app. */
	observed: Map<string, PushService>;
} {
	const messages = gateMessages(log);
	const gateNotes = createGateNotes(journal);
	const { isBarred, isStillBarred } = consoleStore.bars;

	// Admission: a publish shows its secret. Or it names a push module, whose devices need not register.
	const mayPublish = createAccess(config.xmppAllow);
	const modules = createPushModules({ apps: config.apps, services, mayPublish });
	const relay =
		relayService &&
		createPush2Relay({
			service: relayService,
			mayRelay: mayPublish,
			isBarred,
			hash: keyring.conceal,
			gone: file.gone,
			onDropped(reason, domain, detail) {
				metrics?.push2Dropped(reason);
				log.debug("A message of Push 2.0 from {domain} is not relayed: {reason}", { domain, reason: detail });
			},
		});
	const admit = createAdmission({ keyring, modules, relay, isBarred, log, now: Date.now });
	const unregistered = modules.beside(registrations);
	const known = trials.beside(relay ? relay.beside(unregistered) : unregistered);

	// Gates: may the push service be asked now? If not, the push goes to the outbox, until the gate opens or has room.
	const gates = createGates({
		onShut(gate, report, shutFor, isStrangers) {
			messages.onShut(gate, report, shutFor);
			gateNotes.onShut(gate, report, shutFor, isStrangers);
		},
		onOpen(gate, isStrangers) {
			messages.onOpen(gate);
			gateNotes.onOpen(gate, isStrangers);
			outboxLoop.open(gate);
		},
		onRoom: outboxLoop.room,
	});

	// Services: each sends a push once, and classifies the answer as an outcome. The metrics count and time them.
	const metrics = counting
		? counting({
				apps: [...config.apps, ...(relay ? [relay.app] : [])].map(({ name }) => name),
				unifiedPushWaiting: config.unifiedPush && unifiedPushMessages.count,
				outbox: file.outbox.depth,
				shutGates: gates.shut,
				inFlight: gates.inFlight,
				isOnline: connections.isOnline,
				census,
				certificates,
				disks: createDisks(config),
				replica,
			})
		: undefined;
	const observed = new Map(
		[...services].map(([app, service]) => [app, metrics?.observe(app, service) ?? service]),
	).set(trials.app.name, trials.service);
	if (relay) observed.set(relay.app.name, metrics?.observe(relay.app.name, relay.service) ?? relay.service);

	// Outcomes: they are written down, and not believed when too many devices at once are said to be gone.
	const results = createResults(known, log, Date.now, ownerForm);
	const verdicts = createVerdicts({
		onMass(gate) {
			messages.onMass(gate);
			gateNotes.onMass(gate);
		},
	});

	// Delivery: throttle and attempts, which use all of these.
	const delivery = createDelivery({
		admit,
		tagging: file.tagging,
		registrations: known,
		isBarred,
		isStillBarred,
		journal,
		publishers: config.publishers,
		pushIntervalMs: config.pushIntervalMs,
		pushTtlSeconds: config.pushTtlSeconds,
		gates,
		maxInFlight: IN_FLIGHT,
		services: observed,
		apps: [...config.apps, trials.app, ...(relay ? [relay.app] : [])],
		results,
		verdicts,
		outbox: file.outbox,
		mayGrow: file.mayGrow,
		onQueued: outboxLoop.wake,
		ownerForm,
		onDelivered: config.logLevel === "debug" ? deliveredLines(log, ownerForm) : undefined,
		log,
	});
	return { delivery, results, metrics, gates, observed };
}

/** All that was made. */
interface Parts {
	checks: StartChecks;
	connections: Connections;
	file: OutboxFile;
	outboxLoop: OutboxLoop;
	delivery: Delivery;
	results: Results;
	metrics: Metrics | undefined;
	enabling: EnablingParts | undefined;
	entrances: readonly Entrance[];
	sending: UnifiedPushSending | undefined;
	live(): Promise<Live>;
}

/** What waits may go out first; then the connections are opened, and publishes come in. */
async function startParts(deps: ConnectorDeps, parts: Parts): Promise<RunningConnector> {
	const { config, log, ownerForm, keyring, registrations, nodes, handover, journal, consoleStore, identity } =
		deps;
	const { checks, connections, file, outboxLoop, delivery, results, metrics, enabling, entrances } = parts;
	const { sending, live } = parts;
	const { retentionDays } = config;
	const journalWrites = createJournalWrites({
		journal,
		writeMinute: consoleStore.writeMinute,
		connector: { id: identity.id, moment: async () => momentOf(await live(), identity.host) },
		log,
	});

	checks.start();
	const ownDomains = config.enableFor?.domains ?? [];
	deps.ends.listen(tellOfEnds({ entrances, connections, nodes, keyring, ownDomains, ownerForm, log }));
	outboxLoop.start(delivery.retry);
	if (sending) {
		deps.ends.listen(sending.ended);
		sending.start();
	}

	/** What an HTTP process or an edge took in, at the time that it says. */
	async function pushAndTell(...publish: Parameters<typeof delivery.push>): Promise<Answer> {
		const answer = await delivery.push(...publish);
		const [node, { class: pushClass }, at = Date.now()] = publish;
		const ms = Math.max(0, Date.now() - at);
		deps.journal.published({ node, class: pushClass, at, answer, ms, isOverHttp: true });
		return answer;
	}

	const handoverLoop = startHandoverLoop(handover, pushAndTell, log, {
		// Only what is held back: what is on its way has an end by itself.
		onFull: () => delivery.settle(Number.POSITIVE_INFINITY),
	});
	const housekeeping = startHousekeeping({
		results,
		registrations,
		handover,
		unifiedPushMessages: deps.unifiedPushMessages,
		consoleStore,
		journal,
		retentionDays,
		log,
	});
	journalWrites.start();
	enabling?.start(entrances);
	await connections.start(
		entrances.map((entrance) => {
			const { settings, intake, rivals, server } = entrance;
			return {
				settings,
				streams: file.streams,
				sameDatabase: rivals.sameDatabase,
				others: rivals.others,
				lease: rivals.lease,
				handle: intake.handle,
				isAwaited: intake.isAwaited,
				onOpen: () => enabling?.opened(entrance),
				onOnline(isResumed, stream) {
					metrics?.connected(isResumed);
					intake.online(isResumed);
					enabling?.online(entrance);
					void server?.online(stream);
				},
				onBacklog: delivery.settle,
				log,
			};
		}),
	);

	return {
		async stop() {
			for (const { intake } of entrances) intake.stop();
			checks.stop();
			await enabling?.stop();
			const handedOver = handoverLoop.stop();
			await connections.stop(async () => {
				await Promise.all([delivery.idle(DRAIN_MS), sending?.stop(DRAIN_MS)]);
				await delivery.settle();
			});
			await handedOver;
			// What is still on its way from the outbox is in the outbox too.
			await Promise.race([outboxLoop.stop(), Bun.sleep(DRAIN_MS)]);
			await housekeeping.stop();
			await journalWrites.stop();
			await file.close();
		},
	};
}
