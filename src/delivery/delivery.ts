/**
 * Delivery: from a publish to an answer.
 *
 * The answer `done` is a promise: delivered, on this connector's disk, or superseded by a later publish that is.
 */

import type { Logger } from "@logtape/logtape";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { createRecent } from "../limits/recent.ts";
import { hasOwnText } from "../services/own-text.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Outbox, OutboxEntry } from "../store/local/outbox.ts";
import { isOwnSlot, ownSlot } from "../store/local/outbox-slots.ts";
import type { QueueName } from "../store/local/queue-names.ts";
import type { Answer, App, Notification, PushClass, PushService } from "../types.ts";
import type { Admission, PublishRequest } from "./admission.ts";
import { createSending, NOT_THE_OWNERS, type Try } from "./attempt.ts";
import type { Gates } from "./gates/gates.ts";
import { createInOrder } from "./in-order.ts";
import { createKeeping } from "./outbox/outbox-writes.ts";
import type { Verdicts } from "./outcomes/dead-token-verdicts.ts";
import { createActing } from "./outcomes/outcomes.ts";
import { createProven } from "./outcomes/proven-devices.ts";
import type { Results } from "./outcomes/push-results.ts";
import { createOvertaking } from "./overtaken-publishes.ts";
import { type Item, type Tried, Unavailable, waitAnswer } from "./push-item.ts";
import type { Known } from "./push-modules.ts";
import type { Tagging } from "./tagging.ts";
import { createBursts } from "./throttle/bursts.ts";
import { createOwnTexts } from "./throttle/own-texts.ts";
import { createThrottle } from "./throttle/throttle.ts";
import { ttlSecondsOf } from "./time-to-live.ts";

/**
 * How long a push service may take to answer. ejabberd waits 32 s for our answer to its publish; a slow push
 * must be in the outbox, and the publish answered, well before.
 */
const SEND_DEADLINE_MS = 15_000;

/** Fresh pushes in memory at once: a database that hangs must not fill it with those that wait to be looked up. */
const MOST_ON_THEIR_WAY = deliveryBounds.onTheirWay.is;

/** What has a text of its own: ejabberd's patience is for those that are held back longest, and their sending. */
const OWN_TEXTS = {
	rate: deliveryBounds.ownTexts.is,
	held: deliveryBounds.ownTextsHeld.is,
	waiting: deliveryBounds.waitingInLane.is,
};
/** How long it is held back at the most. */
const HELD_MS = (OWN_TEXTS.held / OWN_TEXTS.rate.perSecond) * 1000;

export interface DeliveryDeps {
	registrations: Known;
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
	/**
	 * Tries an outbox entry once. It stays in the outbox until it was delivered, has expired, or turned out to be
	 * hopeless. One that is turned away where it waits, or whose lane is taken, costs no write.
	 * @throws when the outbox cannot be written: the entry is as it was
	 */
	retry(entry: OutboxEntry): Promise<Tried>;
	/**
	 * Puts all that is held back or on its way on disk, and answers it: for a connection whose window fills up,
	 * and for the end of the process. What is just being written for another reason is left to that.
	 * @param olderThanMs of what is on its way only that which came so long ago; infinite: none of it
	 */
	settle(olderThanMs?: number): Promise<void>;
	/** Resolves when nothing is on its way, or after `deadlineMs`. */
	idle(deadlineMs: number): Promise<void>;
}

const isThrottled = (pushClass: PushClass) => pushClass === "high" || pushClass === "low";
const laneOf = (node: string, pushClass: PushClass) => `${node} ${pushClass}`;

