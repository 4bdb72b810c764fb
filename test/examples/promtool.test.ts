/** Prometheus's own tool finds nothing wrong in examples/, and each alert rings when it should. */
import { afterAll, expect, test } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics } from "../../src/connector/metrics.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { promtool } from "../peers/promtool.ts";
import { censusOf } from "../store/registrations/some-census.ts";
import { dashboardQueries, PROMETHEUS } from "./watching.ts";

const folder = temporaryFolder("promtool");
afterAll(() => folder.remove());
cpSync(PROMETHEUS, folder.path, { recursive: true });
writeFileSync(join(folder.path, "reveille-admin-token"), "a token\n");

const found = (...args: string[]) => promtool(args, folder.path);
const FINE = { ok: true, said: expect.stringContaining("SUCCESS") };

test("the scrape configuration is one", () => {
	expect(found("check", "config", "prometheus.yml")).toEqual(FINE);
});

test("the alert rules are rules", () => {
	expect(found("check", "rules", "reveille-rules.yml")).toEqual(FINE);
});

test("the alerts ring when they should, and not while all is well", () => {
	expect(found("test", "rules", "reveille-rules.test.yml")).toEqual(FINE);
});

test("an alert that never rings would be found", () => {
	const rules = join(folder.path, "reveille-rules.yml");
	const text = readFileSync(rules, "utf8");
	writeFileSync(rules, text.replace("reveille_gates_shut) > 0", "reveille_gates_shut) > 1e9"));
	expect(found("test", "rules", "reveille-rules.test.yml").ok).toBe(false);
	writeFileSync(rules, text);
});

test("a scrape is well-formed, and its names are as Prometheus likes them", async () => {
	const metrics = createMetrics({
		apps: ["apns", "webpush"],
		outbox: async () => ({ entries: 0, oldestDueAt: undefined }),
		shutGates: () => [],
		inFlight: () => new Map(),
		isOnline: () => new Map([["push@example.net/push", true]]),
		census: censusOf({ apns: 1 }, [{ key: "aaaaa", state: "current", count: 1 }]),
		certificates: new Map([["apns", 1_800_000_000]]),
		disks: async () => [{ disk: "outbox", free: 1, size: 2 }],
		replica: { freshAt: () => 0, failures: () => 0 },
	});
	const { text } = await metrics.scrape();
	expect(promtool(["check", "metrics"], folder.path, text)).toEqual({ ok: true, said: "" });
	const broken = text.replace(/^reveille_publishes_total 0$/m, "reveille_publishes_total nothing");
	expect(promtool(["check", "metrics"], folder.path, broken).ok).toBe(false);
});

test("the dashboard's queries are queries", () => {
	const queries = dashboardQueries.map((query) =>
		query.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"),
	);
	const rules = queries.map((expr, at) => ({ record: `dashboard:query_${at}`, expr }));
	const file = JSON.stringify({ groups: [{ name: "dashboard", rules }] });
	writeFileSync(join(folder.path, "dashboard.yml"), file);
	expect(found("check", "rules", "dashboard.yml")).toEqual(FINE);
});
