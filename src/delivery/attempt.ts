/**
 * One try of one push: its registration is looked up, whether it may be sent is checked, its gate lets it through, its
 * push service is asked, and what that said is acted on.
 */

import { partyOfQueue } from "../store/local/queue-names.ts";
import type { Answer, App, Outcome, PushService, Registration } from "../types.ts";
import { applyPolicy, isFor } from "./app-policy.ts";
import { type BarredDevicesDeps, createBarredDevices } from "./barred-devices.ts";
import { createDeadlines } from "./deadlines.ts";
import type { Passage } from "./gates/gate.ts";
import { createGateChoice, type Target } from "./gates/gate-choice.ts";
import type { Gates } from "./gates/gates.ts";
import { reportOf } from "./gates/report.ts";
import type { OutboxWrites } from "./outbox/outbox-writes.ts";
import type { Sent } from "./outcomes/outcomes.ts";
import type { Proven } from "./outcomes/proven-devices.ts";
import { mayPublish, NOT_THE_OWNERS } from "./publishers.ts";
import { fromDatabase, type Item, NO_SUCH_REGISTRATION } from "./push-item.ts";
import type { Known } from "./push-modules.ts";
import type { OwnTextDevices } from "./throttle/own-text-devices.ts";
import { createUnreached } from "./unreached-hosts.ts";

/** When to look again whether an app is configured, ms: a person has to do it. */
const NO_APP_MS = 60_000;

type Later = Extract<Passage, { kind: "later" }>;

/** What became of a try. */
export type Try =
	| { kind: "answered"; answer: Answer }
	/** Nothing was sent: its text does not leave, and a newer one may supersede it. */
	| { kind: "common" }
	/** Its gate did not let it through; `item.gate` names the queue to wait in. Nothing was written. */
	| Later;

const unknown = (reason: string): Answer => ({ kind: "unknown", reason });
const answered = (answer: Answer): Try => ({ kind: "answered", answer });

/** Where only room was wanted there may be some by the time the push is on disk. */
export const askAgainAt = ({ at, isFull }: Later, now: number) => (isFull ? now : at);

export interface Attempts {
	/**
	 * Tries a push once.
	 * @throws {Unavailable} when a database is away
	 */
	tryOnce(item: Item): Promise<Try>;
	/**
	 * What to answer a publisher who may not publish this, as far as is known.
	 * @throws {Unavailable} when a database is away
	 */
	refusalOf(item: Pick<Item, "node" | "publisher">): Promise<Answer | undefined>;
}

/** A push that was delivered. */
export interface Delivered {
	registration: Registration;
	/** From its publish to now; undefined: it had waited in the outbox, which does not keep when it came. */
	ms: number | undefined;
	/** What its push service took of that. */
	serviceMs: number;
}

export type OnDelivered = (delivered: Delivered) => void;

export interface AttemptDeps extends BarredDevicesDeps {
	registrations: Pick<Known, "find" | "findAtPrimary" | "rename" | "remove">;
	/** Who may publish to a registration whose owner is known: its domains, or everybody with its secret. */
	publishers: "own" | "any";
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	apps: readonly App[];
	gates: Gates;
	proven: Pick<Proven, "has">;
	ownTextDevices: Pick<OwnTextDevices, "isCommon">;
	writes: Pick<OutboxWrites, "discard" | "drop">;
	act(outcome: Outcome, sent: Sent): Promise<Answer>;
	/** How many pushes of one app, or to one provider, may be on their way at once. */
	maxInFlight: number;
	sendDeadlineMs: number;
	onDelivered?: OnDelivered | undefined;
	now(): number;
	pause?(ms: number): Promise<void>;
}

