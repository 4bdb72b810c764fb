/**
 * Metrics for Prometheus: what comes in, what is answered, what the providers say and how long they take, and what
 * waits. No label is a token, a node or anybody's JID but our own addresses.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Answer, Outcome, PushService } from "../types.ts";

/** Every metric of ours, with its labels and what it means: the table in docs/operations.md is this. */
export const METRICS = {
	reveille_publishes_total: { labels: [], help: "Publishes that came in over XMPP" },
	reveille_answers_total: {
		labels: ["answer"],
		help: "Answers to publishes: delivered, queued, superseded, skipped, unknown, refused, wait",
	},
	reveille_answer_seconds: { labels: [], help: "Time from a publish to its answer, in seconds" },
	reveille_outcomes_total: {
		labels: ["app", "outcome"],
		help: "Answers of push services: delivered, gone, retry, rejected, misconfigured",
	},
	reveille_provider_seconds: { labels: ["app"], help: "Time that a push service took to answer, in seconds" },
	reveille_outbox_entries: { labels: [], help: "Pushes that wait on the disk of this connector" },
	reveille_outbox_oldest_due_seconds: {
		labels: [],
		help: "Age of the oldest overdue push, in seconds",
	},
	reveille_gates_shut: {
		labels: ["app"],
		help: "Apps, or origins of an app, that get no pushes for now because they fail",
	},
	reveille_pushes_in_flight: { labels: ["app"], help: "Pushes that were sent and not answered yet" },
	reveille_xmpp_online: { labels: ["address"], help: "1 while this connector has the address, else 0" },
	reveille_xmpp_connects_total: {
		labels: ["stream"],
		help: "Times this connector got an address: with a resumed stream or a new one",
	},
	reveille_registrations: { labels: ["app"], help: "Registrations in the database" },
	reveille_key_registrations: {
		labels: ["key", "state"],
		help: "Registrations made with a key: current, old (SECRET_KEY_OLD), gone (not configured)",
	},
	reveille_certificate_expiry_seconds: {
		labels: ["app"],
		help: "When the certificate of an app expires, Unix time in seconds",
	},
	reveille_replica_age_seconds: {
		labels: [],
		help: "How old the replica of the database may be, in seconds",
	},
	reveille_replica_sync_failures_total: {
		labels: [],
		help: "Times the replica could not be brought up to date",
	},
} as const;

type MetricName = keyof typeof METRICS;

/** What is asked at each scrape. */
export interface MetricSources {
	outbox(): Promise<{ entries: number; oldestDueAt: number | undefined }>;
	shutGates(): readonly { name: string }[];
	inFlight(): ReadonlyMap<string, number>;
	/** By address. */
	isOnline(): ReadonlyMap<string, boolean>;
	registrations(): Promise<readonly { app: string; count: number }[]>;
	keyUse(): Promise<readonly { key: string; state: string; count: number }[]>;
	/** Unix time, seconds, by app. */
	certificates: ReadonlyMap<string, number>;
	/** Where there is one. `freshAt`: ms since the epoch. */
	replica?: { freshAt(): number; failures(): number } | undefined;
}

export interface Metrics {
	/** Counts and times a publish. */
	publish<T extends Answer>(answer: Promise<T>): Promise<T>;
	/** A service that is counted and timed. */
	observe(app: string, service: PushService): PushService;
	connected(isResumed: boolean): void;
	/** The text of a scrape. */
	scrape(): Promise<{ contentType: string; text: string }>;
}

/** From a millisecond to the deadline of a push. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

export function createMetrics(sources: MetricSources, now: () => number = Date.now): Metrics {
	const registry = new Registry();
	collectDefaultMetrics({ register: registry, prefix: "reveille_" });
	const options = (name: MetricName) => ({
		name,
		help: METRICS[name].help,
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

	const publishes = counter("reveille_publishes_total");
	const answers = counter("reveille_answers_total");
	const answerSeconds = histogram("reveille_answer_seconds");
	const outcomes = counter("reveille_outcomes_total");
	const providerSeconds = histogram("reveille_provider_seconds");
	const connects = counter("reveille_xmpp_connects_total");

	gauge("reveille_outbox_entries", async (self) => self.set((await sources.outbox()).entries));
	gauge("reveille_outbox_oldest_due_seconds", async (self) => {
		const { oldestDueAt } = await sources.outbox();
		self.set(oldestDueAt === undefined ? 0 : Math.max(0, now() - oldestDueAt) / 1000);
	});
	gauge("reveille_gates_shut", (self) => {
		for (const { name } of sources.shutGates()) self.inc({ app: appOf(name) });
	});
	gauge("reveille_pushes_in_flight", (self) => {
		for (const [name, count] of sources.inFlight()) self.inc({ app: appOf(name) }, count);
	});
	gauge("reveille_xmpp_online", (self) => {
		for (const [address, isOnline] of sources.isOnline()) self.set({ address }, isOnline ? 1 : 0);
	});
	gauge("reveille_registrations", async (self) => {
		// The rest must be readable just when the shared database is away.
		const counts = await sources.registrations().catch(() => []);
		for (const { app, count } of counts) self.set({ app }, count);
	});
	gauge("reveille_key_registrations", async (self) => {
		for (const { count, ...labels } of await sources.keyUse().catch(() => [])) self.set(labels, count);
	});
	gauge("reveille_certificate_expiry_seconds", (self) => {
		for (const [app, seconds] of sources.certificates) self.set({ app }, seconds);
	});

	const { replica } = sources;
	if (replica) {
		gauge("reveille_replica_age_seconds", (self) => self.set(Math.max(0, now() - replica.freshAt()) / 1000));
		new Counter({
			...options("reveille_replica_sync_failures_total"),
			collect() {
				this.reset();
				this.inc(replica.failures());
			},
		});
	}

	const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1000;

	return {
		async publish(answering) {
			publishes.inc();
			const startedAt = performance.now();
			const answer = await answering;
			answers.inc({ answer: answer.kind === "done" ? answer.how : answer.kind });
			answerSeconds.observe(secondsSince(startedAt));
			return answer;
		},

		observe: (app, service) => ({
			...service,
			async send(push, signal): Promise<Outcome> {
				const startedAt = performance.now();
				const outcome = await service.send(push, signal);
				outcomes.inc({ app, outcome: outcome.kind });
				providerSeconds.observe({ app }, secondsSince(startedAt));
				return outcome;
			},
		}),

		connected: (isResumed) => connects.inc({ stream: isResumed ? "resumed" : "new" }),

		scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
	};
}

/** Origins are the clients' choice, and too many for labels: their app stands for them. */
const appOf = (gate: string) => gate.split(" ")[0] ?? gate;
