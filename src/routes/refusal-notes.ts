/** Tells the operator of registrations that are refused over HTTP, where nobody has a name: anybody can ask for one. */
import type { RefusedRegistration } from "../registering/refused-registration.ts";
import { partyOfNetwork } from "./guards/client-address.ts";
import { Problem, type ProblemName } from "./problem.ts";

/** Who decides; the other problems are the client's own doing. */
const DECIDERS: Partial<Record<ProblemName, "operator" | "reveille">> = {
	"registration-token-needed": "operator",
	"no-invite": "operator",
	"over-quota": "reveille",
};

/**
 * @param error what a route threw
 * @param network of the client: it counts there, and is not kept
 * @returns undefined: no registration was refused
 */
export function refusalOf(error: unknown, network: string | undefined): RefusedRegistration | undefined {
	const decider = error instanceof Problem ? DECIDERS[error.kind] : undefined;
	if (decider === undefined || !(error instanceof Problem)) return undefined;
	return {
		kind: "not-accepted",
		reason: `over HTTP: ${error.message}`,
		decider,
		decidedBy: decider === "operator" ? "The operator" : "Reveille",
		isStrangers: true,
		by: `network ${network === undefined ? "" : partyOfNetwork(network)}`,
	};
}
