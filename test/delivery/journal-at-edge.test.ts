/** What an edge worker writes: with a request, behind its answer, and no more often than once a minute. */
import { expect, test } from "bun:test";
import { createJournal } from "../../src/delivery/journal.ts";
import { createWritesAtEdge } from "../../src/delivery/journal-at-edge.ts";
import type { Happened } from "../../src/store/console/events.ts";
import { readableLog } from "./delivery-fixture.ts";

test("what happened is written with the first request after a minute; what fails is lost, and logged", async () => {
	let [now, isAway] = [1_000_000, false];
	const journal = createJournal({ now: () => now });
	const written: number[] = [];
	const { log, lines } = readableLog();
	const writes = createWritesAtEdge({
		journal,
		writeMinute: async (_, happened: readonly Happened[]) => {
			if (isAway) throw new Error("away");
			written.push(happened.length);
		},
		log,
		now: () => now,
	});
	const note = () =>
		journal.note({ kind: "not-accepted", reason: "full", decider: "reveille", decidedBy: "Reveille" });

	note();
	note();
	expect(writes()).toBeUndefined();
	now += 60_000;
	await writes();
	expect(writes()).toBeUndefined();
	now += 60_000;
	expect(writes()).toBeUndefined();
	note();
	now += 60_000;
	isAway = true;
	await writes();
	expect(written).toEqual([2]);
	expect(lines).toHaveLength(1);
	expect(lines[0]).toContain("console-events-lost");
});