export function createDelivery(deps: DeliveryDeps): Delivery {
	const { registrations, outbox, results, admit, tagging, verdicts, log } = deps;
	const { now = Date.now, random = Math.random, sendDeadlineMs = SEND_DEADLINE_MS } = deps;
	const { onQueued, mayGrow = async () => true } = deps;
	/** What is on its way, with a way to answer it early, once it is safe on disk. */
	const onItsWay = new Map<Item, (answer: Answer) => void>();
	let whenIdle: (() => void) | undefined;
	/** The later of two publishes must not be taken for the earlier: it would be superseded. */
	const inOrder = createInOrder();
	const keeping = createKeeping(outbox, { mayGrow, onQueued, onSuperseding, now, random });
	const { keep, secure, queue, discard } = keeping;
	const proven = createProven();
	const act = createActing({ registrations, results, proven, verdicts, keeping, log, now });
	const leaving = createRecent<boolean>(deliveryBounds.ownTextDevices.is);
	const sending = createSending({ ...deps, proven, leaving, keeping, act, sendDeadlineMs, now });
	const { tryOnce, isAllowed } = sending;

	const crowd = {
		most: deliveryBounds.waitingInLane.is,
		secure: (item: Item) => secure([item], now() + sendDeadlineMs).catch(failed),
	};
	const throttle = createThrottle<Item>(deps.pushIntervalMs, send, { crowd });
	const bursts = createBursts<Item>(deliveryBounds.urgent.is, send, { crowd });
	const ownTexts = createOwnTexts<Item>(OWN_TEXTS, send, (item) =>
		// Not before all that are held back had their turn.
		secure([item], now() + HELD_MS + sendDeadlineMs).catch(failed),
	);
	const overtaking = createOvertaking();

	/** Of the throttled classes a lane has one on its way; calls and events overtake each other. */
	function onSuperseding({ node, version, notification }: Item) {
		if (isThrottled(notification.class)) return;
		for (const [older] of onItsWay) {
			const isOfLane = older.node === node && older.notification.class === notification.class;
			if (isOfLane && older.version < version) older.isSuperseded = true;
		}
	}

	/** Sends a fresh publish; `settle` may answer it before its push service does. */
	function send(item: Item): Promise<Answer> {
		if (onItsWay.size >= MOST_ON_THEIR_WAY) return secure([item], now()).catch(failed);
		return new Promise((resolve) => {
			onItsWay.set(item, resolve);
			const over = (answer: Answer) => {
				onItsWay.delete(item);
				resolve(answer);
				if (onItsWay.size === 0) whenIdle?.();
			};
			attempt(item).then(
				(answer) => {
					if (answer) return over(answer);
					onItsWay.delete(item);
					void sendAsCommon(item).then(resolve);
					if (onItsWay.size === 0) whenIdle?.();
				},
				(error) => over(failed(error)),
			);
		});
	}

	/** It turned out that its text does not leave. A newer one that is held back is in its place already. */
	function sendAsCommon(item: Item): Promise<Answer> {
		delete item.slot;
		const lane = laneOf(item.node, item.notification.class);
		const held = throttle.heldIn(lane);
		return throttle.submit(lane, held && held.version > item.version ? held : item);
	}

	/** A user's registration must survive our faults: never anything but `wait`. */
	function failed(error: unknown): Answer {
		const reason = error instanceof Unavailable ? error.message : "internal error";
		log.error("A push could not be handled, {reason}: {error}", { reason, error: faultOf(error) });
		return waitAnswer(reason);
	}

	/**
	 * @returns undefined: its text does not leave
	 * @throws {Unavailable} when a database is away
	 */
	async function attempt(item: Item): Promise<Answer | undefined> {
		const tried = await tryOnce(item);
		if (tried.kind === "common") return undefined;
		return tried.kind === "later" ? queue(item, tried.reason, askAgainAt(tried)) : tried.answer;
	}

	/** Where only room was wanted there may be some by the time the push is on disk. */
	const askAgainAt = ({ at, isFull }: Extract<Try, { kind: "later" }>) => (isFull ? now() : at);

	async function push(
		item: Pick<Item, "node" | "notification" | "publisher"> & { receivedAt: number },
	): Promise<Answer> {
		const { node, notification, receivedAt } = item;
		const expiresAt = receivedAt + ttlSecondsOf(notification.class, deps.pushTtlSeconds) * 1000;
		const fresh: Item = { ...item, version: outbox.nextVersion(), expiresAt, attempts: 0, isPromised: false };
		const lane = laneOf(node, notification.class);
		if (mayHaveOwnText(node, notification)) return pushOwnText(lane, fresh);
		const pace = isThrottled(notification.class) ? throttle : bursts;
		const held = pace.heldIn(lane);
		if (held && held.publisher !== fresh.publisher) {
			// Who may not publish must not supersede who may, whose server would be told that nobody is there.
			const end = overtaking.begin(lane, fresh.version);
			const refusal = await refusalOf(fresh).catch(failed);
			const newer = end();
			if (refusal) return refusal;
			const its = newer && (await newer);
			// What is said to one who may not publish is said of nobody else: then this one is owed after all.
			if (its && its.kind !== "unknown") return supersededBy(its);
			delete fresh.publisher;
		}
		const answer = pace.submit(lane, fresh);
		overtaking.note(lane, fresh.version, answer);
		return answer;
	}

	/** A guess gives way to what is known of its server. */
	function classed({ notification, tag, publisher }: PublishRequest): Notification {
		if (tag !== "missing" || publisher === undefined || !tagging.has(publisher)) return notification;
		return { ...notification, class: "low" };
	}

	/** Who shows no secret may be anybody, and so may who is no owner's server. */
	function learn({ tag, publisher, secret, pushModule }: PublishRequest) {
		const isProven = secret !== undefined || pushModule === undefined;
		if (tag === "given" && publisher !== undefined && isProven) tagging.note(publisher);
	}

	/** As far as is known: where its text does not leave after all, it is found out before it is sent. */
	const mayHaveOwnText = (node: string, notification: Notification): boolean =>
		hasOwnText(notification) && (notification.encrypted !== undefined || leaving.get(node) !== false);

	/** None supersedes another before there are many. */
	async function pushOwnText(lane: string, fresh: Item): Promise<Answer> {
		fresh.slot = ownSlot(fresh.version);
		if (ownTexts.heldIn(lane).some(({ publisher }) => publisher !== fresh.publisher)) {
			const refusal = await refusalOf(fresh).catch(failed);
			if (refusal) return refusal;
			delete fresh.publisher;
		}
		return ownTexts.submit(lane, fresh);
	}

	/** What was promised of the newer one holds for this one too, and nothing else does. */
	const supersededBy = (newer: Answer): Answer =>
		newer.kind === "done" ? { kind: "done", how: "superseded" } : newer;

	/** @throws {Unavailable} when a database is away */
	async function refusalOf(item: Item): Promise<Answer | undefined> {
		return (await isAllowed(item)) ? undefined : { kind: "unknown", reason: NOT_THE_OWNERS };
	}

	/** @throws when the outbox cannot be written */
	async function retry(item: Item): Promise<Tried> {
		if (item.expiresAt <= now()) {
			log.info("A push expired in the outbox after {attempts} tries.", { attempts: item.attempts });
			await discard(item);
			return { kind: "done" };
		}
		const { gate } = item;
		try {
			const tried = await tryOnce(item);
			if (tried.kind !== "later") return { kind: "done" };
			if (item.gate === gate) {
				const { at, isFull } = tried;
				return { kind: "turned-away", at, ...(isFull && { isFull }) };
			}
			// It waits in another queue than its gate's: its device moved, or nobody had looked.
			await queue(item, tried.reason, askAgainAt(tried));
		} catch (error) {
			if (!(error instanceof Unavailable)) throw error;
			await keep(item, error.message);
		}
		return { kind: "done" };
	}

	return {
		async push(node, notification, publishedAt = now()) {
			return push({ node, notification, receivedAt: publishedAt });
		},

		async publish(request) {
			const admitted = await inOrder(request.node, admit(request));
			const { publisher } = request;
			const answer =
				"kind" in admitted
					? admitted
					: await push({
							node: admitted.node,
							notification: classed(request),
							receivedAt: now(),
							...(publisher !== undefined && { publisher }),
						});
			if (answer.kind === "done") learn(request);
			if (answer.kind === "unknown") {
				log.debug("A publish from {publisher} is answered by item-not-found: {reason}", {
					publisher,
					reason: answer.reason,
				});
			}
			return answer;
		},

		async retry({ class: pushClass, dueAt: _dueAt, lastError: _lastError, ...entry }) {
			// No life is longer than its class's: otherwise the clock was set back since it was put on disk.
			const longestMs = ttlSecondsOf(pushClass, Number.POSITIVE_INFINITY) * 1000;
			const expiresAt = Math.min(entry.expiresAt, now() + longestMs);
			const item: Item = { ...entry, expiresAt, isPromised: true };
			if (!isThrottled(pushClass)) return retry(item);
			const lane = laneOf(item.node, pushClass);
			const isOwn = isOwnSlot(item.slot);
			// It is due before its turn came, behind others from the disk or where the clock was set forward.
			if (isOwn) ownTexts.leaveToDisk(lane, ({ version }) => version === item.version);
			const pace = isOwn ? ownTexts : throttle;
			const trying = pace.tryRun(lane, () => retry(item));
			if (trying) return trying;
			const taken = { kind: "taken", free: pace.freed(lane) } as const;
			return isOwn ? { ...taken, at: now() + ownTexts.freedInMs(lane) } : taken;
		},

		async settle(olderThanMs = 0) {
			const at = now();
			// One that is younger than nothing came before the clock was set back.
			const isDue = ({ isPromised, isBeingKept, receivedAt = 0 }: Item) =>
				!isPromised && !isBeingKept && Math.abs(at - receivedAt) >= olderThanMs;
			const sent = [...onItsWay].filter(([item]) => isDue(item));
			const secureSent = async () => {
				if (sent.length === 0) return;
				const items = sent.map(([item]) => item);
				const answer = await secure(items, at + sendDeadlineMs).catch(failed);
				for (const [, resolve] of sent) resolve(answer);
			};
			const later = (item: Item, inMs: number) => secure([item], Math.ceil(at + inMs)).catch(failed);
			// All at once: what is held back must not set out while something else is written.
			await Promise.all([
				secureSent(),
				throttle.release((items) => secure(items, at + deps.pushIntervalMs).catch(failed)),
				bursts.release(later),
				ownTexts.release(later),
			]);
		},

		idle(deadlineMs) {
			if (onItsWay.size === 0) return Promise.resolve();
			return new Promise((resolve) => {
				const timer = setTimeout(resolve, deadlineMs);
				whenIdle = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		},
	};
}
