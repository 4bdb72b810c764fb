/** What the console finds after a while: a week of numbers, and as much that happened as is kept of strangers' doing. */
import { join } from "node:path";
import { openDatabase } from "../../src/bun/database/open.ts";
import { createEvents, type Happened } from "../../src/store/console/events.ts";
import { bucketOf, noAnswers } from "../../src/store/console/figures.ts";
import { createHistory } from "../../src/store/console/history.ts";

const MINUTE_MS = 60_000;
const DAY = 24 * 60;
const FOLDED = 15;
const EVENTS = 20_000;
const BATCH = 1_000;

/** @param dataFolder with its tables made, and nobody at work there */
export async function seedConsole(dataFolder: string): Promise<void> {
	const { client, db } = await openDatabase({
		url: `file:${join(dataFolder, "reveille.db")}`,
		migrations: "shared",
	});
	const now = Date.now();
	const minute = Math.floor(now / MINUTE_MS);
	const history = createHistory(db);
	for (let before = 7 * DAY - FOLDED; before > 0; before -= before > DAY ? FOLDED : 1) {
		const minutes = before > DAY ? FOLDED : 1;
		const answers = noAnswers();
		for (const [ms, count] of [2, 5, 20, 100].entries()) answers[bucketOf(count)] = 900 * minutes * (4 - ms);
		await history.write(minute - before, "bench", {
			host: "bench",
			pushes: { fcm: { delivered: 9_000 * minutes, later: 30, gone: 20, refused: 4 } },
			reasons: [
				["fcm", "later", "503 UNAVAILABLE", 30],
				["fcm", "gone", "404 UNREGISTERED", 20],
			],
			publishes: 9_100 * minutes,
			answers,
			waiting: 12,
			oldestDueMs: 900,
			addresses: { "push.example.org": now - 7 * DAY * MINUTE_MS },
			shut: [],
			minutes,
		});
	}
	const events = createEvents(db);
	for (let made = 0; made < EVENTS; made += BATCH) {
		await events.write(
			Array.from({ length: BATCH }, (_, at): Happened => {
				const number = made + at;
				return {
					at: now - (EVENTS - number) * MINUTE_MS,
					kind: "ended",
					node: `node${number}`,
					owner: `gone${number}@example.org`,
					app: "fcm",
					reason: "404 UNREGISTERED",
					decider: "provider",
					decidedBy: "fcm",
				};
			}),
		);
	}
	client.close();
}
