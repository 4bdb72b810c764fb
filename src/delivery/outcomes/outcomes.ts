/** The one place that acts on outcomes: what becomes of the registration, the push and the publisher's answer. */

import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { about } from "../../messages/about.ts";
import { domainAlone, nodeForm, type OwnerForm } from "../../messages/whom.ts";
import type { Registrations } from "../../store/registrations/registrations.ts";
import type { Answer, Outcome, Registration } from "../../types.ts";
import { createOutcomeNotes, type OutcomeJournal } from "../journal/outcome-notes.ts";
import type { OutboxWrites } from "../outbox/outbox-writes.ts";
import { fromDatabase, type Item, waitAnswer } from "../push-item.ts";
import { isRelayNode } from "../push2-relay.ts";
import type { Verdicts } from "./dead-token-verdicts.ts";
import type { Proven } from "./proven-devices.ts";
import type { Results } from "./push-results.ts";
import { createTold } from "./repeated-warnings.ts";

/** Misconfigured credentials are a person's to mend: asking again sooner helps nobody. */
const MISCONFIGURED_MS = 60_000;

/** A person is told of each fault of an app's setting up once in this time; the pushes that have it may be many. */
const TELL_EVERY_MS = 60_000;
/** And where it is few devices', which may be anybody's. */
const TELL_OF_FEW_EVERY_MS = 3_600_000;

const DELIVERED: Answer = { kind: "done", how: "delivered" };

/** What was sent, to whom, when, and through which gate. */
export interface Sent {
	item: Item;
	registration: Registration;
	startedAt: number;
	/** When the push service's answer was heard. */
	heardAt: number;
	gate: string;
	/** What it was answered is believed of others too, as far as it speaks of them. */
	isOfOthers: boolean;
}

/**
 * @returns acts on an outcome
 * @throws {Unavailable} there, when a database is away: nothing was done
 */
