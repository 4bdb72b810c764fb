import { beforeEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createMetrics, METRICS, type MetricSources, type Metrics } from "../../src/connector/metrics.ts";
import type { Outcome, Push, PushService } from "../../src/types.ts";

let sources: MetricSources;
let metrics: Metrics;
beforeEach(() => {
	sources = {
		outbox: async () => ({ entries: 3, oldestDueAt: 5_000 }),
		shutGates: () => [{ name: "webpush https://one.example" }, { name: "webpush https://two.example" }],
		inFlight: () =>
			new Map([
				["webpush https://one.example", 2],
				["apns", 1],
			]),
		isOnline: () => new Map([["push.example.net", true]]),
		registrations: async () => [{ app: "apns", count: 7 }],
		keyUse: async () => [{ key: "aaaaa", state: "old", count: 4 }],
		certificates: new Map([["apns", 1_800_000_000]]),
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

test("every metric is in docs/operations.md with its labels, and no other", async () => {
	const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
	const documented = [...page.matchAll(/^\| `(reveille_\w+)(?:\{(\w+)\})?` \|/gm)].map(([, name, label]) => [
		name,
		...(label ? [label] : []),
	]);
	const exported = Object.entries(METRICS).map(([name, { labels }]) =>
		[name, labels.join("_")].filter(Boolean),
	);
	expect(documented.map((row) => row[0])).toEqual(exported.map((row) => row[0]));
	const text = (await metrics.scrape()).text;
	for (const name of Object.keys(METRICS)) expect(text).toContain(`# HELP ${name} `);
});