export function createAttempts(deps: AttemptDeps): Attempts {
	const {
		registrations,
		publishers,
		services,
		gates,
		proven,
		ownTextDevices,
		writes,
		act,
		sendDeadlineMs,
		onDelivered,
		now,
	} = deps;
	const apps = new Map(deps.apps.map((app) => [app.name, app]));
	const { gateOf, queueOf } = createGateChoice(deps.maxInFlight);
	const unreached = createUnreached(now, deps.pause);
	const barredDevices = createBarredDevices(deps);
	const deadlines = createDeadlines(sendDeadlineMs);

	const look = (node: string) =>
		fromDatabase(async () => (await registrations.find(node)) ?? (await registrations.findAtPrimary(node)));

	/** Asks at its gate; `item.gate` names the queue to wait in. */
	function passage(item: Item, target: Target, service: PushService, device: Registration): Passage {
		const asking = { device, isProven: proven.has(device), isRetry: item.isRetry === true };
		const queue = queueOf(target, service, asking);
		const hasMoved = asking.isRetry && item.gate !== queue;
		item.gate = queue;
		// From where others wait too, who must not wait for a stranger's host: first it goes to a queue of its own.
		if (hasMoved && partyOfQueue(queue) !== undefined) {
			return { kind: "later", reason: "waits for its turn", at: now() };
		}
		return gates.enter(target.gate, target.limits, asking);
	}

	async function tryOnce(item: Item): Promise<Try> {
		const { node, notification } = item;
		const found = await look(node);
		// A push that was promised is owed to the device, whatever its node is now.
		const registration =
			found && found.node !== node && !item.isPromised && mayPublish(publishers, found, item.publisher)
				? await fromDatabase(() => registrations.rename(found, node))
				: found;
		if (!registration) {
			await writes.discard(item);
			return answered(unknown(NO_SUCH_REGISTRATION));
		}
		if (!mayPublish(publishers, registration, item.publisher)) {
			await writes.drop(item);
			return answered(unknown(NOT_THE_OWNERS));
		}
		const refusal = barredDevices.refusalOf(item, registration);
		// Almost always it is known, and nothing is waited for.
		const refused = refusal && (await refusal);
		if (refused) return answered(refused);
		item.publisher = undefined;
		const app = apps.get(registration.app);
		const service = services.get(registration.app);
		if (!app || !service) {
			item.gate = registration.app;
			const reason = `the app ${registration.app} is not configured`;
			return { kind: "later", reason, at: now() + NO_APP_MS };
		}
		if (ownTextDevices.isCommon(item, app, registration)) return { kind: "common" };
		if (isExpired(item, app, now())) {
			return answered({ kind: "refused", reason: "it expired before it could be sent" });
		}
		const leaves = applyPolicy(app, notification, registration);
		if (!isFor(registration, leaves.class, service)) {
			await writes.drop(item);
			return answered({ kind: "done", how: "skipped" });
		}
		const target = gateOf(service, registration);
		const passing = passage(item, target, service, registration);
		if (passing.kind === "later") return passing;
		const startedAt = now();
		const ttlSeconds = Math.max(0, Math.ceil((item.expiresAt - startedAt) / 1000));
		let outcome: Outcome = { kind: "retry", reason: "the service failed" };
		let isOfOthers = true;
		const deadline = deadlines.begin();
		try {
			outcome = await service.send({ registration, notification: leaves, ttlSeconds }, deadline.signal);
		} finally {
			deadline.end();
			isOfOthers = passing.leave(reportOf(outcome));
			item.onAnswered?.();
		}
		// Its place is free again, and what waits in the outbox answers nobody.
		const isUnreached = outcome.kind === "retry" && outcome.detail !== undefined;
		if (isUnreached && !item.isPromised) await unreached.tellLater(startedAt);
		const heardAt = now();
		const sent: Sent = { item, registration, startedAt, heardAt, gate: target.gate, isOfOthers };
		const answer = await act(outcome, sent);
		if (onDelivered && outcome.kind === "delivered") {
			const { receivedAt } = item;
			const ms = receivedAt === undefined ? undefined : now() - receivedAt;
			onDelivered({ registration, ms, serviceMs: heardAt - startedAt });
		}
		return answered(answer);
	}

	return {
		tryOnce,

		async refusalOf({ node, publisher }) {
			const registration = await look(node);
			const isAllowed = registration === undefined || mayPublish(publishers, registration, publisher);
			return isAllowed ? undefined : unknown(NOT_THE_OWNERS);
		},
	};
}

/** An app may have a shorter life for its pushes than all others. A call's is short anyway. */
function isExpired(item: Item, { ttlSeconds }: App, now: number): boolean {
	const { receivedAt, notification } = item;
	if (receivedAt !== undefined && ttlSeconds !== undefined && notification.class !== "voip") {
		item.expiresAt = receivedAt + ttlSeconds * 1000;
	}
	return item.expiresAt <= now;
}
