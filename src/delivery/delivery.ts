/**
 * Delivery: from a publish to an answer.
 *
 * The answer `done` is a promise: delivered, on this connector's disk, or superseded by a later publish that is.
 */
import type { Logger } from "@logtape/logtape";
import { faultOf } from "../store/fault.ts";
import type { Outbox, OutboxEntry } from "../store/outbox.ts";
import type { Answer, App, Notification, Outcome, PushClass, PushService, Registration } from "../types.ts";
import { createActing } from "./acting.ts";
import type { Admission, PublishRequest } from "./admission.ts";
import type { GateLimits, Gates } from "./gates.ts";
import { fromDatabase, type Item, Unavailable, wait } from "./item.ts";
import { createKeeping } from "./keeping.ts";
import type { Known } from "./modules.ts";
import { applyPolicy } from "./policy.ts";
import { reportOf } from "./report.ts";
import type { Results } from "./results.ts";
import { createThrottle } from "./throttle.ts";
import type { Verdicts } from "./verdicts.ts";

/**
 * How long a push service may take to answer. ejabberd waits 32 s for our answer to its publish; a slow push
 * must be in the outbox, and the publish answered, well before.
 */
const SEND_DEADLINE_MS = 15_000;

/**
 * A host that a client chose and nobody answers for: few at once, and never a flood. It may be somebody's small
 * server, and somebody else's victim.
 */
const STRANGER: GateLimits = { inFlight: 8, rate: { perSecond: 20, burst: 100 } };

/** When to look again at an entry whose lane was taken. */
const LANE_TAKEN_MS = 1_000;

/** A call that rings after a minute is over. */
const VOIP_TTL_S = 60;

export interface DeliveryDeps {
	registrations: Known;
	outbox: Outbox;
	results: Results;
	admit: Admission;
	/** Who may publish to a registration whose owner is known: the owner's domain, or everybody with its secret. */
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
	/** Called when the outbox got an entry, with the time it is due at. */
	onQueued(dueAt: number): void;
	now?: () => number;
	random?: () => number;
	sendDeadlineMs?: number;
}

export interface Delivery {
	/** A publish from outside: whether it may is checked before anything is looked up. */
	publish(request: PublishRequest): Promise<Answer>;
	/** A push whose right was checked elsewhere. */
	push(node: string, notification: Notification): Promise<Answer>;
	/**
	 * Tries an outbox entry once. It stays in the outbox until it was delivered, has expired, or turned out to be
	 * hopeless.
	 * @throws when the outbox cannot be written: the entry is as it was
	 */
	retry(entry: OutboxEntry): Promise<void>;
	/**
	 * Puts all that is held back or on its way on disk, and answers it: for a connection whose window fills up,
	 * and for the end of the process.
	 */
	settle(): Promise<void>;
	/** Resolves when nothing is on its way, or after `deadlineMs`. */
	idle(deadlineMs: number): Promise<void>;
}

const isThrottled = (pushClass: PushClass) => pushClass === "high" || pushClass === "low";
const laneOf = (node: string, pushClass: PushClass) => `${node} ${pushClass}`;