export function createOutcomes({
	registrations,
	results,
	journal,
	proven,
	verdicts,
	writes,
	ownerForm = domainAlone,
	log,
	now = Date.now,
}: {
	registrations: Pick<Registrations, "forget" | "forgetVoip" | "findAtPrimary">;
	results: Pick<Results, "add">;
	journal: OutcomeJournal;
	proven: Proven;
	verdicts: Verdicts;
	writes: Pick<OutboxWrites, "keep" | "discard" | "drop">;
	ownerForm?: OwnerForm | undefined;
	log: Logger;
	now?: () => number;
}): (outcome: Outcome, sent: Sent) => Promise<Answer> {
	const { keep, discard, drop } = writes;
	const judges = { verdicts, proven };
	const notes = createOutcomeNotes(journal, proven);
	const told = createTold(deliveryBounds.setupFaults.is, now);
	const whom = ({ node, owner, app }: Registration) => ({
		app,
		node: nodeForm(node),
		owner: ownerForm(owner),
	});

	/** The only switch over what becomes of a push. */
	async function act(outcome: Outcome, sent: Sent): Promise<Answer> {
		const { item, registration } = sent;
		const reason = "reason" in outcome ? outcome.reason : undefined;
		results.add(registration, outcome.kind, reason);
		const { startedAt: at, heardAt } = sent;
		journal.sent(item.node, registration.app, { at, ms: heardAt - at, outcome });
		const isBelieved = believe(judges, outcome, sent);
		switch (outcome.kind) {
			case "delivered": {
				proven.note(registration);
				const discarding = discard(item);
				if (discarding) await discarding;
				return DELIVERED;
			}
			case "gone":
				return isBelieved ? forget(outcome, sent) : doubt(item, outcome.reason);
			case "retry":
				notes.failed(sent, outcome.reason);
				log.debug("{app}: a push waits, to {node} of {owner}: {reason}", () => ({
					...whom(registration),
					reason: outcome.detail ?? reason,
				}));
				return keep(item, outcome.reason, outcome.afterMs);
			case "rejected":
				if (!isBelieved) return doubt(item, outcome.reason);
				await drop(item);
				notes.refused(sent, outcome.reason);
				log.debug("{app}: a push was refused, to {node} of {owner}: {reason}", () => ({
					...whom(registration),
					reason,
				}));
				return { kind: "refused", reason: `refused by the push service: ${outcome.reason}` };
			case "misconfigured":
				notes.failed(sent, outcome.reason);
				tell(registration, outcome, sent.isOfOthers);
				return keep(item, outcome.reason, MISCONFIGURED_MS);
		}
	}

	/** A token is dead: what was registered with it goes, unless it was renewed since the push was sent. */
	async function forget(outcome: Extract<Outcome, { kind: "gone" }>, sent: Sent): Promise<Answer> {
		const { item, registration, startedAt } = sent;
		const { node, token, voipToken = "" } = registration;
		const { reason } = outcome;
		if (outcome.token === "voip") {
			await fromDatabase(() => registrations.forgetVoip(node, voipToken, startedAt));
			return keep(item, reason);
		}
		const deadSince = Math.min(startedAt, outcome.at ?? startedAt);
		const forgotten = await fromDatabase(() => registrations.forget(node, token, deadSince));
		if (!forgotten && (await fromDatabase(() => registrations.findAtPrimary(node)))) {
			// ejabberd deletes what it is told is gone, and this one was renewed while we sent: the push
			// goes to the new token.
			return keep(item, "renewed while its old token was sent to");
		}
		await discard(item);
		notes.ended(sent, reason);
		log.info("{app}: a device of {owner} is gone ({reason}): its registration {node} was removed.", {
			...whom(registration),
			reason,
		});
		return { kind: "unknown", reason };
	}

	/**
	 * Most devices are said to be gone or refused: that is our fault, as wrong credentials are, and the push waits
	 * for the day it is mended.
	 */
	async function doubt(item: Item, reason: string): Promise<Answer> {
		await keep(item, reason, MISCONFIGURED_MS);
		return waitAnswer("too many devices are said to be gone or refused at once: nothing is deleted");
	}

	/** Where it is about few of an app's devices no gate shuts, and any of them may be published to without end. */
	function tell(to: Registration, fault: Outcome & { kind: "misconfigured" }, isOfOthers: boolean) {
		const { app } = to;
		const every = isOfOthers ? TELL_EVERY_MS : TELL_OF_FEW_EVERY_MS;
		const reason = told(`${app} ${isOfOthers}`, fault.reason, every);
		if (reason === undefined) return;
		if (!isOfOthers)
			log.warn(
				"{app}: a push service refuses our credentials for one device, {node} of {owner}, and its pushes wait. If this happens to devices of several owners, it is logged as an error. The reason: {reason}",
				about("credentials-refused-for-device", { ...whom(to), reason }),
			);
		else if (fault.about === undefined || fault.about === "account")
			log.error(
				"{app}: its credentials do not work, and its pushes wait. Correct them. The reason: {reason}",
				about("credentials-refused", { app, reason }),
			);
		else
			log.error(
				"{app}: the pushes of one kind of devices, such as {node} of {owner}, wait until something is set up: {reason}",
				about("setup-missing", { ...whom(to), reason }),
			);
	}

	return act;
}

/** Whether an answer that a device is gone, or refused for good, may be acted on. */
function believe(
	{ verdicts, proven }: { verdicts: Verdicts; proven: Pick<Proven, "has"> },
	outcome: Outcome,
	{ item, registration: to, gate }: Sent,
): boolean {
	if (outcome.kind === "retry" || outcome.kind === "misconfigured") return true;
	// Their servers sign for these, so that none of it is our fault, and nothing that is registered would end.
	if (isRelayNode(to.node)) return true;
	// Calls have tokens and a topic of their own: messages that arrive must not hide that these are wrong for all.
	const isCall = item.notification.class === "voip" && to.voipToken !== undefined;
	const isBad = outcome.kind !== "delivered";
	const isProven = proven.has(to);
	return verdicts.note(isCall ? `${gate} (calls)` : gate, { node: to.node, isBad, isProven });
}
