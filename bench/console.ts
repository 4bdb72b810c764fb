/** What an operator who looks costs those who are woken, and how long the pages take, beside a million registrations. */
import { readFileSync, writeFileSync } from "node:fs";
import { freePort } from "../test/peers/ports.ts";
import { ADMIN_TOKEN, type Operator, startAsking, startOperator, type Waited } from "./console/operator.ts";
import { seedConsole } from "./console/seeded-console.ts";
import { cpuOf, rssOf, untilHealthy } from "./measured-process.ts";
import type { Figure, Section } from "./rows.ts";
import type { PublisherLine, PublisherResult } from "./wire/publisher.ts";
import { firstStartWith, reveilleOn, startProvider, underLoad } from "./wire/scene.ts";
import { type Seeded, seed } from "./wire/seeded.ts";

const COUNT = 1_000_000;
const WINDOW = 512;
/** Publishes a second of a busy server, with room beside them for the browser, which shares the machine. */
const RATE = 500;
const SECONDS = 4;
/** Lines of one turn; the one before them, in which somebody comes or goes, is left out. */
const LINES = 2;
const TURNS = 3;
/** One of so many publishes has a wrong secret: there is something to be told live. */
const WRONG_EVERY = 500;
const MOST_OVERVIEW_MS = 1_000;
const MOST_SEARCH_MS = 300;
/** Of the p99 without anybody who looks. */
const MOST_SLOWER = 1.25;

type Who = "nobody" | "browser" | "asking";
const WHO: readonly Who[] = ["nobody", "browser", "asking"];

interface Turn {
	lines: PublisherLine[];
	/** µs for each publish */
	cpu: number[];
}

const median = (numbers: readonly number[]) =>
	numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const most = (numbers: readonly number[]) => Math.max(0, ...numbers);

function spoil(targets: string): void {
	const lines = readFileSync(targets, "utf8").split("\n");
	for (let at = 0; at < lines.length; at += WRONG_EVERY) lines[at] = `${lines[at]}x`;
	writeFileSync(targets, lines.join("\n"));
}

const figureOf = ({ lines, cpu }: Turn, rss: number): Figure => ({
	rate: median(lines.map(({ rate }) => rate)),
	p50: median(lines.map(({ p50 }) => p50 ?? Number.NaN)),
	p99: median(lines.map(({ p99 }) => p99 ?? Number.NaN)),
	cpu: median(cpu),
	rss,
});

interface Seen {
	figures: Record<Who, Figure>;
	waited: Record<Who, Waited>;
	wrong: number;
	answered: number;
	unanswered: number;
}

/** In turns, with the same process: what the machine gives changes from minute to minute. */
async function underTurns(
	{ dataFolder, targets }: Seeded,
	provider: Awaited<ReturnType<typeof startProvider>>,
	rate: number | undefined,
): Promise<Seen> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const subject = reveilleOn(dataFolder, provider, { PORT: String(port), ADMIN_TOKEN });
	const seconds = SECONDS * ((LINES + 1) * WHO.length * TURNS + 1);
	const load = {
		transport: "component",
		targets,
		window: WINDOW,
		...(rate !== undefined && { rate }),
		// A start counts a million registrations in its first seconds.
		warmSeconds: 20,
		seconds,
		secondsPerLine: SECONDS,
	} as const;
	const none = (): Waited => ({ overview: [], search: [] });
	const waited = { nobody: none(), browser: none(), asking: none() };
	const turns: Record<Who, Turn> = {
		nobody: { lines: [], cpu: [] },
		browser: { lines: [], cpu: [] },
		asking: { lines: [], cpu: [] },
	};
	return underLoad(subject, load, async ({ pid, ended }, publisher) => {
		await untilHealthy(port, ended);
		const operators: Partial<Record<Who, Operator>> = {
			browser: await startOperator(url, COUNT),
			asking: await startAsking(url, COUNT),
		};
		let [wrong, answered] = [0, 0];
		let isFirst = true;
		const line = async () => {
			const next = JSON.parse(await publisher.line()) as PublisherResult;
			// Those of the first are those of the time before it too.
			if (!isFirst) {
				wrong += next.errors;
				answered += next.rate * SECONDS;
			}
			isFirst = false;
			return next;
		};
		try {
			for (let turn = 0; turn < TURNS; turn++) {
				// Whoever comes first has the youngest process: another one each time.
				for (const who of [...WHO.slice(turn % WHO.length), ...WHO.slice(0, turn % WHO.length)]) {
					const operator = operators[who];
					const coming = operator?.open(waited[who]);
					await Promise.all([line(), coming]);
					for (let n = 0; n < LINES; n++) {
						const [before, glancing] = [cpuOf(pid), operator?.glance()];
						const one = await line();
						turns[who].cpu.push((cpuOf(pid) - before) / (one.rate * SECONDS));
						turns[who].lines.push(one);
						await glancing;
					}
					await operator?.shut();
				}
			}
			const rss = rssOf(pid);
			const { unanswered } = await line();
			const figures = {
				nobody: figureOf(turns.nobody, rss),
				browser: figureOf(turns.browser, rss),
				asking: figureOf(turns.asking, rss),
			};
			return { figures, waited, wrong, answered, unanswered };
		} finally {
			for (const operator of Object.values(operators)) await operator.stop();
		}
	});
}

const NAMES = {
	browser: "the console open in Chromium, overview anew once in 4 s, events live",
	asking: "the same requests without a browser",
} as const;

export const consoleSection: Section = {
	name: "console",
	about:
		"publishes to FCM with 1M registrations while an operator looks at the console, against the same with nobody looking",
	async run(report) {
		const provider = await startProvider("fcm");
		const seeded = await seed(COUNT, "fcm", provider, firstStartWith(provider));
		try {
			await seedConsole(seeded.dataFolder);
			spoil(seeded.targets);
			for (const rate of [RATE, undefined]) {
				const { figures, waited, wrong, answered, unanswered } = await underTurns(seeded, provider, rate);
				const share = (wrong * WRONG_EVERY) / answered;
				for (const who of ["browser", "asking"] as const) {
					const [ours, floor] = [figures[who], figures.nobody];
					const { overview, search } = waited[who];
					const slower = (ours.p99 ?? Number.NaN) / (floor.p99 ?? Number.NaN);
					report({
						name: `${rate === undefined ? `${WINDOW} on their way` : `${rate} a second`}: ${NAMES[who]}`,
						unit: "publishes",
						ours,
						floor: { ...floor, name: "the same process while nobody looks, in turns" },
						must: [
							{ what: "every publish answered", isMet: unanswered === 0 && Math.abs(share - 1) < 0.1 },
							{ what: `overview under ${MOST_OVERVIEW_MS} ms`, isMet: median(overview) < MOST_OVERVIEW_MS },
							{ what: `search under ${MOST_SEARCH_MS} ms`, isMet: median(search) < MOST_SEARCH_MS },
							...(rate === undefined
								? []
								: [{ what: `p99 under ${MOST_SLOWER} times of that`, isMet: slower < MOST_SLOWER }]),
						],
						note: `overview ${median(overview).toFixed(0)} ms, at most ${most(overview).toFixed(0)}; search by JID ${median(search).toFixed(0)} ms, at most ${most(search).toFixed(0)}; p99 ${slower.toFixed(2)} times, p50 ${((ours.p50 ?? 0) / (floor.p50 ?? 1)).toFixed(2)} times of nobody looking; CPU for a publish ${((ours.cpu ?? 0) / (floor.cpu ?? 1)).toFixed(2)} times`,
					});
				}
			}
		} finally {
			seeded.remove();
			await provider.stop();
		}
	},
};
