/**
 * Delivery: from a publish to an answer. The way of a publish:
 *
 * 1. admission.ts: whether it shows the secret of what it is for. After it, in-order.ts: those to one registration go on
 *    in the order in which they came.
 * 2. throttle/pacing.ts: when it may go. What has a text of its own, what only wakes the app, and calls have a pace each.
 * 3. sending.ts: it sets out, and may be answered early from then on (in-flight.ts).
 * 4. attempt.ts: its registration, whether it may be sent, its gate (gates/), its push service (services/).
 * 5. outcomes/outcomes.ts: what becomes of the registration, the push and the answer.
 * 6. outbox/outbox-writes.ts: what waits is put on disk. outbox/outbox-loop.ts takes it from there when it is due, and
 *    outbox/one-retry.ts goes on at step 4.
 *
 * The answer `done` is a promise: delivered, on this connector's disk, or superseded by a later publish that is.
 */

import type { Logger } from "@logtape/logtape";
import { about } from "../messages/about.ts";
import { nodeForm, type OwnerForm } from "../messages/whom.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Outbox } from "../store/local/outbox.ts";
import type { QueueName } from "../store/local/queue-names.ts";
import type { Answer, App, Notification, PushService } from "../types.ts";
import type { Admission, PublishRequest } from "./admission.ts";
import { createAttempts, type OnDelivered } from "./attempt.ts";
import type { Gates } from "./gates/gates.ts";
import { createInFlight } from "./in-flight.ts";
import { createInOrder } from "./in-order.ts";
import { createPublishNotes } from "./journal/publish-notes.ts";
import { createJournal, type Journal } from "./journal.ts";
import { keptMeanwhile } from "./kept-meanwhile.ts";
import { createRetry, type Retry } from "./outbox/one-retry.ts";
import { createOutboxWrites, type Secure } from "./outbox/outbox-writes.ts";
import type { Verdicts } from "./outcomes/dead-token-verdicts.ts";
import { createOutcomes } from "./outcomes/outcomes.ts";
import { createProven } from "./outcomes/proven-devices.ts";
import type { Results } from "./outcomes/push-results.ts";
import { type Item, Unavailable, waitAnswer } from "./push-item.ts";
import type { Known } from "./push-modules.ts";
import { createSending } from "./sending.ts";
import { classed, learn, type Tagging } from "./tagging.ts";
import { createOwnTextDevices } from "./throttle/own-text-devices.ts";
import { createPacing } from "./throttle/pacing.ts";
import { ttlSecondsOf } from "./time-to-live.ts";

/**
 * How long a push service may take to answer. ejabberd waits 32 s for our answer to its publish; a slow push
 * must be in the outbox, and the publish answered, well before.
 */
const SEND_DEADLINE_MS = 15_000;

export interface DeliveryDeps {
	registrations: Known;
	/** Whether the operator serves an owner no more. Missing: everybody is served. */
	isBarred?(owner: string): boolean | Promise<boolean>;
	/** As in `AttemptDeps`. */
	isStillBarred?(owner: string): Promise<boolean>;
	/** What the console is told. Missing: nobody reads it. */
	journal?: Journal;
	outbox: Outbox;
	results: Results;
	admit: Admission;
	/** Which domains say how important a publish is. */
	tagging: Tagging;
	/** Who may publish to a registration whose owner is known: its domains, or everybody with its secret. */
	publishers: "own" | "any";
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	apps: readonly App[];
	gates: Gates;
	verdicts: Verdicts;
	/** How many pushes of one app, or to one provider, may be on their way at once. */
	maxInFlight: number;
	pushIntervalMs: number;
	pushTtlSeconds: number;
	/** What the log calls owners; missing: by their domains. */
	ownerForm?: OwnerForm;
	/** Told of each push that was delivered; missing: nobody wants to know. */
	onDelivered?: OnDelivered | undefined;
	log: Logger;
	/** Whether the disk of the outbox has room for what strangers leave there; by default it always has. */
	mayGrow?(): Promise<boolean>;
	/** Called when a queue of the outbox got an entry, with the time to look at it by. */
	onQueued(at: number, queue: QueueName): void;
	now?: () => number;
	random?: () => number;
	sendDeadlineMs?: number;
	pause?(ms: number): Promise<void>;
}

export interface Delivery {
	/** A publish from outside: whether it may is checked before anything is looked up. */
	publish(request: PublishRequest): Promise<Answer>;
	/**
	 * A push whose right was checked elsewhere.
	 * @param publishedAt ms since the epoch: its time to live counts from then
	 */
	push(node: string, notification: Notification, publishedAt?: number): Promise<Answer>;
	/** Tries an entry of the outbox once. */
	retry: Retry;
	/**
	 * Puts all that is held back or on its way on disk, and answers it: for a connection whose window fills up,
	 * and for the end of the process. What is just being written for another reason is left to that.
	 * @param olderThanMs of what is on its way only that which came so long ago; infinite: none of it
	 */
	settle(olderThanMs?: number): Promise<void>;
	/** Resolves when nothing is on its way, or after `deadlineMs`. */
	idle(deadlineMs: number): Promise<void>;
}

