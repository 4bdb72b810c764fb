/** Which gate a device's pushes pass, with which limits, and in which queue of the outbox they wait for it. */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { queueOfNew, queueOfParty } from "../../store/local/queue-names.ts";
import type { PushService, Registration } from "../../types.ts";
import type { Asking, GateLimits } from "./gate.ts";
import { partyOf } from "./party.ts";

/** A gate, and how many it lets through. */
export interface Target {
	gate: string;
	limits: GateLimits;
}

export interface GateChoice {
	/** An app's own gate, or that of the origin which a client's URL leads to. */
	gateOf(service: PushService, registration: Registration): Target;
	/** The outbox's queue of a push: strangers' devices have others than those which were delivered to. */
	queueOf(target: Target, service: PushService, asking: Asking & { device: Registration }): string;
}

/**
 * A host that a client chose and nobody answers for: few at once, and never a flood. It may be somebody's small
 * server, and somebody else's victim.
 */
const STRANGER = {
	inFlight: deliveryBounds.strangersInFlight.is,
	rate: deliveryBounds.strangersRate.is,
};

/** So many parties must have had faults at a host that a client chose: those of one may be its own doing. */
const PARTIES = deliveryBounds.faultyParties.is + 1;

/** @param maxInFlight how many pushes of one app, or to one provider, may be on their way at once */
export function createGateChoice(maxInFlight: number): GateChoice {
	const ofApp: GateLimits = { inFlight: maxInFlight };
	// Anybody can register at a hundred servers that hang: all of them together get no more than one app does.
	const stranger: GateLimits = {
		...STRANGER,
		pool: { name: "strangers", inFlight: maxInFlight },
		parties: PARTIES,
	};
	// A browser's maker answers for a whole domain, in which not every host takes pushes: a client may name any.
	const provider: GateLimits = {
		inFlight: maxInFlight,
		pool: { name: "providers", inFlight: 2 * maxInFlight, onlyUnwell: true },
		parties: PARTIES,
	};

	return {
		gateOf(service, registration) {
			const target = service.originOf?.(registration);
			if (!target) return { gate: registration.app, limits: ofApp };
			const gate = `${registration.app} ${target.origin}`;
			return { gate, limits: target.isProvider ? provider : stranger };
		},

		queueOf({ gate, limits }, service, { device, isProven }) {
			if (isProven && limits !== stranger) return gate;
			const isOneOfFew = limits === ofApp || (limits === provider && service.isNamed?.(device));
			return isOneOfFew ? queueOfNew(gate) : queueOfParty(gate, partyOf(device));
		},
	};
}
