/**
 * Tells the operator of pushes that failed: once an hour for each reason, with their number. Anybody may register a
 * device that always fails; where only one owner's do, that is no warning.
 */

import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { about } from "../../messages/about.ts";
import { nodeForm, type OwnerForm } from "../../messages/whom.ts";
import type { Outcome, Registration } from "../../types.ts";
import { OTHERS } from "./repeated-warnings.ts";

export interface Failures {
	/** A push failed for now, or was refused. */
	note(registration: Registration, kind: FailureKind, reason: string): void;
	/** Says what there is to say. */
	tell(): void;
}

export type FailureKind = Extract<Outcome["kind"], "retry" | "rejected">;

interface Failure {
	app: string;
	kind: FailureKind;
	reason: string;
	/** Since it was told. */
	count: number;
	/** Whose devices, since it was told: two are as good as many. */
	owners: Set<string>;
	toldAt?: number;
	/** The last one that failed. */
	last: Pick<Registration, "node" | "owner">;
	/** As more than one owner's. */
	isWarnedOf?: boolean;
}

const TELL_EVERY_MS = 3_600_000;
const MOST = deliveryBounds.failureReasons.is;

const SAID: Readonly<Record<FailureKind, string>> = {
	retry: "Pushes that failed for now: {count}. They are tried again later.",
	rejected: "Pushes that were refused: {count}. They are not tried again.",
};
const IDS = { retry: "pushes-failed", rejected: "pushes-refused" } as const;

export function createFailures(log: Logger, now: () => number, ownerForm: OwnerForm): Failures {
	const failures = new Map<string, Failure>();
	/** How many there are of each app. */
	const ofApps = new Map<string, number>();

	const isOld = ({ toldAt }: Failure, at: number) =>
		toldAt === undefined || Math.abs(at - toldAt) >= TELL_EVERY_MS;

	function failureOf(registration: Registration, kind: FailureKind, reason: string): Failure {
		const { app } = registration;
		const name = `${app}\0${kind}\0${reason}`;
		const known = failures.get(name);
		if (known) return known;
		const its = ofApps.get(app) ?? 0;
		// Hosts that clients choose may give any number of reasons: those of other apps are told all the same.
		if (its >= MOST && reason !== OTHERS) return failureOf(registration, kind, OTHERS);
		const failure: Failure = { app, kind, reason, count: 0, owners: new Set(), last: registration };
		failures.set(name, failure);
		ofApps.set(app, its + 1);
		return failure;
	}

	function forget(name: string, { app }: Failure) {
		failures.delete(name);
		ofApps.set(app, (ofApps.get(app) ?? 1) - 1);
	}

	function say({ app, kind, reason, count, owners, last }: Failure) {
		const values = { app, count, reason, node: nodeForm(last.node), owner: ownerForm(last.owner) };
		if (owners.size > 1)
			log.warn(
				`{app}: ${SAID[kind]} The last was to {node} of {owner}. The reason: {reason}`,
				about(IDS[kind], values),
			);
		else
			log.info(
				`{app}: ${SAID[kind]} All are to devices of one owner, {owner}, the last to {node}. The reason: {reason}`,
				values,
			);
	}

	return {
		note(registration, kind, reason) {
			const { owner, party, node } = registration;
			const failure = failureOf(registration, kind, reason);
			failure.count++;
			failure.last = { node, owner };
			if (failure.owners.size < 2) failure.owners.add(owner || (party ?? node));
		},

		tell() {
			const at = now();
			for (const [name, failure] of failures) {
				const isOfMore = failure.owners.size > 1;
				if (failure.count === 0) {
					if (isOld(failure, at)) forget(name, failure);
				} else if (isOld(failure, at) || (isOfMore && !failure.isWarnedOf)) {
					say(failure);
					Object.assign(failure, { count: 0, owners: new Set(), toldAt: at, isWarnedOf: isOfMore });
				}
			}
		},
	};
}
