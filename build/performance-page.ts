/**
 * `bun run generate`: writes `docs/performance.md` and `docs/performance-parts.md` from what the benchmark wrote last,
 * `bench/results.json`, and what `bun run measure` did, `bench/start.json`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readResults, type SectionResults } from "../bench/results.ts";
import { type Figure, isMet, type Row } from "../bench/rows.ts";
import { AIM, missedBy, readStartResults, type StartResults } from "../bench/start-results.ts";
import { rateText } from "../bench/table.ts";

const ROOT = join(import.meta.dir, "..");
const RUN = "npx --yes bun@1.4.5 run";

/** A section of a page, with those of the benchmark that it has its rows of. */
interface Part {
	title: string;
	sections: readonly string[];
	text: string;
}

/** What a publish goes through. */
const PUBLISHES: readonly Part[] = [
	{
		title: "Throughput",
		sections: ["wire", "servers"],
		text: `100,000 registrations, no throttle. A floor is the simplest program that does the same: it looks nothing up, checks no
secret, and promises nothing. Which it is stands below the table.

The p99 at half of the rate has two causes that the rows tell apart. Beside the load and the push service on the same cores
a publish waits until there is a core. *Alone on a core* it does not: Reveille, or the floor, is pinned to one core, and all
else to the others. What is left are garbage collections, whose number and length stand below the table. JavaScriptCore logs
them in one more turn (\`BUN_JSC_logGC=1\`).

With the limits of a stock server an account gets few publishes a second, and loses none.
[Exempt it from them](xmpp-servers.md#the-limits-of-an-accounts-session).`,
	},
	{
		title: "How it grows",
		sections: ["scale"],
		text: `A look-up takes a little longer among more registrations. They are counted when the process starts and every few
minutes, in slices that take a tenth of the thread meanwhile; all rows are measured with that, and scraped every 15 s. How
long a slice holds the thread is measured in a process that does nothing else.`,
	},
];

/** The rest of the work. */
const OTHERS: readonly Part[] = [
	{
		title: "Registering, encryption, the outbox",
		sections: ["registering", "encryption", "outbox"],
		text: `A registration is on disk when it is answered. mod_push_appserver comes in no package: \`MOD_PUSH_APPSERVER=folder\` names
a checkout to compare with (of its module and lua-penlight). Most of encrypting a message is a new key pair and its agreement, which other threads do; HKDF, AES-GCM and reading the
device's keys take some 8 µs. The outbox has the pushes that waited while a push service was away:
sixteen of them are on their way to one push service at once, and the others' places are free meanwhile. When it comes back,
what waited and what is fresh go out side by side.`,
	},
	{
		title: "Push 2.0",
		sections: ["push2"],
		text: `A message of Push 2.0 has 1,050 bytes of content, which goes to the push service as it is. The floor is
ordinary publishes to the same devices, in the same process. Web Push is faster so: the user's server has encrypted.`,
	},
	{
		title: "UnifiedPush",
		sections: ["unifiedpush"],
		text: `Pushes of 1,000 bytes from apps' servers to 800 endpoints of 16 phones that are online, 32 on their way at once. The floor
waits for the phone and keeps nothing; Reveille has each push in its database before it answers. What is counted is what
came to phones.`,
	},
	{
		title: "The console beside it",
		sections: ["console"],
		text: `1,000,000 registrations, a week of numbers and 20,000 events in a file, pushes to FCM, and an operator in Chromium on the
same cores: the overview open and asked for anew every 4 s (by itself it is once a minute), what happens followed live.
The p99 of 500 a second is to be at most 1.25 times that of nobody looking, on a machine that does nothing else.`,
	},
];

const SOAK = `## Half an hour of load

\`\`\`sh
${RUN} soak              # --minutes N
\`\`\`

At half of the maximum rate: do memory, descriptors, latencies grow? The last run: 9,314,156 publishes at 5,174/s,
each answered \`result\`, 84 descriptors at both ends ([figures](../bench/soak.json),
[plot](../bench/soak.svg)).
`;

const BEYOND = `## Where it ends

A process has one JavaScript thread: one core is all that a connector uses, but for libSQL, TLS and garbage collection. A
second connector doubles the rate ([scaling](scaling.md)).

A profile of a publish shows no one cause (\`BENCH_PROFILE=folder ${RUN} bench wire\` keeps one of each Reveille): the
request, the look-up, XML, and a hundred functions below 1 % each. As an account, sending frames takes 16 % of it: each
stanza is one frame, and so one call of the system (RFC 7395).

The p99 at half the rate is garbage collection: the notes below the table say how often it is, and for how long it stops
the thread. What came meanwhile is caught up then, which takes longer the busier the core is: alone on one, Web Push needs
nearly all of it. The floor remembers nothing of a publish. Reveille knows for some seconds what became of each.

APNs speaks HTTP/2. Where a body is bytes, Bun itself repeats requests that a server did not process, and opens more
connections than the limit: 35 in place of one, after a GOAWAY with a hundred on their way. So Reveille sends a stream,
30 µs of CPU a request in place of 20. The row's note has what a floor that does so reaches.
`;

