/** Of which lanes the outbox may have entries: where it has none, the fast path spares a write. */
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { PushClass } from "../../types.ts";
import { createKeyFilter } from "./bloom-filter.ts";
import { outbox } from "./schema.ts";

interface Lane {
	node: string;
	class: PushClass;
}

export interface OutboxLanes {
	mayHave(node: string, pushClass: PushClass): boolean;
	/** Entries of these lanes are being put, until `endPut`. */
	beginPut(lanes: readonly Lane[]): void;
	endPut(): void;
	/** Asks whether the outbox is empty: then no lane has any. */
	clearIfEmpty(): Promise<void>;
}

/** Of more entries than that their lanes are not read at the start: the filter would say yes to almost all. */
const LANES_READ = 100_000;

const laneOf = (node: string, pushClass: PushClass) => `${node} ${pushClass}`;

export async function openOutboxLanes(db: LibSQLDatabase): Promise<OutboxLanes> {
	const filter = createKeyFilter();
	const any = db.select({ version: outbox.version }).from(outbox).limit(1).prepare();
	/** How often entries were put: an answer of the file from before the last put says nothing of it. */
	let puts = 0;
	let pendingPuts = 0;
	const left = await db
		.select({ node: outbox.node, class: outbox.class })
		.from(outbox)
		.limit(LANES_READ + 1);
	if (left.length > LANES_READ) filter.addUnknown();
	else for (const entry of left) filter.add(laneOf(entry.node, entry.class));

	return {
		mayHave: (node, pushClass) => filter.mayHave(laneOf(node, pushClass)),

		beginPut(lanes) {
			for (const lane of lanes) filter.add(laneOf(lane.node, lane.class));
			puts++;
			pendingPuts++;
		},

		endPut() {
			pendingPuts--;
		},

		async clearIfEmpty() {
			// Neither an entry that comes in meanwhile nor one that is still being written may be overlooked.
			const putsBefore = pendingPuts === 0 ? puts : undefined;
			const isEmpty = (await any.get()) === undefined;
			if (isEmpty && puts === putsBefore) filter.clear();
		},
	};
}
