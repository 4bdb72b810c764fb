/** Killed at any moment, it loses nothing that it answered for: a few runs of kill.long.ts, one of each kind. */
import { expect, test } from "bun:test";
import { choicesOf, MOMENTS } from "./kill/choices.ts";
import { killRuns } from "./kill/runs.ts";
import { wayOfDouble } from "./kill/way-in.ts";

test("SIGKILL at six kinds of moments: what was answered is delivered, on disk, or superseded, and no device is lost", async () => {
	const runs = MOMENTS.map((moment, index) => ({
		...choicesOf(1_000 + index),
		// What waits for its own time, or for a throttle's, is for the long runs.
		moment,
		hastened: true,
	}));
	const { faults, totals } = await killRuns(runs, wayOfDouble, { atOnce: 2 });
	expect(faults).toEqual([]);
	// There was something to lose.
	expect(totals.answered).toBeGreaterThan(500);
	expect(totals.after).toBeGreaterThan(50);
}, 180_000);
