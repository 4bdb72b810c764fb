/** What examples/ names for Prometheus and Grafana is what Reveille says. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alertRules } from "../../build/metrics-page.ts";
import { METRICS } from "../../src/connector/metric-list.ts";
import { FAILURE_REASONS, REASONS_OF } from "../../src/services/failure-reasons.ts";
import { dashboard, dashboardQueries, metricsIn, PROMETHEUS } from "./watching.ts";

/** Only worth drawing beside another one, which is. */
const NOT_DRAWN: string[] = [];

const LABELS_OF_PROMETHEUS = ["instance", "job", "le"];

/** The labels that a query asks for at a metric of ours: name of the metric, label, value. */
const selectorsIn = (query: string) =>
	[...query.matchAll(/\b(reveille_\w+)\{([^}]*)\}/g)].flatMap(([, name = "", inside = ""]) =>
		[...inside.matchAll(/(\w+)(?:=~|!=|=)"([^"]*)"/g)].map(([, label = "", value = ""]) => ({
			name: metricsIn(name)[0] ?? name,
			label,
			value,
		})),
	);

const rules = alertRules();
const queries = [...dashboardQueries, ...rules.map(({ expr }) => expr)];

test("every metric that they name exists", () => {
	const named = queries.flatMap(metricsIn);
	expect(named.length).toBeGreaterThan(40);
	expect(named.filter((name) => !(name in METRICS))).toEqual([]);
});

test("every label and every reason that they ask for exists", () => {
	const reasons = new Set(Object.keys(FAILURE_REASONS));
	const outcomes = new Set(["delivered", ...Object.keys(REASONS_OF)]);
	for (const { name, label, value } of queries.flatMap(selectorsIn)) {
		const known = METRICS[name as keyof typeof METRICS]?.labels as readonly string[] | undefined;
		expect([...LABELS_OF_PROMETHEUS, ...(known ?? [])]).toContain(label);
		const values = value.split("|");
		if (label === "reason") expect(values.filter((one) => !reasons.has(one))).toEqual([]);
		if (label === "outcome") expect(values.filter((one) => !outcomes.has(one))).toEqual([]);
	}
});

describe("the dashboard", () => {
	test("draws every metric of ours, but for those that say nothing alone", () => {
		const drawn = new Set(dashboardQueries.flatMap(metricsIn));
		expect(Object.keys(METRICS).filter((name) => !drawn.has(name))).toEqual(NOT_DRAWN);
	});

	test("takes what is the shared database's once, and adds up what is each process's", () => {
		for (const query of dashboardQueries) {
			const ofDatabase = metricsIn(query).some(
				(name) => METRICS[name as keyof typeof METRICS].of === "database",
			);
			if (ofDatabase) expect(query).toContain("max by (");
		}
	});

	test("has no two panels in one place, and none beyond the width", () => {
		const taken = new Map<string, string>();
		for (const { title, gridPos } of dashboard.panels) {
			expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
			for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
				for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
					expect(`${title} on ${taken.get(`${x} ${y}`)}`).toBe(`${title} on undefined`);
					taken.set(`${x} ${y}`, title);
				}
			}
		}
	});

	test("asks for the data source and the processes, and uses no other variable", () => {
		const variables = dashboard.templating.list.map(({ name }) => name);
		expect(variables).toEqual(["datasource", "instance"]);
		const used = dashboardQueries.flatMap((query) => query.match(/\$\w+/g) ?? []);
		expect(new Set(used)).toEqual(new Set(["$instance", "$__rate_interval"]));
	});
});

describe("the alerts", () => {
	test("say what happened and what to do, and how bad it is", () => {
		expect(rules.length).toBeGreaterThan(10);
		for (const { alert, labels, annotations } of rules) {
			expect(alert).toMatch(/^Reveille[A-Z]\w+$/);
			expect(["critical", "warning"]).toContain(labels.severity);
			expect(annotations.summary).not.toEndWith(".");
			expect(annotations.description).toEndWith(".");
		}
	});

	test("have a test each", () => {
		const tests = readFileSync(join(PROMETHEUS, "reveille-rules.test.yml"), "utf8");
		const fires = (alert: string) =>
			new RegExp(`alertname: ${alert}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts:\\n`).test(tests);
		expect(rules.map(({ alert }) => alert).filter((alert) => !fires(alert))).toEqual([]);
	});
});
