/** `bun run generate`: writes `docs/metrics.md` from the list of metrics and the alert rules in examples/. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { METRICS } from "../src/connector/metric-list.ts";
import { DROP_REASONS } from "../src/delivery/push2-relay.ts";
import { FAILURE_REASONS } from "../src/services/failure-reasons.ts";

/** Where the page is, from the root of the repository. */
export const METRICS_PAGE = "docs/metrics.md";

const ROOT = join(import.meta.dir, "..");
const RULES = "examples/prometheus/reveille-rules.yml";

/** An alert of examples/prometheus/. */
export interface AlertRule {
	alert: string;
	expr: string;
	for?: string;
	labels: { severity: string };
	annotations: { summary: string; description: string };
}

export function alertRules(): AlertRule[] {
	const { groups } = Bun.YAML.parse(readFileSync(join(ROOT, RULES), "utf8")) as {
		groups: { rules: AlertRule[] }[];
	};
	return groups.flatMap(({ rules }) => rules);
}

const INTRODUCTION = `# Metrics and alerts

For operators: what \`/metrics\` says, and when to be woken. This page is made from the code (\`src/connector/metric-list.ts\`)
and from the alert rules in \`examples/\`.

With \`ADMIN_TOKEN\` set, each process with a connector serves \`/metrics\` in Prometheus's format, for whoever has that token
as bearer token. These files are a beginning:

| file | what it is |
|---|---|
| [prometheus.yml](../examples/prometheus/prometheus.yml) | how Prometheus asks Reveille |
| [reveille-rules.yml](../examples/prometheus/reveille-rules.yml) | the alerts below |
| [reveille-rules.test.yml](../examples/prometheus/reveille-rules.test.yml) | when each of them rings: \`promtool test rules\` |
| [reveille.json](../examples/grafana/reveille.json) | a dashboard, to be imported in Grafana |

A series is there from the start, at 0, with each label that is known then: apps, answers, outcomes, reasons. So
\`increase()\` sees the first failure too. No label is a token, a node or a user's JID.`;

/** A pipe would end the cell. */
const cell = (text: string) => text.trim().replace(/\s+/g, " ").replaceAll("|", "\\|");

const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
	[heads, heads.map(() => "---"), ...rows]
		.map((row) => `| ${row.join(" | ")} |`)
		.join("\n")
		.replace(/^\| --- .*$/m, `|${heads.map(() => "---").join("|")}|`);

function metricRows(): string[][] {
	return Object.entries(METRICS).map(([name, { labels, kind, help, of }]) => [
		`\`${name}${labels.length > 0 ? `{${labels.join(",")}}` : ""}\``,
		kind === "histogram" ? `histogram: ${help}` : help,
		of,
	]);
}

/** The page, as Markdown. */
export const metricsPage = (): string =>
	`${[
		INTRODUCTION,
		"## Metrics",
		"`process`: each process counts for itself, so add them up. `database`: each connector of a shared database says the same, so take one.",
		table(["metric", "what", "of"], metricRows()),
		"## Reasons",
		"Each failure has one reason of this list. The log and the registration have the push service's own.",
		table(
			["reason", "what it means"],
			Object.entries(FAILURE_REASONS).map(([reason, what]) => [`\`${reason}\``, what]),
		),
		"`reveille_push2_dropped_total` has reasons of its own: why a message of Push 2.0 is not [relayed](push2.md#the-relay).",
		table(
			["reason", "what it means"],
			Object.entries(DROP_REASONS).map(([reason, what]) => [`\`${reason}\``, what]),
		),
		"## Alerts",
		"Change the numbers to yours.",
		table(
			["alert", "expression", "what it means"],
			alertRules().map(({ alert, expr, for: lasts, annotations }) => [
				alert,
				`\`${cell(expr)}\`${lasts === undefined ? "" : ` for ${lasts}`}`,
				cell(annotations.description),
			]),
		),
	].join("\n\n")}\n`;

if (import.meta.main) writeFileSync(join(ROOT, METRICS_PAGE), metricsPage());
