/** How long a connection waits before it tries again: ever longer, the more sessions in a row did not last. */
import type { StreamFailure } from "../stream/stream.ts";
import type { ConnectionTiming } from "./timing.ts";

export interface Backoff {
	/** @returns ms; the first try after a loss is immediate */
	after(failure: Pick<StreamFailure, "kind">): number;
	/** A session lasted. */
	reset(): void;
}

type BackoffTiming = Pick<
	ConnectionTiming,
	"backoffFirst" | "backoffLongest" | "backoffCredentials" | "standby"
>;

/** @param random 0 to 1: several processes must not come back all at once */
export function createBackoff(timing: BackoffTiming, random: () => number): Backoff {
	/** Ends in a row of sessions that did not last. */
	let failures = 0;

	function growing(): number {
		if (failures++ === 0) return 0;
		const ceiling = Math.min(timing.backoffFirst * 2 ** (failures - 2), timing.backoffLongest);
		return ceiling * (0.5 + random() / 2);
	}

	return {
		after({ kind }) {
			if (kind === "address-held") return timing.standby;
			return kind === "credentials" ? timing.backoffCredentials : growing();
		},
		reset() {
			failures = 0;
		},
	};
}
