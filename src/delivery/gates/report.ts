/** What a push says of the other side, beside its own device: gates go by it. */
import type { Outcome } from "../../types.ts";

/** What a push says of the other side. */
export type Report =
	/** It works, whatever it said of this one device: it took the push, or answered something about its token. */
	| { kind: "well"; isDelivered?: true }
	/** Nothing: it was not asked. */
	| { kind: "nothing" }
	| Fault;

/** Why a gate shuts. */
export type Fault =
	/** It does not work, and perhaps says for how long not. */
	| { kind: "unwell"; reason: string; afterMs?: number }
	/** Our credentials do not work: a person must mend them. */
	| {
			kind: "misconfigured";
			reason: string;
			/** Found without any device's doing. */
			isOfAccount?: true;
	  };

/**
 * What an outcome says of the other side, beside this device.
 *
 * What is about a token shuts nothing, however many tokens it is said of: it goes by what others do not share. FCM
 * cannot reach iPhones for want of the project's APNs key, and all its Androids are well; calls want a topic of their
 * own, and messages go through without it. Each such push waits for itself.
 */
export function reportOf(outcome: Outcome): Report {
	const about = "about" in outcome ? outcome.about : undefined;
	if (about === "push") return { kind: "nothing" };
	if (about === "token") return { kind: "well" };
	switch (outcome.kind) {
		case "delivered":
			return { kind: "well", isDelivered: true };
		case "gone":
		case "rejected":
			return { kind: "well" };
		case "retry": {
			const { reason, afterMs } = outcome;
			return { kind: "unwell", reason, ...(afterMs !== undefined && { afterMs }) };
		}
		case "misconfigured":
			return { kind: "misconfigured", reason: outcome.reason, ...(about && { isOfAccount: true }) };
	}
}