const ms = (value: number | undefined) =>
	value === undefined ? "" : `${value < 100 ? value.toPrecision(3) : Math.round(value)}`;
const both = (ours: string, floor: string) => (floor === "" ? ours : `${ours} (${floor})`);

function rate(figure: Figure): string {
	const { rates } = figure;
	const range = rates ? ` (${rates.map(rateText).join(" to ")})` : "";
	return `${rateText(figure.rate)}${range}`;
}

const isPartOfName = (note: string) => note.startsWith("start ");

function cells(row: Row): string[] {
	const { name, ours, floor, note = "", missing } = row;
	if (missing !== undefined) return [`${name}: not measured, ${missing}`, "", "", "", "", ""];
	// How large the database is, and how long a start takes.
	const more = isPartOfName(note) ? `: ${note}` : "";
	const cpu = (figure: Figure | undefined) => (figure?.cpu === undefined ? "" : figure.cpu.toFixed(0));
	return [
		`${name}${more}`,
		rate(ours),
		floor ? rate(floor) : "",
		floor ? (ours.rate / floor.rate).toFixed(2) : "",
		both(cpu(ours), cpu(floor)),
		both(ms(ours.p99), ms(floor?.p99)),
	];
}

/** What the rows found out beside their figures, each once. */
function notes(rows: readonly Row[]): string {
	const rowsOf = Map.groupBy(
		rows.filter(({ note = "" }) => note !== "" && !isPartOfName(note)),
		({ note }) => note,
	);
	if (rowsOf.size === 0) return "";
	const lines = [...rowsOf].map(([note, of]) => `- ${of.map(({ name }) => name).join("; ")}: ${note}`);
	return `\n${lines.join("\n")}\n`;
}

