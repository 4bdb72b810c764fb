/**
 * The gates: one sick provider, app, origin or device slows no other (invariant 5).
 *
 * A gate stands before each app, and for tokens that are URLs before each origin. It is a bulkhead, which lets a bounded
 * number of pushes through at a time, and a breaker, which shuts when the other side is unwell and opens again by
 * itself. What it turns away waits in the outbox.
 *
 * Anybody can register a device that does not exist. So devices that were never delivered to never get the last
 * places, and what they say shuts a gate for their like alone; where a client chose the URL, for nobody.
 */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { FULL_MS } from "./bulkhead.ts";
import type { Shut } from "./circuit-breaker.ts";
import { type Asking, createGate, type Gate, type GateLimits, type Passage, type ShutFor } from "./gate.ts";
import { createPools } from "./pools.ts";
import type { Fault } from "./report.ts";

export interface Gates {
	/** Asks at the gate of this name, which is made with these limits when it is first asked. */
	enter(name: string, limits: GateLimits, asking: Asking): Passage;
	/** The gates that are shut, with the reason. */
	shut(): { name: string; reason: string }[];
	/** The same, and since and until when; last of all those of servers that clients chose. */
	shutSince(): ({ name: string } & Shut)[];
	/** How many pushes are on their way, by gate. */
	inFlight(): ReadonlyMap<string, number>;
}

/** How many gates are remembered: clients choose the origins. */
const KEPT = deliveryBounds.gates.is;
/** A gate that nobody asked at for so long is forgotten, whatever it knew, ms. */
const IDLE_MS = 3_600_000;

interface Known {
	gate: Gate;
	usedAt: number;
	/** A client chose where it leads, and nobody answers for that. */
	isStrangers: boolean;
}

export function createGates({
	now = Date.now,
	random = Math.random,
	onShut = () => {},
	onOpen = () => {},
	onRoom = () => {},
}: {
	now?: () => number;
	random?: () => number;
	/**
	 * A gate shut, or was found shut for another reason.
	 * @param isStrangers whether it is one that a client chose and nobody answers for
	 */
	onShut?(name: string, report: Fault, shutFor: ShutFor, isStrangers: boolean): void;
	/** A gate works again. */
	onOpen?(name: string, isStrangers: boolean): void;
	/** A gate that turned pushes away for want of room has some again. */
	onRoom?(name: string): void;
} = {}): Gates {
	// Ordered by use, since a gate moves to the end when it is asked at.
	const gates = new Map<string, Known>();
	/** The one at the end. */
	let latest: Known | undefined;
	const pools = createPools();

	/** @returns undefined: so many are in use that no other can be made */
	function gateOf(name: string, limits: GateLimits): Gate | undefined {
		const known = gates.get(name) ?? make(name, limits);
		if (!known) return undefined;
		if (known !== latest) {
			gates.delete(name);
			gates.set(name, known);
			latest = known;
		}
		known.usedAt = now();
		return known.gate;
	}

	function make(name: string, limits: GateLimits): Known | undefined {
		forget();
		// Of what nobody answers for: an app's own gate is never wanting for the sake of others.
		if (gates.size >= KEPT && limits.rate) return undefined;
		const isStrangers = limits.rate !== undefined;
		const gate = createGate(limits, {
			now,
			random,
			pools,
			onShut: (report, shutFor) => onShut(name, report, shutFor, isStrangers),
			onOpen: () => onOpen(name, isStrangers),
			onRoom: () => onRoom(name),
		});
		return { gate, usedAt: now(), isStrangers };
	}

	/** Forgets what was not used for long, and, for want of room, what was not used for longest. */
	function forget() {
		for (const [name, { gate, usedAt }] of gates) {
			if (usedAt > now() - IDLE_MS && gates.size < KEPT) return;
			if (gate.mayBeForgotten()) gates.delete(name);
		}
	}

	return {
		enter(name, limits, asking) {
			const gate = gateOf(name, limits);
			if (gate) return gate.ask(asking);
			return { kind: "later", reason: "too many servers are pushed to", at: now() + FULL_MS };
		},

		shut: () =>
			[...gates].flatMap(([name, { gate }]) => {
				const reason = gate.reason();
				return reason === undefined ? [] : [{ name, reason }];
			}),

		shutSince: () =>
			// Any number of servers may fail of those that clients chose, and whoever looks sees the first few.
			[...gates]
				.toSorted(([, one], [, other]) => Number(one.isStrangers) - Number(other.isStrangers))
				.flatMap(([name, { gate }]) => {
					const shut = gate.shut();
					return shut === undefined ? [] : [{ name, ...shut }];
				}),

		inFlight: () => new Map([...gates].map(([name, { gate }]) => [name, gate.inFlight()])),
	};
}
