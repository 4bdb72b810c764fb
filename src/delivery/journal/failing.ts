/** Pushes that fail for now: of many for one reason the first is told at once, and then their number now and then. */
import { consoleBounds } from "../../limits/bounds/console.ts";
import { OTHER_REASONS } from "../../store/console/figures.ts";
import type { Noted } from "../journal.ts";

/** How long until the number of a reason's failures is told: twice as long each time, ms. */
const FIRST_MS = 60_000;
export const LAST_MS = 3_600_000;

interface Failing {
	event: Noted;
	/** Since it was told. */
	count: number;
	toldAt: number;
	everyMs: number;
}

/** What failed, and with which app. */
export type Failure = Omit<Noted, "kind" | "decider" | "at"> & { app: string };

export function createFailing(note: (event: Noted, count?: number) => void, now: () => number) {
	const failing = new Map<string, Failing>();
	/** How many of the reasons came by whom first. */
	const ofOne = new Map<string, number>();

	function isRoomFor(by = ""): boolean {
		if (failing.size >= consoleBounds.failingReasons.is) return false;
		return (ofOne.get(by) ?? 0) < consoleBounds.failingReasonsOfOne.is;
	}

	function forget(name: string, { by = "" }: Noted) {
		failing.delete(name);
		const left = (ofOne.get(by) ?? 1) - 1;
		if (left > 0) ofOne.set(by, left);
		else ofOne.delete(by);
	}

	function begin(name: string, failure: Failure) {
		const event: Noted = { ...failure, kind: "failed", decider: "provider" };
		note(event);
		const { node: _, owner: __, ...ofMany } = event;
		const { by = "" } = event;
		ofOne.set(by, (ofOne.get(by) ?? 0) + 1);
		failing.set(name, { event: ofMany, count: 0, toldAt: now(), everyMs: FIRST_MS });
	}

	function add(failure: Failure): void {
		const { app, reason, by } = failure;
		const name = `${app}\0${reason}`;
		const known = failing.get(name);
		if (known) known.count++;
		else if (reason === OTHER_REASONS || isRoomFor(by)) begin(name, failure);
		else add({ ...failure, reason: OTHER_REASONS });
	}

	return {
		add,

		/** What goes on failing is told; what ended an hour ago is forgotten. */
		tell() {
			const at = now();
			for (const [name, one] of failing) {
				const age = Math.abs(at - one.toldAt);
				if (one.count === 0) {
					if (age >= LAST_MS) forget(name, one.event);
				} else if (age >= one.everyMs) {
					note({ ...one.event, at }, one.count);
					Object.assign(one, { count: 0, toldAt: at, everyMs: Math.min(2 * one.everyMs, LAST_MS) });
				}
			}
		},
	};
}
