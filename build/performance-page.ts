/**
 * `bun run generate`: writes `docs/performance.md` from what the benchmark wrote last, `bench/results.json`, and what
 * `bun run measure` did, `bench/start.json`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readResults, type SectionResults } from "../bench/results.ts";
import { type Figure, isMet, type Row } from "../bench/rows.ts";
import { AIM, missedBy, readStartResults, type StartResults } from "../bench/start-results.ts";
import { rateText } from "../bench/table.ts";

/** Where the page is, from the root of the repository. */
export const PERFORMANCE_PAGE = "docs/performance.md";

const ROOT = join(import.meta.dir, "..");
const RUN = "npx --yes bun@1.4.5 run";

/** The sections of the page, in their order, with those of the benchmark that each has its rows of. */
const PARTS: readonly { title: string; sections: readonly string[]; text: string }[] = [
	{
		title: "Throughput",
		sections: ["wire", "servers"],
		text: `100,000 registrations, no throttle. A floor looks nothing up, checks no secret, and promises nothing. What it is stands
below the table.

With the limits of a stock server an account gets few publishes a second, and loses none.
[Exempt it from them](xmpp-servers.md#the-limits-of-an-accounts-session).`,
	},
	{
		title: "How it grows",
		sections: ["scale"],
		text: `A look-up takes a little longer among more registrations. They are counted when the process starts and every few
minutes, in slices below a millisecond that take a tenth of the thread meanwhile.`,
	},
	{
		title: "The rest of the work",
		sections: ["registering", "encryption", "outbox"],
		text: `A registration is on disk when it is answered. The outbox has the pushes that waited while a push service was away:
sixteen of them are on their way to one push service at once, and the others' places are free meanwhile.`,
	},
	{
		title: "Push 2.0",
		sections: ["push2"],
		text: `A message of Push 2.0 has 1,050 bytes of content, which goes to the push service as it is. The floor is the same
rate of ordinary publishes to the same devices, in the same process.`,
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

const BEYOND = `## Where it ends

A process has one JavaScript thread: one core is all that a connector uses, but for libSQL, TLS and garbage collection. A
second connector doubles the rate ([scaling](scaling.md)).

A profile of a publish shows no one cause (\`BENCH_PROFILE=folder ${RUN} bench wire\` keeps one of each Reveille). In one of
FCM at a full window the request took 13 % of the samples, the look-up in SQLite 17 %, XML 6 %; the rest is spread over a
hundred functions below 1 % each. As an account, sending frames takes 11 %: each stanza is one frame, and so one call of the
system (RFC 7395). What XMPP servers hand over in smaller pieces is looked up in smaller groups too.

The p99 at half the rate is the garbage collections, 3 to 20 ms each, and waiting for a core where all share two.

APNs speaks HTTP/2. There a body goes as a stream, 18 µs dearer than bytes: of bytes Bun repeats by itself what a server did
not process, past the limit of connections. A GOAWAY with a hundred pushes on their way made 35 connections in place of one.

## Half an hour of load

\`\`\`sh
${RUN} soak              # --minutes N
\`\`\`

At half of the maximum rate: do memory, descriptors, latencies grow? The last run: 9,314,156 publishes at 5,174/s,
each answered \`result\`, 84 descriptors at both ends ([figures](../bench/soak.json),
[plot](../bench/soak.svg)).
`;

const ms = (value: number | undefined) =>
	value === undefined ? "" : `${value < 100 ? value.toPrecision(3) : Math.round(value)}`;
const both = (ours: string, floor: string) => (floor === "" ? ours : `${ours} (${floor})`);

function rate(figure: Figure): string {
	const { rates } = figure;
	const range = rates ? ` (${rates.map(rateText).join(" to ")})` : "";
	return `${rateText(figure.rate)}${range}`;
}

function cells(row: Row): string[] {
	const { name, ours, floor, note = "" } = row;
	// How large the database is, and how long a start takes.
	const more = note.startsWith("start ") ? `: ${note}` : "";
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
Beside other work, plan with half of that: at half of the rate a publish is answered in milliseconds, as the rows below say.`;
}

function missed(results: readonly SectionResults[]): string {
	const lines = results.flatMap(({ rows }) =>
		rows
			.filter((row) => isMet(row) === false)
			.map(({ name, ours, floor, target, must = [] }) => {
				const ratio = floor ? ours.rate / floor.rate : Number.NaN;
				const short =
					target !== undefined && !(ratio >= target)
						? [`${ratio.toFixed(2)} of the floor, not ${target}`]
						: [];
				const not = must.filter(({ isMet }) => !isMet).map(({ what }) => `not: ${what}`);
				return `- ${name}: ${[...short, ...not].join("; ")}`;
			}),
	);
	return lines.length === 0 ? "Nothing: each row shows what it must." : lines.join("\n");
}

function partOf(
	{ title, sections, text }: (typeof PARTS)[number],
	results: readonly SectionResults[],
): string {
	const of = results.filter(({ section }) => sections.includes(section));
	const measured = of.map(
		({ section, measuredAt, commit }) => `${section} on ${measuredAt.slice(0, 10)} at ${commit.slice(0, 10)}`,
	);
	const floors = new Set(of.flatMap(({ rows }) => rows.flatMap(({ floor }) => floor?.name ?? [])));
	return `## ${title}

\`\`\`sh
${RUN} bench ${sections.join(" ")}
\`\`\`

${text}

${table(of.flatMap(({ rows }) => rows))}

Measured: ${measured.join(", ")}. The floors: ${[...floors].join("; ")}.
`;
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

Medians of ${runs}: time to \`/health\`, memory ${idleS} s later. Aim: under ${AIM.ms} ms, ${AIM.rss} MiB RSS; \`!\`: missed. RSS counts shared program
files. Own: what it wrote.

| | ms | MiB: RSS/PSS/own |
| --- | --- | --- |
${rows.join("\n")}

Measured: ${measuredAt.slice(0, 10)} at ${commit.slice(0, 10)}.
`;
}

/** @param results missing: the last ones @param start the same */
export function performancePage(
	results = readResults(join(ROOT, "bench/results.json")),
	start = readStartResults(join(ROOT, "bench/start.json")),
): string {
	const machine = results[0]?.machine;
	return `# Performance

For operators and developers: what to expect of one core, how it grows and where it ends. This page is made from the
benchmark's last output, [bench/results.json](../bench/results.json) with its [plot](../bench/plot.svg): \`bun run generate\`
writes it.

Machine: ${machine?.cores} cores of an ${machine?.cpu}, ${machine?.memory} GiB, Linux ${/^\d+\.\d+/.exec(machine?.kernel ?? "")?.[0]}, Bun ${machine?.bun}. The
load, the push service, the XMPP server and Reveille share the cores. Where a rate has a range, it is the median of turns,
floor and Reveille one after the other.

## What to expect

${expectation(results)}

${PARTS.filter(({ sections }) => results.some(({ section }) => sections.includes(section)))
	.map((part) => partOf(part, results))
	.join("\n")}
## What falls short

Of the aims of this benchmark:

${missed(results)}

${BEYOND}
${startPart(start)}`;
}

if (import.meta.main) writeFileSync(join(ROOT, PERFORMANCE_PAGE), performancePage());
