import { beforeEach, expect, test } from "bun:test";
import { METRICS } from "../../src/connector/metric-list.ts";
import { createMetrics, type MetricSources, type Metrics } from "../../src/connector/metrics.ts";
import { FAILURE_REASONS } from "../../src/services/failure-reasons.ts";
import type { Outcome, Push, PushService } from "../../src/types.ts";
import { censusOf, noCensus } from "../store/registrations/some-census.ts";

let sources: MetricSources;
let metrics: Metrics;
beforeEach(() => {
	sources = {
		apps: ["siskin", "webpush"],
		outbox: async () => ({ entries: 3, oldestDueAt: 5_000 }),
		shutGates: () => [{ name: "webpush https://one.example" }, { name: "webpush https://two.example" }],
		inFlight: () =>
			new Map([
				["webpush https://one.example", 2],
				["apns", 1],
			]),
		isOnline: () => new Map([["push.example.net", true]]),
		census: censusOf({ apns: 7 }, [{ key: "aaaaa", state: "old", count: 4 }]),
		certificates: new Map([["apns", 1_800_000_000]]),
		disks: async () => [{ disk: "outbox", free: 100, size: 1000 }],
		replica: { freshAt: () => 12_500, failures: () => 4 },
	};
	metrics = createMetrics(sources, () => 15_000);
});

async function lines(): Promise<string[]> {
	return (await metrics.scrape()).text.split("\n");
}

test("what waits, what is shut and what there is, is asked at each scrape", async () => {
	const said = await lines();
	expect(said).toContain("reveille_outbox_entries 3");
	expect(said).toContain("reveille_outbox_oldest_due_seconds 10");
	expect(said).toContain('reveille_xmpp_online{address="push.example.net"} 1');
	expect(said).toContain('reveille_registrations{app="apns"} 7');
	expect(said).toContain('reveille_key_registrations{key="aaaaa",state="old"} 4');
	expect(said).toContain('reveille_certificate_expiry_seconds{app="apns"} 1800000000');
	sources.isOnline = () => new Map([["push.example.net", false]]);
	expect(await lines()).toContain('reveille_xmpp_online{address="push.example.net"} 0');
});

test("the replica's age and failures are there where there is one", async () => {
	expect(await lines()).toContain("reveille_replica_age_seconds 2.5");
	expect(await lines()).toContain("reveille_replica_sync_failures_total 4");
	metrics = createMetrics({ ...sources, replica: undefined }, () => 15_000);
	expect((await lines()).join("\n")).not.toContain("reveille_replica");
});

test("origins that clients chose are no labels: their app stands for them", async () => {
	const said = await lines();
	expect(said).toContain('reveille_gates_shut{app="webpush"} 2');
	expect(said).toContain('reveille_pushes_in_flight{app="webpush"} 2');
	expect(said.join("\n")).not.toContain("one.example");
});

test("publishes are counted when they come and when they are answered, and timed in between", async () => {
	const answer = Promise.withResolvers<{ kind: "done"; how: "delivered" }>();
	const answered = metrics.publish(answer.promise);
	expect(await lines()).toContain("reveille_publishes_total 1");
	answer.resolve({ kind: "done", how: "delivered" });
	await answered;
	await metrics.publish(Promise.resolve({ kind: "wait", reason: "the database is not available" }));
	const said = await lines();
	expect(said).toContain('reveille_answers_total{answer="delivered"} 1');
	expect(said).toContain('reveille_answers_total{answer="wait"} 1');
	expect(said).toContain("reveille_answer_seconds_count 2");
});

test("a service is counted and timed by its app, and is otherwise itself", async () => {
	const outcome: Outcome = { kind: "gone", reason: "410" };
	const service: PushService = {
		name: "apns",
		parseDevice: () => ({ token: "t" }),
		hostOf: () => "host",
		send: async () => outcome,
	};
	const observed = metrics.observe("siskin", service);
	expect(await observed.send({} as Push, AbortSignal.timeout(1000))).toBe(outcome);
	expect(observed.hostOf?.({ token: "t" })).toBe("host");
	const said = await lines();
	expect(said).toContain('reveille_outcomes_total{app="siskin",outcome="gone"} 1');
	expect(said).toContain('reveille_provider_seconds_count{app="siskin"} 1');
});

