/** What is done now and then: writing statistics, and letting go of what nobody uses any more. */

import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import type { ConsoleStore } from "../store/console/console-store.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Handover } from "../store/handover.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import type { UnifiedPushMessages } from "../store/unified-push/messages.ts";
import { createSweepNotes } from "./journal/end-notes.ts";
import type { Journal } from "./journal.ts";
import type { Results } from "./outcomes/push-results.ts";

const FLUSH_EVERY_MS = 10_000;
const SWEEP_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface Housekeeping {
	/** Stops, and writes what was not written yet. */
	stop(): Promise<void>;
}

export function startHousekeeping(deps: {
	results: Results;
	registrations: Registrations;
	handover: Handover;
	/** What waits for UnifiedPush devices, also where they are served no more. */
	unifiedPushMessages: Pick<UnifiedPushMessages, "sweep">;
	/** What the console keeps, and its journal. */
	consoleStore: Pick<ConsoleStore, "sweep">;
	journal: Pick<Journal, "note">;
	retentionDays: number;
	log: Logger;
	now?: () => number;
}): Housekeeping {
	const {
		results,
		registrations,
		handover,
		unifiedPushMessages,
		consoleStore,
		journal,
		retentionDays,
		log,
		now = Date.now,
	} = deps;
	const noteSwept = createSweepNotes(journal, retentionDays);

	async function sweep() {
		try {
			const swept = await registrations.sweep(now() - retentionDays * DAY_MS, noteSwept);
			if (swept > 0)
				log.info("{swept} registrations were not used for {retentionDays} days and were deleted.", {
					swept,
					retentionDays,
				});
			const expired = await handover.sweep();
			if (expired > 0)
				log.warn(
					"{expired} handed-over pushes in {database} became too old and were deleted. Is a connector running?",
					about("handover-expired", { expired }),
				);
			await unifiedPushMessages.sweep();
			await consoleStore.sweep();
		} catch (error) {
			log.warn(
				"Old rows could not be deleted from {database}. It is tried again in an hour: {error}",
				about("registrations-not-swept", { error: faultOf(error) }),
			);
		}
	}

	const flushing = setInterval(() => void results.flush(), FLUSH_EVERY_MS);
	const sweeping = setInterval(() => void sweep(), SWEEP_EVERY_MS);
	void sweep();

	return {
		async stop() {
			clearInterval(flushing);
			clearInterval(sweeping);
			await results.flush();
		},
	};
}
