/** Collects what became of pushes and writes it in batches: the fast path writes nothing per push. */

import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { about } from "../../messages/about.ts";
import { domainAlone, type OwnerForm } from "../../messages/whom.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { Count, Result } from "../../store/registrations/push-results.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import type { Registration } from "../../types.ts";
import { createFailures } from "./failure-warnings.ts";

export interface Results {
	/** @param error missing: the push was delivered */
	add(registration: Registration, outcome: string, error?: string): void;
	/** Writes what was collected. What cannot be written now is kept for the next time. */
	flush(): Promise<void>;
}

/** While the database is away, so many times are remembered; counts always are. */
const KEPT_RESULTS = deliveryBounds.results.is;
/**
 * And so many where first successes are among them: a device counts for more once it was delivered to
 * (proven-devices.ts), and one whose first success was lost would count as tried in vain.
 */
const KEPT_WITH_FIRST = 2 * KEPT_RESULTS;

/** So many are written as they come: one statement for all. */
const EXACT = 250;
/**
 * Beyond them a device that was reached so long ago, ms, is as good as reached now: on a database with 100,000 devices
 * that are all written to, writing that down took longer than their pushes may.
 */
const SAME_MS = 3_600_000;

export function createResults(
	registrations: Pick<Registrations, "record">,
	log: Logger,
	now: () => number = Date.now,
	ownerForm: OwnerForm = domainAlone,
): Results {
	/**
	 * The latest good and the latest bad one of each registration: neither makes the other undone. Before the first good
	 * one, of each token: an answer about a former one that comes late must not replace it.
	 */
	let results = new Map<string, Result>();
	let counts = new Map<string, Count>();
	const failures = createFailures(log, now, ownerForm);
	/** Being written now, or in vain the last time: the next time is that of the clock. */
	let isBusy = false;

	function count(app: string, outcome: string, by: number) {
		const name = `${app}\0${outcome}`;
		const known = counts.get(name);
		if (known) known.count += by;
		else counts.set(name, { app, outcome, count: by });
	}

	/** Whether it is known already that a device can be reached these days. */
	function isKnownWell({ node, lastSuccessAt, lastErrorAt = 0 }: Registration, at: number): boolean {
		if (lastSuccessAt === undefined || lastErrorAt > lastSuccessAt || results.has(`${node} false`))
			return false;
		return Math.abs(at - lastSuccessAt) < SAME_MS;
	}

	async function flush() {
		failures.tell();
		if (counts.size === 0) return;
		const [written, counted] = [results, counts];
		results = new Map();
		counts = new Map();
		isBusy = true;
		try {
			await registrations.record([...written.values()], [...counted.values()]);
			isBusy = false;
		} catch (error) {
			log.warn(
				"The results of pushes could not be saved in {database}. They are kept, and saved later: {error}",
				about("statistics-not-saved", { error: faultOf(error) }),
			);
			for (const { app, outcome, count: by } of counted.values()) count(app, outcome, by);
			for (const [name, result] of written) {
				if (results.size < KEPT_WITH_FIRST && !results.has(name)) results.set(name, result);
			}
		}
	}

	return {
		add(registration, outcome, error) {
			const { node, app, token, lastSuccessAt } = registration;
			count(app, outcome, 1);
			if (outcome === "retry" || outcome === "rejected")
				failures.note(registration, outcome, error ?? outcome);
			const at = now();
			if (error === undefined && results.size >= EXACT && isKnownWell(registration, at)) return;
			const isKnown = lastSuccessAt !== undefined;
			const name = `${node} ${error === undefined}${isKnown ? "" : ` ${token}`}`;
			const isFirst = error === undefined && !isKnown;
			if (results.size >= (isFirst ? KEPT_WITH_FIRST : KEPT_RESULTS) && !results.has(name)) return;
			results.set(name, { node, at, token, ...(error !== undefined && { error }) });
			if (isFirst && results.size >= KEPT_RESULTS && !isBusy) void flush();
		},

		flush,
	};
}
