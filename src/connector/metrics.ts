/**
 * Metrics for Prometheus: what comes in, what is answered, what the providers say and how long they take, and what
 * waits. No label is a token, a node or anybody's JID but our own addresses.
 *
 * Every series whose labels are known is there from the start, at 0: `increase()` does not see the first count of one
 * that only then comes into being.
 */
// Not the package's index: its default metrics, cluster and push gateway take longer to load than all of this room.
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import type { DiskSpace } from "../bun/disks.ts";
import { DROP_REASONS, type DropReason } from "../delivery/push2-relay.ts";
import type { Taken } from "../delivery/unified-push/taking.ts";
import { failureReasonOf, REASONS_OF } from "../services/failure-reasons.ts";
import type { Census } from "../store/registrations/census.ts";
import type { Answer, Outcome, PushService } from "../types.ts";
import { helpOf, METRICS, type MetricName } from "./metric-list.ts";
import { addProcessMetrics, type Makers } from "./process-metrics.ts";

/** What is asked at each scrape. */
export interface MetricSources {
	/** The names of the apps that are set up. */
	apps: readonly string[];
	outbox(): Promise<{ entries: number; oldestDueAt: number | undefined }>;
	shutGates(): readonly { name: string }[];
	inFlight(): ReadonlyMap<string, number>;
	/** By address. */
	isOnline(): ReadonlyMap<string, boolean>;
	census: Pick<Census, "latest">;
	/** Pushes that wait for UnifiedPush devices; missing: it is not served. */
	unifiedPushWaiting?: (() => Promise<number>) | undefined;
	/** Unix time, seconds, by app. */
	certificates: ReadonlyMap<string, number>;
	/** The disks of this process's files. */
	disks(): Promise<readonly DiskSpace[]>;
	/** Where there is one. `freshAt`: ms since the epoch. */
	replica?: { freshAt(): number; failures(): number } | undefined;
}

export interface Metrics {
	/** Counts and times a publish. */
	publish<T extends Answer>(answer: Promise<T>): Promise<T>;
	/** A push that came to a UnifiedPush endpoint. */
	unifiedPush(taken: Taken["kind"]): void;
	/** A UnifiedPush device was asked to take one. */
	unifiedPushTried(outcome: Outcome): void;
	/** A service that is counted and timed. */
	observe(app: string, service: PushService): PushService;
	/** A message of Push 2.0 is not relayed. */
	push2Dropped(reason: DropReason): void;
	connected(isResumed: boolean): void;
	/** The text of a scrape. */
	scrape(): Promise<{ contentType: string; text: string }>;
}

const labelOf = (answer: Answer) => (answer.kind === "done" ? answer.how : answer.kind);
const ANSWERS = [
	"delivered",
	"queued",
	"superseded",
	"skipped",
	"unknown",
	"refused",
	"wait",
] as const satisfies ReturnType<typeof labelOf>[];
const OUTCOMES = [
	"delivered",
	"gone",
	"retry",
	"rejected",
	"misconfigured",
] as const satisfies Outcome["kind"][];
const STREAMS = ["new", "resumed"] as const;
const TAKEN = [
	"kept",
	"unknown",
	"gone",
	"too-often",
	"full",
	"key-missing",
] as const satisfies Taken["kind"][];
/** Being away is no failure of a device. */
const TRIED: Readonly<Record<Outcome["kind"], string>> = {
	delivered: "delivered",
	gone: "gone",
	retry: "away",
	rejected: "away",
	misconfigured: "away",
};

