/**
 * Every metric of ours: the table in docs/metrics.md, the help texts of a scrape and the check of the dashboard in
 * examples/ are this.
 */

interface MetricEntry {
	readonly labels: readonly string[];
	readonly kind: "counter" | "gauge" | "histogram";
	/** What it says, without a full stop at its end. */
	readonly help: string;
	/**
	 * Whose it is. `process`: add those of several connectors up. `database`: each connector that shares the database shows
	 * the same, so take one of them.
	 */
	readonly of: "process" | "database";
}

export const METRICS = {
	reveille_publishes_total: {
		labels: [],
		kind: "counter",
		help: "Publishes that came in over XMPP",
		of: "process",
	},
	reveille_answers_total: {
		labels: ["answer"],
		kind: "counter",
		help: "Answers to publishes: delivered, queued, superseded, skipped, unknown, refused, wait",
		of: "process",
	},
	reveille_answer_seconds: {
		labels: [],
		kind: "histogram",
		help: "Time from a publish to its answer, in seconds",
		of: "process",
	},
	reveille_outcomes_total: {
		labels: ["app", "outcome"],
		kind: "counter",
		help: "Answers of push services: delivered; gone (the device is, and its registration ends); retry (not now); rejected (this push or device, for good); misconfigured (your credentials or settings)",
		of: "process",
	},
	reveille_failures_total: {
		labels: ["app", "outcome", "reason"],
		kind: "counter",
		help: "Answers of push services that were not delivered, by reason of a closed list",
		of: "process",
	},
	reveille_push2_dropped_total: {
		labels: ["reason"],
		kind: "counter",
		help: "Push 2.0 messages to relay that were dropped before a push service was asked, by reason",
		of: "process",
	},
	reveille_provider_seconds: {
		labels: ["app"],
		kind: "histogram",
		help: "Time that a push service took to answer, in seconds",
		of: "process",
	},
	reveille_outbox_entries: {
		labels: [],
		kind: "gauge",
		help: "Pushes that wait on the disk of this connector",
		of: "process",
	},
	reveille_outbox_oldest_due_seconds: {
		labels: [],
		kind: "gauge",
		help: "Age of the oldest overdue push, in seconds",
		of: "process",
	},
	reveille_gates_shut: {
		labels: ["app"],
		kind: "gauge",
		help: "Apps, or origins of an app, that get no pushes for now because they fail",
		of: "process",
	},
	reveille_pushes_in_flight: {
		labels: ["app"],
		kind: "gauge",
		help: "Pushes that were sent and not answered yet",
		of: "process",
	},
	reveille_xmpp_online: {
		labels: ["address"],
		kind: "gauge",
		help: "1 while this connector has the address, else 0",
		of: "process",
	},
	reveille_xmpp_connects_total: {
		labels: ["stream"],
		kind: "counter",
		help: "Times this connector got an address: with a resumed stream or a new one",
		of: "process",
	},
	reveille_registrations: {
		labels: ["app"],
		kind: "gauge",
		help: "Registrations, by a count that is minutes old where there are many",
		of: "database",
	},
	reveille_unifiedpush_pushes_total: {
		labels: ["answer"],
		kind: "counter",
		help: "Pushes that came to UnifiedPush endpoints of this process: kept; unknown, gone (the endpoint is); too-often, full, key-missing (refused for now)",
		of: "process",
	},
	reveille_unifiedpush_tries_total: {
		labels: ["outcome"],
		kind: "counter",
		help: "Pushes that UnifiedPush devices were asked to take: delivered; away (tried again later); gone (the app is, and its registration ends)",
		of: "process",
	},
	reveille_unifiedpush_waiting: {
		labels: [],
		kind: "gauge",
		help: "With UNIFIEDPUSH: pushes that wait for devices",
		of: "database",
	},
	reveille_key_registrations: {
		labels: ["key", "state"],
		kind: "gauge",
		help: "Registrations made with a key: current, old (SECRET_KEY_OLD), gone (not configured); by the same count",
		of: "database",
	},
	reveille_certificate_expiry_seconds: {
		labels: ["app"],
		kind: "gauge",
		help: "When the certificate of an app expires, Unix time in seconds; a warning is logged 30 days ahead",
		of: "process",
	},
	reveille_replica_age_seconds: {
		labels: [],
		kind: "gauge",
		help: "With DATABASE_SYNC_URL: how old the replica of the database may be, in seconds",
		of: "process",
	},
	reveille_replica_sync_failures_total: {
		labels: [],
		kind: "counter",
		help: "With DATABASE_SYNC_URL: times the replica could not be brought up to date",
		of: "process",
	},
	reveille_disk_free_bytes: {
		labels: ["disk"],
		kind: "gauge",
		help: "Bytes that are free for this process on the disk of: outbox (DATA_DIR), database and replica, where these are files",
		of: "process",
	},
	reveille_disk_size_bytes: {
		labels: ["disk"],
		kind: "gauge",
		help: "Bytes of the same disks in all",
		of: "process",
	},
	reveille_process_cpu_seconds_total: {
		labels: [],
		kind: "counter",
		help: "Processor time that was used, in seconds",
		of: "process",
	},
	reveille_process_resident_memory_bytes: {
		labels: [],
		kind: "gauge",
		help: "Memory that is used, in bytes",
		of: "process",
	},
	reveille_process_start_time_seconds: {
		labels: [],
		kind: "gauge",
		help: "When this process started, Unix time in seconds",
		of: "process",
	},
	reveille_process_open_fds: {
		labels: [],
		kind: "gauge",
		help: "Files and connections that are open; on Linux",
		of: "process",
	},
	reveille_process_max_fds: {
		labels: [],
		kind: "gauge",
		help: "How many may be open; on Linux",
		of: "process",
	},
	reveille_event_loop_lag_seconds: {
		labels: ["measure"],
		kind: "gauge",
		help: "How late this process comes to what is due, in seconds, since the last scrape: half of the time (p50), nearly always (p99), at worst (max)",
		of: "process",
	},
} as const satisfies Readonly<Record<string, MetricEntry>>;

export type MetricName = keyof typeof METRICS;

const WHOSE = {
	process: "Of this process.",
	database: "Of the shared database: the same in each process.",
} as const;

/** The help text of a scrape. */
export const helpOf = (name: MetricName): string => `${METRICS[name].help}. ${WHOSE[METRICS[name].of]}`;
