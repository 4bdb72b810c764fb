/** The same load with more and more registrations: its rate, the time of a start, memory and the database's size. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Figure, Section } from "./rows.ts";
import { firstStartWith, floorOf, measure, reveilleOn, startProvider, startTime } from "./wire/scene.ts";
import { seed } from "./wire/seeded.ts";

const SIZES = [10_000, 100_000, 1_000_000];
const WINDOW = 512;
/** Of the rate with the fewest. */
const TARGET = 0.9;
const MOST_RSS_MIB = 200;
const MOST_START_MS = 1_000;

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
					const bare = await measure(floorOf(provider), load);
					const startMs = await startTime(dataFolder, provider);
					const ours = await measure(reveilleOn(dataFolder, provider), load);
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