/** From a millisecond to the deadline of a push. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

export function createMetrics(sources: MetricSources, now: () => number = Date.now): Metrics {
	const registry = new Registry();
	const { apps } = sources;
	const options = (name: MetricName) => ({
		name,
		help: helpOf(name),
		labelNames: [...METRICS[name].labels],
		registers: [registry],
	});
	const counter = (name: MetricName) => new Counter<string>(options(name));
	const histogram = (name: MetricName) => new Histogram<string>({ ...options(name), buckets: SECONDS });
	const gauge = (name: MetricName, collect: (self: Gauge<string>) => void | Promise<void>) =>
		new Gauge<string>({
			...options(name),
			collect() {
				this.reset();
				return collect(this);
			},
		});
	/** Of what is counted elsewhere. */
	const collectedCounter = (name: MetricName, collect: (self: Counter<string>) => void | Promise<void>) =>
		new Counter<string>({
			...options(name),
			collect() {
				this.reset();
				return collect(this);
			},
		});

	const publishes = counter("reveille_publishes_total");
	const answers = counter("reveille_answers_total");
	const answerSeconds = histogram("reveille_answer_seconds");
	const outcomes = counter("reveille_outcomes_total");
	const providerSeconds = histogram("reveille_provider_seconds");
	const failures = counter("reveille_failures_total");
	const dropped = counter("reveille_push2_dropped_total");
	const connects = counter("reveille_xmpp_connects_total");
	const unifiedPushes = counter("reveille_unifiedpush_pushes_total");
	const unifiedPushTries = counter("reveille_unifiedpush_tries_total");
	for (const answer of ANSWERS) answers.inc({ answer }, 0);
	for (const stream of STREAMS) connects.inc({ stream }, 0);
	for (const reason in DROP_REASONS) dropped.inc({ reason }, 0);
	for (const app of apps) {
		providerSeconds.zero({ app });
		for (const outcome of OUTCOMES) outcomes.inc({ app, outcome }, 0);
		for (const [outcome, reasons] of Object.entries(REASONS_OF)) {
			for (const reason of reasons) failures.inc({ app, outcome, reason }, 0);
		}
	}

	const asked = { gauge, counter: collectedCounter };
	addSourceMetrics(sources, asked, now);
	addProcessMetrics(asked);

	for (const answer of TAKEN) unifiedPushes.inc({ answer }, 0);
	for (const outcome of Object.values(TRIED)) unifiedPushTries.inc({ outcome }, 0);

	const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1000;

	return {
		async publish(answering) {
			publishes.inc();
			const startedAt = performance.now();
			const answer = await answering;
			answers.inc({ answer: labelOf(answer) });
			answerSeconds.observe(secondsSince(startedAt));
			return answer;
		},

		unifiedPush: (answer) => unifiedPushes.inc({ answer }),
		unifiedPushTried: ({ kind }) => unifiedPushTries.inc({ outcome: TRIED[kind] }),

		observe: (app, service) => ({
			...service,
			async send(push, signal): Promise<Outcome> {
				const startedAt = performance.now();
				const outcome = await service.send(push, signal);
				outcomes.inc({ app, outcome: outcome.kind });
				if (outcome.kind !== "delivered")
					failures.inc({ app, outcome: outcome.kind, reason: failureReasonOf(outcome) });
				providerSeconds.observe({ app }, secondsSince(startedAt));
				return outcome;
			},
		}),

		push2Dropped: (reason) => dropped.inc({ reason }),

		connected: (isResumed) => connects.inc({ stream: isResumed ? "resumed" : "new" }),

		scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
	};
}

/** What is asked at each scrape. */
function addSourceMetrics(sources: MetricSources, { gauge, counter }: Makers, now: () => number): void {
	const { apps } = sources;
	gauge("reveille_outbox_entries", async (self) => self.set((await sources.outbox()).entries));
	gauge("reveille_outbox_oldest_due_seconds", async (self) => {
		const { oldestDueAt } = await sources.outbox();
		self.set(oldestDueAt === undefined ? 0 : Math.max(0, now() - oldestDueAt) / 1000);
	});
	gauge("reveille_gates_shut", (self) => {
		for (const app of apps) self.set({ app }, 0);
		for (const { name } of sources.shutGates()) self.inc({ app: appOf(name) });
	});
	gauge("reveille_pushes_in_flight", (self) => {
		for (const app of apps) self.set({ app }, 0);
		for (const [name, count] of sources.inFlight()) self.inc({ app: appOf(name) }, count);
	});
	gauge("reveille_xmpp_online", (self) => {
		for (const [address, isOnline] of sources.isOnline()) self.set({ address }, isOnline ? 1 : 0);
	});
	gauge("reveille_registrations", async (self) => {
		// The rest must be readable just when the shared database is away, and a 0 would not be true then.
		const counts = await sources.census.latest();
		if (!counts) return;
		for (const app of apps) self.set({ app }, 0);
		for (const [app, count] of counts.apps) self.set({ app }, count);
	});
	gauge("reveille_key_registrations", async (self) => {
		const counts = await sources.census.latest();
		for (const { count, ...labels } of counts?.keys ?? []) self.set(labels, count);
	});
	gauge("reveille_unifiedpush_waiting", async (self) => {
		const waiting = await sources.unifiedPushWaiting?.().catch(() => undefined);
		if (waiting !== undefined) self.set(waiting);
	});
	gauge("reveille_certificate_expiry_seconds", (self) => {
		for (const [app, seconds] of sources.certificates) self.set({ app }, seconds);
	});

	gauge("reveille_disk_free_bytes", async (self) => {
		for (const { disk, free } of await sources.disks()) self.set({ disk }, free);
	});
	gauge("reveille_disk_size_bytes", async (self) => {
		for (const { disk, size } of await sources.disks()) self.set({ disk }, size);
	});

	const { replica } = sources;
	if (replica) {
		gauge("reveille_replica_age_seconds", (self) => self.set(Math.max(0, now() - replica.freshAt()) / 1000));
		counter("reveille_replica_sync_failures_total", (self) => self.inc(replica.failures()));
	}
}

/** Origins are the clients' choice, and too many for labels: their app stands for them. */
const appOf = (gate: string) => gate.split(" ")[0] ?? gate;
