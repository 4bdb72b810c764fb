/** Collects what became of pushes and writes it in batches: the fast path writes nothing per push. */
import type { Logger } from "@logtape/logtape";
import { faultOf } from "../store/fault.ts";
import type { Registrations } from "../store/registrations.ts";
import type { Count, Result } from "../store/results.ts";

export interface Results {
	/** @param error missing: the push was delivered */
	add(node: string, app: string, outcome: string, error?: string): void;
	/** Writes what was collected. What cannot be written now is kept for the next time. */
	flush(): Promise<void>;
}

/** While the database is away, so many times are remembered; counts always are. */
const KEPT_RESULTS = 10_000;

export function createResults(
	registrations: Pick<Registrations, "record">,
	log: Logger,
	now: () => number = Date.now,
): Results {
	/** The latest good and the latest bad one of each registration: neither makes the other undone. */
	let results = new Map<string, Result>();
	/** The latest reason of each. */
	let counts = new Map<string, Count & { reason: string | undefined }>();

	function count(app: string, outcome: string, by: number, reason?: string) {
		const name = `${app}\0${outcome}`;
		counts.set(name, { app, outcome, count: (counts.get(name)?.count ?? 0) + by, reason });
	}

	function warn() {
		for (const { app, outcome, count, reason } of counts.values()) {
			if (outcome === "retry") {
				log.warn("{app}: {count} tries to push were in vain for now; the pushes wait. The latest: {reason}", {
					...{ app, count, reason },
				});
			}
		}
	}

	return {
		add(node, app, outcome, error) {
			count(app, outcome, 1, error);
			const name = `${node} ${error === undefined}`;
			if (results.size < KEPT_RESULTS || results.has(name)) {
				results.set(name, error === undefined ? { node, at: now() } : { node, at: now(), error });
			}
		},

		async flush() {
			if (counts.size === 0) return;
			warn();
			const [written, counted] = [results, counts];
			results = new Map();
			counts = new Map();
			try {
				const sums = [...counted.values()].map(({ app, outcome, count }) => ({ app, outcome, count }));
				await registrations.record([...written.values()], sums);
			} catch (error) {
				log.warn("Statistics wait: the database did not take them ({error}).", { error: faultOf(error) });
				for (const { app, outcome, count: by } of counted.values()) count(app, outcome, by);
				for (const [name, result] of written) {
					if (results.size < KEPT_RESULTS && !results.has(name)) results.set(name, result);
				}
			}
		},
	};
}