function table(rows: readonly Row[]): string {
	const heads = ["", "a second", "floor", "ratio", "CPU each, µs (floor's)", "p99, ms (floor's)"];
	const lines = [heads, heads.map(() => "---"), ...rows.map(cells)];
	return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** What a reader who plans a machine wants: a core's worth of it. */
function expectation(results: readonly SectionResults[]): string {
	const rows = results.find(({ section }) => section === "wire")?.rows ?? [];
	const kinds = rows.flatMap(({ name, ours: { cpu } }) => {
		const kind = /^(.+), \d+ on their way$/.exec(name)?.[1];
		return kind === undefined || cpu === undefined ? [] : [`${kind}: ${rateText(1e6 / cpu)}`];
	});
	return `A core of that machine has time for so many publishes a second, by what each took of it: ${kinds.join("; ")}.
Plan with half of that. The rows "half of that rate" below have half of the highest rate, which used more than a core; there
half of all publishes were answered within ${p50s(results)} ms.`;
}

/** The lowest and the highest of what half of all publishes were answered within, ms. */
function p50s(results: readonly SectionResults[]): string {
	const rows = results.find(({ section }) => section === "wire")?.rows ?? [];
	const all = rows.flatMap(({ name, ours: { p50 } }) =>
		name.endsWith("half of that rate") && p50 ? [p50] : [],
	);
	return all.length === 0
		? "some"
		: [Math.min(...all), Math.max(...all)].map((ms) => ms.toFixed(1)).join(" to ");
}

function missed(results: readonly SectionResults[]): string {
	const all = results.flatMap(({ rows }) =>
		rows
			.filter((row) => isMet(row) === false)
			.flatMap(({ name, ours, floor, target, must = [] }) => {
				const ratio = floor ? ours.rate / floor.rate : Number.NaN;
				const short =
					target !== undefined && !(ratio >= target)
						? [`${ratio.toFixed(2)} of the floor, not ${target}`]
						: [];
				const not = must.filter(({ isMet }) => !isMet).map(({ what }) => `not: ${what}`);
				return [...short, ...not].map((why) => ({ name, why }));
			}),
	);
	const lines = [...Map.groupBy(all, ({ why }) => why)].map(
		([why, of]) => `- ${of.map(({ name }) => name).join("; ")}: ${why}`,
	);
	return lines.length === 0 ? "Nothing: each row shows what it must." : lines.join("\n");
}

function partOf({ title, sections, text }: Part, results: readonly SectionResults[]): string {
	const of = results.filter(({ section }) => sections.includes(section));
	const measured = of.map(
		({ section, measuredAt, commit }) => `${section} on ${measuredAt.slice(0, 10)} at ${commit.slice(0, 10)}`,
	);
	const rows = of.flatMap(({ rows }) => rows);
	const floors = new Set(rows.flatMap(({ floor }) => floor?.name ?? []));
	return `## ${title}

\`\`\`sh
${RUN} bench ${sections.join(" ")}
\`\`\`

${text}

${table(rows)}
${notes(rows)}
Measured: ${measured.join(", ")}. The floors: ${[...floors].join("; ")}.
`;
}

/** Those of the results that parts have their rows of. */
const resultsOf = (parts: readonly Part[], results: readonly SectionResults[]) =>
	results.filter(({ section }) => parts.some(({ sections }) => sections.includes(section)));

/** All parts that were measured, and what falls short in them. */
function partsOf(parts: readonly Part[], results: readonly SectionResults[]): string {
	const measured = parts.filter((part) => resultsOf([part], results).length > 0);
	return `${measured.map((part) => partOf(part, results)).join("\n")}
## What falls short

Of the aims of this benchmark:

${missed(resultsOf(parts, results))}
`;
}

function machineOf(results: readonly SectionResults[]): string {
	const { cores, cpu, memory, kernel, bun } = results[0]?.machine ?? {};
	return `Machine: ${cores} cores of an ${cpu}, ${memory} GiB, Linux ${/^\d+\.\d+/.exec(kernel ?? "")?.[0]}, Bun ${bun}. The
load, the push service, the XMPP server and Reveille share the cores. A rate with a range is the median of several runs, in
which floor and Reveille took turns; the range has the slowest and the fastest.`;
}

function startPart({ starts, runs, idleS, measuredAt, commit }: StartResults): string {
	const rows = starts.map(({ name, isFloor, ...figures }) => {
		const missed = isFloor ? [] : missedBy(figures);
		const cell = (value: number, isMissed: boolean) => `${value.toFixed(0)}${isMissed ? "!" : ""}`;
		const memory = [
			cell(figures.rss, missed.includes("memory")),
			cell(figures.pss, false),
			cell(figures.own, false),
		];
		return `| ${name} | ${cell(figures.ms, missed.includes("time"))} | ${memory.join("/")} |`;
	});
	return `## Start

\`\`\`sh
${RUN} measure
\`\`\`

Medians of ${runs}: the time from the start of the process to its first answer at \`/health\`, and its memory ${idleS} s later. The
aims are under ${AIM.ms} ms and under ${AIM.rss} MiB of RSS; what misses one has a \`!\`. RSS counts the program's own file too, which
all processes of it share, PSS their part of it, and the last figure what the process itself wrote.

| | ms | MiB: RSS/PSS/own |
| --- | --- | --- |
${rows.join("\n")}

Measured: ${measuredAt.slice(0, 10)} at ${commit.slice(0, 10)}.
`;
}

/** What a publish costs. */
export function performancePage(results: readonly SectionResults[]): string {
	return `# Performance

For operators and developers: what to expect of one core, how it grows and where it ends; the rest of the work has
[a page of its own](performance-parts.md). This page is made from the benchmark's last output,
[bench/results.json](../bench/results.json) with its [plot](../bench/plot.svg): \`bun run generate\` writes it.

${machineOf(results)}

## What to expect

${expectation(results)}

${partsOf(PUBLISHES, results)}
${BEYOND}`;
}

/** What all else costs. */
export function performanceOfPartsPage(results: readonly SectionResults[], start: StartResults): string {
	return `# Performance of the parts

For operators and developers: what registering, encryption, the outbox, Push 2.0, UnifiedPush, the console and a start cost.
What a publish costs is [on another page](performance.md). This one too is made from the benchmark's last output,
[bench/results.json](../bench/results.json) with its [plot](../bench/plot.svg).

${machineOf(results)}

${partsOf(OTHERS, results)}
${startPart(start)}
${SOAK}`;
}

/**
 * @returns the text of each page, by its path from the root of the repository
 * @param results missing: the last ones
 * @param start likewise
 */
export function performancePages(
	results: readonly SectionResults[] = readResults(join(ROOT, "bench/results.json")),
	start = readStartResults(join(ROOT, "bench/start.json")),
): ReadonlyMap<string, string> {
	return new Map([
		["docs/performance.md", performancePage(results)],
		["docs/performance-parts.md", performanceOfPartsPage(results, start)],
	]);
}

if (import.meta.main) for (const [path, text] of performancePages()) writeFileSync(join(ROOT, path), text);
