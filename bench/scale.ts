/** The same load with more and more registrations: its rate, the time of a start, memory and the database's size. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../test/peers/ports.ts";
import type { Counting } from "./counting.ts";
import type { Row, Section } from "./rows.ts";
import { medianOf, TURNS } from "./turns.ts";
import {
	firstStartWith,
	floorOf,
	type Load,
	type Measured,
	measure,
	type Provider,
	reveilleOn,
	startProvider,
	startTime,
} from "./wire/scene.ts";
import { SECRET_KEY, type Seeded, seed } from "./wire/seeded.ts";

const SIZES = [10_000, 100_000, 1_000_000];
const WINDOW = 512;
/** Of the rate with the fewest. */
const TARGET = 0.95;
const ADMIN_TOKEN = "of-a-benchmark-that-scrapes-its-metrics";
/** As Prometheus does by default at most, ms. */
const SCRAPE_MS = 15_000;
/** Counting begins a second after the start, and takes a tenth of the thread: a row of a million is a microsecond. */
const warmSecondsOf = (size: number) => 5 + Math.ceil(size / 40_000);
const MOST_RSS_MIB = 200;
const MOST_START_MS = 1_000;
const MOST_SLICE_MS = 2;

/** With all that a process does beside publishes: its registrations were counted, and it is scraped. */
async function measureScraped(dataFolder: string, provider: Provider, load: Load): Promise<Measured> {
	const port = await freePort();
	const scrape = () =>
		fetch(`http://127.0.0.1:${port}/metrics`, { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }).then(
			(answer) => answer.text(),
			() => {},
		);
	const scraping = setInterval(() => void scrape(), SCRAPE_MS);
	try {
		return await measure(reveilleOn(dataFolder, provider, { PORT: String(port), ADMIN_TOKEN }), load);
	} finally {
		clearInterval(scraping);
	}
}

/** How long counting them holds the thread. */
async function count(dataFolder: string): Promise<Counting> {
	const command = [process.execPath, join(import.meta.dir, "counting.ts"), dataFolder, SECRET_KEY];
	const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
	return JSON.parse(await new Response(child.stdout).text()) as Counting;
}

/** A database of one size, and what was measured with it so far. */
interface Sized {
	size: number;
	seeded: Seeded;
	startMs: number;
	counting: Counting;
	floors: Measured[];
	ours: Measured[];
}

async function prepare(size: number, provider: Provider): Promise<Sized> {
	const seeded = await seed(size, "fcm", provider, firstStartWith(provider));
	try {
		const startMs = await startTime(seeded.dataFolder, provider);
		return { size, seeded, startMs, counting: await count(seeded.dataFolder), floors: [], ours: [] };
	} catch (error) {
		seeded.remove();
		throw error;
	}
}

async function measureTurn({ size, seeded, floors, ours }: Sized, provider: Provider): Promise<void> {
	const load = { transport: "component", targets: seeded.targets, window: WINDOW } as const;
	floors.push(await measure(floorOf(provider), load));
	const warmSeconds = warmSecondsOf(size);
	ours.push(await measureScraped(seeded.dataFolder, provider, { ...load, warmSeconds }));
}

/** What the machine gives changes from minute to minute: as a share of a bare component's rate it compares. */
const shareOf = ({ floors, ours }: Sized) => medianOf(ours).rate / medianOf(floors).rate;

/** @param most the share with the fewest registrations */
function rowOf(sized: Sized, most: number): Row {
	const { size, seeded, startMs, counting } = sized;
	const ours = medianOf(sized.ours);
	const mib = statSync(join(seeded.dataFolder, "reveille.db")).size / 2 ** 20;
	const { slices, p99, longest } = counting;
	const counted = `counted in ${slices.toLocaleString("en")} slices of ${p99.toFixed(2)} ms at p99 and ${longest.toFixed(2)} ms at most`;
	return {
		name: `${size.toLocaleString("en")} registrations`,
		unit: "publishes",
		ours,
		floor: { name: "bare @xmpp/component, one fetch", ...medianOf(sized.floors) },
		must: [
			{ what: `${TARGET} of the share with 10k`, isMet: shareOf(sized) >= TARGET * most },
			{ what: `RSS under ${MOST_RSS_MIB} MiB`, isMet: (ours.rss ?? 0) < MOST_RSS_MIB },
			{ what: "start under 1 s", isMet: startMs < MOST_START_MS },
			{ what: `each slice of counting within ${MOST_SLICE_MS} ms`, isMet: longest <= MOST_SLICE_MS },
		],
		note: `start ${startMs.toFixed(0)} ms, database ${mib.toFixed(0)} MiB, ${counted}`,
	};
}

export const scale: Section = {
	name: "scale",
	about:
		"publishes to FCM with 10k, 100k and 1M registrations, against the rate with 10k; start, memory, disk, counting",
	async run(report) {
		const provider = await startProvider("fcm");
		const all: Sized[] = [];
		try {
			for (const size of SIZES) all.push(await prepare(size, provider));
			// All sizes in each turn: none has the machine's best minutes to itself.
			for (let turn = 0; turn < TURNS; turn++) for (const sized of all) await measureTurn(sized, provider);
			const [fewest] = all;
			for (const sized of all) report(rowOf(sized, shareOf(fewest ?? sized)));
		} finally {
			for (const { seeded } of all) seeded.remove();
			await provider.stop();
		}
	},
};
