/** The same load with more and more registrations: its rate, the time of a start, memory and the database's size. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../test/peers/ports.ts";
import type { Figure, Section } from "./rows.ts";
import { inTurns } from "./turns.ts";
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
import { seed } from "./wire/seeded.ts";

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

export const scale: Section = {
	name: "scale",
	about:
		"publishes to FCM with 10k, 100k and 1M registrations, against the rate with 10k; start, memory, disk",
	async run(report) {
		const provider = await startProvider("fcm");
		let fewest: Figure | undefined;
		try {
			for (const size of SIZES) {
				const seeded = await seed(size, "fcm", provider, firstStartWith(provider));
				try {
					const { dataFolder, targets } = seeded;
					const load = { transport: "component", targets, window: WINDOW } as const;
					const startMs = await startTime(dataFolder, provider);
					const { floor: bare, ours } = await inTurns(
						() => measure(floorOf(provider), load),
						() => measureScraped(dataFolder, provider, { ...load, warmSeconds: warmSecondsOf(size) }),
					);
					const mib = statSync(join(dataFolder, "reveille.db")).size / 2 ** 20;
					// What the machine gives changes from minute to minute: as shares of a bare component's rate they
					// compare.
					const share = ours.rate / bare.rate;
					fewest ??= { rate: share };
					report({
						name: `${size.toLocaleString("en")} registrations`,
						unit: "publishes",
						ours,
						floor: { name: "bare @xmpp/component, one fetch", ...bare },
						must: [
							{ what: `${TARGET} of the share with 10k`, isMet: share >= TARGET * fewest.rate },
							{ what: `RSS under ${MOST_RSS_MIB} MiB`, isMet: (ours.rss ?? 0) < MOST_RSS_MIB },
							{ what: "start under 1 s", isMet: startMs < MOST_START_MS },
						],
						note: `start ${startMs.toFixed(0)} ms, database ${mib.toFixed(0)} MiB`,
					});
				} finally {
					seeded.remove();
				}
			}
		} finally {
			await provider.stop();
		}
	},
};