export function createDelivery(deps: DeliveryDeps): Delivery {
	const { registrations, outbox, results, admit, services, gates, verdicts, log } = deps;
	const { now = Date.now, random = Math.random, sendDeadlineMs = SEND_DEADLINE_MS } = deps;
	const apps = new Map(deps.apps.map((app) => [app.name, app]));
	// Anybody can register at a hundred servers that hang: all of them together get no more than one app does.
	const stranger: GateLimits = { ...STRANGER, pool: { name: "strangers", inFlight: deps.maxInFlight } };
	/** What is on its way, with a way to answer it early, once it is safe on disk. */
	const onItsWay = new Map<Item, (answer: Answer) => void>();
	let whenIdle: (() => void) | undefined;
	const keeping = createKeeping(outbox, { onQueued: deps.onQueued, now, random });
	const { keep, secure, discard } = keeping;
	const act = createActing({ registrations, results, verdicts, keeping, log, now });

	const throttle = createThrottle<Item>(deps.pushIntervalMs, send);

	/** Sends a fresh publish; `settle` may answer it before its push service does. */
	function send(item: Item): Promise<Answer> {
		return new Promise((resolve) => {
			onItsWay.set(item, resolve);
			attempt(item)
				.catch(failed)
				.then(resolve)
				.finally(() => {
					onItsWay.delete(item);
					if (onItsWay.size === 0) whenIdle?.();
				});
		});
	}

	/** A user's registration must survive our faults: never anything but `wait`. */
	function failed(error: unknown): Answer {
		const reason = error instanceof Unavailable ? error.message : "internal error";
		log.error("A push could not be handled, {reason}: {error}", { reason, error: faultOf(error) });
		return wait(reason);
	}

	/**
	 * Looks up, sends, acts.
	 * @throws {Unavailable} when the database is away
	 */
	async function attempt(item: Item): Promise<Answer> {
		const { node, notification } = item;
		const registration = await fromDatabase(
			async () => (await registrations.find(node)) ?? (await registrations.findAtPrimary(node)),
		);
		if (!registration) {
			await discard(item);
			return { kind: "unknown", reason: "no such registration" };
		}
		if (!mayPublish(registration, item.publisher)) {
			return { kind: "unknown", reason: "published by another domain than the owner's" };
		}
		const app = apps.get(registration.app);
		const service = services.get(registration.app);
		if (!app || !service) {
			const reason = `the app ${registration.app} is not configured`;
			return act(
				{ kind: "misconfigured", reason },
				{ item, registration, startedAt: now(), gate: registration.app },
			);
		}
		const isCall = notification.class === "voip";
		if (item.receivedAt !== undefined && app.ttlSeconds !== undefined && !isCall) {
			item.expiresAt = item.receivedAt + app.ttlSeconds * 1000;
		}
		const { gate, limits } = gateOf(service, registration);
		const turn = gates.enter(gate, limits, item.isPromised);
		if (turn.kind === "later") {
			return secure([item], turn.at, { attempts: item.attempts, lastError: turn.reason });
		}
		const startedAt = now();
		const ttlSeconds = Math.max(0, Math.ceil((item.expiresAt - startedAt) / 1000));
		let outcome: Outcome = { kind: "retry", reason: "the service failed" };
		try {
			const leaving = applyPolicy(app, notification);
			const push = { registration, notification: leaving, ttlSeconds };
			outcome = await service.send(push, AbortSignal.timeout(sendDeadlineMs));
		} finally {
			turn.leave(reportOf(outcome));
		}
		return act(outcome, { item, registration, startedAt, gate });
	}

	/** A node and its secret that got into other hands are of no use there, where the owner's own server is known. */
	function mayPublish({ owner }: Registration, publisher: string | undefined): boolean {
		if (deps.publishers === "any" || publisher === undefined || owner === "") return true;
		return owner.slice(owner.indexOf("@") + 1) === publisher;
	}

	/** An app's own gate, or that of the origin which a client's URL leads to. */
	function gateOf(service: PushService, registration: Registration): { gate: string; limits: GateLimits } {
		const target = service.originOf?.(registration);
		if (!target) return { gate: registration.app, limits: { inFlight: deps.maxInFlight } };
		const gate = `${registration.app} ${target.origin}`;
		return { gate, limits: target.isProvider ? { inFlight: deps.maxInFlight } : stranger };
	}

	function push(node: string, notification: Notification, publisher?: string): Promise<Answer> {
		const ttl = notification.class === "voip" ? VOIP_TTL_S : deps.pushTtlSeconds;
		const item: Item = {
			node,
			notification,
			version: outbox.nextVersion(),
			receivedAt: now(),
			expiresAt: now() + ttl * 1000,
			attempts: 0,
			isPromised: false,
			...(publisher !== undefined && { publisher }),
		};
		return isThrottled(notification.class)
			? throttle.submit(laneOf(node, notification.class), item)
			: send(item);
	}

	return {
		push: (node, notification) => push(node, notification),

		async publish(request) {
			const admitted = await admit(request);
			if ("kind" in admitted) return admitted;
			return push(admitted.node, request.notification, request.publisher);
		},

		async retry({ node, class: pushClass, notification, version, expiresAt, attempts }) {
			const item: Item = { node, notification, version, expiresAt, attempts, isPromised: true };
			const tryOnce = async () => {
				if (expiresAt <= now()) {
					log.info("A push expired in the outbox after {attempts} tries.", { attempts });
					return discard(item);
				}
				try {
					await attempt(item);
				} catch (error) {
					if (!(error instanceof Unavailable)) throw error;
					await keep(item, error.message);
				}
			};
			if (!isThrottled(pushClass)) return tryOnce();
			const running = throttle.tryRun(laneOf(node, pushClass), tryOnce);
			if (running) return running;
			// Taken: a newer publish of this lane is on its way, which will replace or remove this entry. If it has
			// done so by now, the entry must not come back.
			const dueAt = now() + LANE_TAKEN_MS;
			await outbox.postpone(node, pushClass, version, dueAt);
			deps.onQueued(dueAt);
		},

		async settle() {
			const sent = [...onItsWay].filter(([item]) => !item.isPromised);
			if (sent.length > 0) {
				const items = sent.map(([item]) => item);
				const answer = await secure(items, now() + sendDeadlineMs).catch(failed);
				for (const [, resolve] of sent) resolve(answer);
			}
			await throttle.release((items) => secure(items, now() + deps.pushIntervalMs).catch(failed));
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
