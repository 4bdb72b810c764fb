/** What a push says of the other side, beside its own device: gates go by it. */
import type { Outcome } from "../types.ts";

/** What a push says of the other side. */
export type Report =
	/** It works, whatever it said of this one device. */
	| { kind: "well" }
	/** It does not, and perhaps says for how long. */
	| { kind: "unwell"; reason: string; afterMs?: number }
	/** Our credentials do not work: a person must mend them. */
	| { kind: "misconfigured"; reason: string };

/** What an outcome says of the other side, beside this device. */
export function reportOf(outcome: Outcome): Report {
	switch (outcome.kind) {
		case "delivered":
		case "gone":
		case "rejected":
			return { kind: "well" };
		case "retry": {
			if (outcome.about === "token") return { kind: "well" };
			const { reason, afterMs } = outcome;
			return { kind: "unwell", reason, ...(afterMs !== undefined && { afterMs }) };
		}
		case "misconfigured":
			return { kind: "misconfigured", reason: outcome.reason };
	}
}
