/** The examples for Prometheus and Grafana, as the tests read them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRICS } from "../../src/connector/metric-list.ts";
import { ROOT } from "../files.ts";

export const PROMETHEUS = join(ROOT, "examples/prometheus");

interface Panel {
	title: string;
	type: string;
	gridPos: { x: number; y: number; w: number; h: number };
	targets?: { expr: string }[];
}

export const dashboard: {
	panels: Panel[];
	templating: { list: { name: string; query?: string }[] };
} = JSON.parse(readFileSync(join(ROOT, "examples/grafana/reveille.json"), "utf8"));

export const dashboardQueries = dashboard.panels.flatMap(({ targets = [] }) =>
	targets.map(({ expr }) => expr),
);

/** Metrics of ours that a query names, by their names in the list. */
export function metricsIn(query: string): string[] {
	const names = query.match(/\breveille_\w+/g) ?? [];
	return names.map((name) => {
		const base = name.replace(/_(bucket|sum|count)$/, "");
		return METRICS[base as keyof typeof METRICS]?.kind === "histogram" ? base : name;
	});
}