test("a failure is counted by its reason, of a closed list", async () => {
	const reasons = ["410 subscription ended", "503 push service unwell", "200 unknown answer"];
	const kinds = ["gone", "retry", "retry"] as const;
	const outcomes: Outcome[] = [
		{ kind: "delivered" },
		...reasons.map((reason, at) => ({ kind: kinds[at] ?? "retry", reason })),
	];
	const service = {
		name: "webpush",
		parseDevice: () => ({ token: "t" }),
		send: async () => outcomes.shift(),
	} as unknown as PushService;
	const observed = metrics.observe("webpush", service);
	for (let sent = 0; sent < 4; sent++) await observed.send({} as Push, AbortSignal.timeout(1000));
	const said = await lines();
	const counted = said.filter((line) => /^reveille_failures_total.* 1$/.test(line));
	expect(counted.toSorted()).toEqual([
		'reveille_failures_total{app="webpush",outcome="gone",reason="unregistered"} 1',
		'reveille_failures_total{app="webpush",outcome="retry",reason="other"} 1',
		'reveille_failures_total{app="webpush",outcome="retry",reason="server_error"} 1',
	]);
});

test("every series whose labels are known is there from the start, at 0", async () => {
	sources.shutGates = () => [];
	sources.inFlight = () => new Map();
	sources.census = censusOf({});
	const said = await lines();
	for (const answer of ["delivered", "queued", "superseded", "skipped", "unknown", "refused", "wait"])
		expect(said).toContain(`reveille_answers_total{answer="${answer}"} 0`);
	for (const stream of ["new", "resumed"])
		expect(said).toContain(`reveille_xmpp_connects_total{stream="${stream}"} 0`);
	expect(said).toContain("reveille_publishes_total 0");
	for (const app of sources.apps) {
		for (const outcome of ["delivered", "gone", "retry", "rejected", "misconfigured"])
			expect(said).toContain(`reveille_outcomes_total{app="${app}",outcome="${outcome}"} 0`);
		expect(said).toContain(`reveille_provider_seconds_count{app="${app}"} 0`);
		for (const name of ["gates_shut", "pushes_in_flight", "registrations"])
			expect(said).toContain(`reveille_${name}{app="${app}"} 0`);
		const failures = said.filter((line) => line.startsWith(`reveille_failures_total{app="${app}"`));
		const known = new Set(failures.map((line) => /reason="(\w+)"\} 0$/.exec(line)?.[1]));
		expect([...known].toSorted()).toEqual(Object.keys(FAILURE_REASONS).toSorted());
	}
});

test("nobody's registrations are said to be 0 while the database is away", async () => {
	sources.census = noCensus;
	const said = await lines();
	expect(said.filter((line) => line.startsWith("reveille_registrations"))).toEqual([]);
	expect(said).toContain("reveille_outbox_entries 3");
});

test("the process says what means something on Bun, and nothing of Node's", async () => {
	const said = await lines();
	const numberOf = (name: string) => {
		const line = said.find((each) => each.startsWith(`${name} `)) ?? "";
		return Number(line.slice(name.length + 1) || "NaN");
	};
	expect(numberOf("reveille_process_cpu_seconds_total")).toBeGreaterThan(0);
	expect(numberOf("reveille_process_resident_memory_bytes")).toBeGreaterThan(1e6);
	expect(Math.abs(numberOf("reveille_process_start_time_seconds") - Date.now() / 1000)).toBeLessThan(3600);
	expect(numberOf("reveille_process_open_fds")).toBeGreaterThan(2);
	expect(numberOf("reveille_process_max_fds")).toBeGreaterThan(100);
	expect(said.filter((line) => line.includes("nodejs"))).toEqual([]);
});

test("a process that was busy says so at the next scrape, and not again", async () => {
	const worst = async () =>
		Number(
			(await lines())
				.find((line) => line.startsWith('reveille_event_loop_lag_seconds{measure="max"}'))
				?.split(" ")[1],
		);
	await worst();
	await Bun.sleep(50);
	Bun.sleepSync(300);
	await Bun.sleep(50);
	expect(await worst()).toBeGreaterThan(0.15);
	await Bun.sleep(100);
	expect(await worst()).toBeLessThan(0.15);
});

test("a disk says how much is left of it", async () => {
	const said = await lines();
	expect(said).toContain('reveille_disk_free_bytes{disk="outbox"} 100');
	expect(said).toContain('reveille_disk_size_bytes{disk="outbox"} 1000');
});

test("a scrape has the metrics of the list, with their kind and labels, and no other", async () => {
	const said = await lines();
	const names = said.flatMap((line) => /^# HELP (\w+) /.exec(line)?.[1] ?? []);
	expect(names.toSorted()).toEqual(Object.keys(METRICS).toSorted());
	for (const [name, { kind, labels, of }] of Object.entries(METRICS)) {
		expect(said).toContain(`# TYPE ${name} ${kind}`);
		const help = said.find((line) => line.startsWith(`# HELP ${name} `)) ?? "";
		expect(help).toEndWith(
			of === "process" ? ". Of this process." : ". Of the shared database: the same in each process.",
		);
		const series = said.find((line) => line.startsWith(`${name}{`)) ?? `${name}{}`;
		const own = [...series.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== "le");
		if (kind !== "histogram") expect(`${name} ${own}`).toBe(`${name} ${labels}`);
	}
});