export function createDelivery(deps: DeliveryDeps): Delivery {
	const { outbox, admit, tagging, pushIntervalMs, pushTtlSeconds, log } = deps;
	const { now = Date.now, random = Math.random, sendDeadlineMs = SEND_DEADLINE_MS } = deps;
	const { onQueued, mayGrow = async () => true, isBarred = () => false } = deps;
	const journal = deps.journal ?? createJournal({ now });

	// The way of a publish from its end: each part is given those that come after it.
	const inFlight = createInFlight();
	const onSuperseding = inFlight.supersedeOlder;
	const writes = createOutboxWrites(outbox, { mayGrow, onQueued, onSuperseding, now, random });
	const secure: Secure = (items, dueAt) => writes.secure(items, dueAt).catch((error) => failed(error, items));
	const proven = createProven();
	const act = createOutcomes({ ...deps, journal, proven, writes, now });
	const ownTextDevices = createOwnTextDevices();
	const trying = { isBarred, ownTextDevices, proven, writes, act, sendDeadlineMs, now };
	const attempts = createAttempts({ ...deps, ...trying });
	const sending = createSending({ inFlight, attempts, writes, secure, failed, sendDeadlineMs, now });
	const pacing = createPacing({
		intervalMs: pushIntervalMs,
		sendDeadlineMs,
		send: sending.send,
		secure,
		refusalOf: (item) => attempts.refusalOf(item).catch((error) => failed(error, [item])),
		ownTextDevices,
		now,
	});
	const retry = createRetry({ pacing, attempts, writes, log, now });
	const notes = createPublishNotes(journal);
	/** The later of two publishes must not be taken for the earlier: it would be superseded. */
	const inOrder = createInOrder();

	/** A user's registration must survive our faults: never anything but `wait`. */
	function failed(error: unknown, [item, ...more]: readonly Pick<Item, "node">[]): Answer {
		const node = item ? nodeForm(item.node) : "none";
		const others = more.length === 0 ? "" : ` and ${more.length} others`;
		const reason = error instanceof Unavailable ? error.message : "internal error";
		log.error(
			"A push to {node}{others} could not be handled ({reason}), and its server is answered with wait: {error}",
			about("push-not-handled", { node, others, reason, error: faultOf(error) }),
		);
		return waitAnswer(reason);
	}

	/** @param request whose right to publish is looked at; missing: it was checked elsewhere */
	function push(
		node: string,
		notification: Notification,
		receivedAt: number,
		request: Pick<PublishRequest, "publisher" | "unanswered"> = {},
	): Promise<Answer> {
		const { publisher, unanswered } = request;
		const expiresAt = receivedAt + ttlSecondsOf(notification.class, pushTtlSeconds) * 1000;
		const version = outbox.nextVersion();
		const item: Item = {
			node,
			notification,
			version,
			expiresAt,
			receivedAt,
			attempts: 0,
			isPromised: false,
		};
		if (publisher !== undefined) item.publisher = publisher;
		if (unanswered === undefined) return pacing.submit(item);
		item.isUnanswered = true;
		if (unanswered === "account") return pacing.submit(item);
		return keptMeanwhile(item, pacing.submit(item), { secure, mayGrow, sendDeadlineMs, now });
	}

	return {
		async publish(request) {
			const [at, startedAt] = [now(), performance.now()];
			const admitted = await inOrder(request.node, admit(request));
			const { publisher } = request;
			const answer =
				"kind" in admitted ? admitted : await push(admitted.node, classed(request, tagging), now(), request);
			const node = "kind" in admitted ? undefined : admitted.node;
			notes(request, node, answer, { at, ms: performance.now() - startedAt });
			if (answer.kind === "done") learn(request, tagging);
			if (answer.kind === "unknown") {
				const { unanswered } = request;
				const what =
					unanswered === undefined ? "is answered by item-not-found" : "has no answer, and is dropped";
				log.debug("A publish from {publisher} to {node} {what}: {reason}", {
					publisher,
					what,
					node: nodeForm(request.node),
					reason: answer.reason,
				});
			}
			return answer;
		},

		push: (node, notification, publishedAt = now()) => push(node, notification, publishedAt),

		retry,

		async settle(olderThanMs = 0) {
			// Asked first: what is looked at below is written on the spot.
			const hasRoom = await mayGrow();
			// All at once: what is held back must not set out while something else is written.
			await Promise.all([sending.settle(olderThanMs, hasRoom), pacing.release(hasRoom)]);
		},

		idle: inFlight.idle,
	};
}
