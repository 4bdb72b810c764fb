/**
 * Counts the registrations of a data folder as a running Reveille does, and says in a line of JSON how long the slices
 * held the thread: as a process of its own, in which nothing else does.
 *
 * `bun bench/counting.ts <folder> <secret key>`
 */
import { getLogger } from "@logtape/logtape";
import { openShared } from "../src/bun/database/shared.ts";
import { createKeyring } from "../src/secrets.ts";
import { createCensus } from "../src/store/registrations/census.ts";
import { quantile } from "./measured-process.ts";

/** Its line of output. */
export interface Counting {
	slices: number;
	/** How long one takes, ms. */
	p99: number;
	longest: number;
}

if (import.meta.main) {
	const [dataDir = "", secretKey = ""] = process.argv.slice(2);
	const shared = await openShared({ role: "http", dataDir, database: {} }, getLogger("bench"));
	const { paceNearby: pace } = shared;
	if (!pace) throw new Error("a file has a pace");
	const keys = await createKeyring(secretKey);
	const slices: number[] = [];
	const census = createCensus(shared.nearby, {
		keys,
		known: () => ({ ids: keys.ids, since: 0 }),
		pace: {
			rows: pace.rows,
			pause(tookMs) {
				slices.push(tookMs);
				return pace.pause(tookMs);
			},
		},
	});
	await census.whole();
	slices.sort((a, b) => a - b);
	const counting: Counting = {
		slices: slices.length,
		p99: quantile(slices, 0.99),
		longest: quantile(slices, 1),
	};
	console.log(JSON.stringify(counting));
	shared.close();
}
