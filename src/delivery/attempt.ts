/** One try of one push: its registration, its gate, its push service, and what comes of it. */
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import type { Recent } from "../limits/recent.ts";
import { isOwnSlot } from "../store/local/outbox-slots.ts";
import { partyOfQueue, queueOfNew, queueOfParty } from "../store/local/queue-names.ts";
import type { Answer, App, Outcome, PushService, Registration } from "../types.ts";
import { domainOf } from "../xmpp/jid.ts";
import { applyPolicy, isFor, letsTextLeave } from "./app-policy.ts";
import type { GateLimits, Passage } from "./gates/gate.ts";
import type { Gates } from "./gates/gates.ts";
import { partyOf } from "./gates/party.ts";
import { reportOf } from "./gates/report.ts";
import type { Keeping } from "./outbox/outbox-writes.ts";
import type { Sent } from "./outcomes/outcomes.ts";
import type { Proven } from "./outcomes/proven-devices.ts";
import { fromDatabase, type Item } from "./push-item.ts";
import type { Known } from "./push-modules.ts";

/**
 * A host that a client chose and nobody answers for: few at once, and never a flood. It may be somebody's small
 * server, and somebody else's victim.
 */
const STRANGER: GateLimits = {
	inFlight: deliveryBounds.strangersInFlight.is,
	rate: deliveryBounds.strangersRate.is,
};

/** So many parties must have had faults at a host that a client chose: those of one may be its own doing. */
const PARTIES = deliveryBounds.faultyParties.is + 1;

/**
 * A failure to reach a host that a client chose is told after so long, ms, however soon it is known: a name that is not
 * there takes longer to look up than one that leads inside.
 */
const UNREACHED_MS = 5_000;
/** Of those at most so many wait at a time: what waits is in memory, and strangers' names cost nothing. */
const MOST_UNREACHED = deliveryBounds.unreached.is;

/** When to look again whether an app is configured, ms: a person has to do it. */
const NO_APP_MS = 60_000;

/** Why a publish is turned away: a node and its secret got into other hands. */
export const NOT_THE_OWNERS = "published by another domain than the owner's, or the room's";

/** What became of a try. */
export type Try =
	| { kind: "answered"; answer: Answer }
	/** Nothing was sent: its text does not leave, and a newer one may supersede it. */
	| { kind: "common" }
	/** Its gate did not let it through; `item.gate` names the queue to wait in. Nothing was written. */
	| Extract<Passage, { kind: "later" }>;

const unknown = (reason: string): Try => ({ kind: "answered", answer: { kind: "unknown", reason } });

export interface Sending {
	/**
	 * Tries a push once.
	 * @throws {Unavailable} when a database is away
	 */
	tryOnce(item: Item): Promise<Try>;
	/**
	 * Whether a push is its publisher's to make, as far as is known.
	 * @throws {Unavailable} when a database is away
	 */
	isAllowed(item: Pick<Item, "node" | "publisher">): Promise<boolean>;
}

export function createSending(deps: {
	registrations: Pick<Known, "find" | "findAtPrimary" | "rename">;
	/** Who may publish to a registration whose owner is known: its domains, or everybody with its secret. */
	publishers: "own" | "any";
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	apps: readonly App[];
	gates: Gates;
	proven: Pick<Proven, "has">;
	/** Which registrations the text of a message leaves for. */
	leaving: Pick<Recent<boolean>, "get" | "set">;
	keeping: Keeping;
	act(outcome: Outcome, sent: Sent): Promise<Answer>;
	maxInFlight: number;
	sendDeadlineMs: number;
	now(): number;
	pause?(ms: number): Promise<void>;
}): Sending {
	const { registrations, services, gates, proven, leaving, keeping, act, maxInFlight, sendDeadlineMs, now } =
		deps;
	const pause = deps.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
	/** Pushes whose failure is told later. */
	let unreached = 0;
	const apps = new Map(deps.apps.map((app) => [app.name, app]));
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

	/**
	 * A node and its secret that got into other hands are of no use there, where the owner's own server is known. Of a
	 * room's messages the room's service tells, which has a domain of its own.
	 */
	function mayPublish({ owner, muc }: Registration, publisher: string | undefined): boolean {
		if (deps.publishers === "any" || publisher === undefined || owner === "") return true;
		return domainOf(owner) === publisher || (muc !== undefined && domainOf(muc) === publisher);
	}

	/** The outbox's queue of a push: strangers' devices have others than those which were delivered to. */
	function queueOf(
		gate: string,
		limits: GateLimits,
		service: PushService,
		registration: Registration,
		isProven: boolean,
	): string {
		if (isProven && limits !== stranger) return gate;
		const isOneOfFew = limits === ofApp || (limits === provider && service.isNamed?.(registration));
		return isOneOfFew ? queueOfNew(gate) : queueOfParty(gate, partyOf(registration));
	}

	/** An app's own gate, or that of the origin which a client's URL leads to. */
	function gateOf(service: PushService, registration: Registration): { gate: string; limits: GateLimits } {
		const target = service.originOf?.(registration);
		if (!target) return { gate: registration.app, limits: ofApp };
		const gate = `${registration.app} ${target.origin}`;
		return { gate, limits: target.isProvider ? provider : stranger };
	}

	const look = (node: string) =>
		fromDatabase(async () => (await registrations.find(node)) ?? (await registrations.findAtPrimary(node)));

	async function tryOnce(item: Item): Promise<Try> {
		const { node, notification } = item;
		const found = await look(node);
		// A push that was promised is owed to the device, whatever its node is now.
		const registration =
			found && found.node !== node && !item.isPromised && mayPublish(found, item.publisher)
				? await fromDatabase(() => registrations.rename(found, node))
				: found;
		if (!registration) {
			await keeping.discard(item);
			return unknown("no such registration");
		}
		if (!mayPublish(registration, item.publisher)) {
			await keeping.drop(item);
			return unknown(NOT_THE_OWNERS);
		}
		delete item.publisher;
		const app = apps.get(registration.app);
		const service = services.get(registration.app);
		if (!app || !service) {
			item.gate = registration.app;
			const reason = `the app ${registration.app} is not configured`;
			return { kind: "later", reason, at: now() + NO_APP_MS };
		}
		if (isOwnSlot(item.slot) && notification.encrypted === undefined) {
			const isSaid = letsTextLeave(app, registration);
			leaving.set(node, isSaid);
			if (!isSaid && !item.isPromised) return { kind: "common" };
		} else if (leaving.get(node) === false && letsTextLeave(app, registration)) {
			// It registered again, with its keys: the next text is known to leave.
			leaving.set(node, true);
		}
		if (item.receivedAt !== undefined && app.ttlSeconds !== undefined && notification.class !== "voip") {
			item.expiresAt = item.receivedAt + app.ttlSeconds * 1000;
		}
		if (item.expiresAt <= now()) {
			return { kind: "answered", answer: { kind: "refused", reason: "it expired before it could be sent" } };
		}
		const leaves = applyPolicy(app, notification, registration);
		if (!isFor(registration, leaves.class, service)) {
			await keeping.drop(item);
			return { kind: "answered", answer: { kind: "done", how: "skipped" } };
		}
		const { gate, limits } = gateOf(service, registration);
		const isProven = proven.has(registration);
		const queue = queueOf(gate, limits, service, registration, isProven);
		const hasMoved = item.isPromised && item.gate !== queue;
		item.gate = queue;
		// From where others wait too, who must not wait for a stranger's host: first it goes to a queue of its own.
		if (hasMoved && partyOfQueue(queue) !== undefined) {
			return { kind: "later", reason: "waits for its turn", at: now() };
		}
		const turn = gates.enter(gate, limits, { device: registration, isProven, isRetry: item.isPromised });
		if (turn.kind === "later") return turn;
		const startedAt = now();
		const ttlSeconds = Math.max(0, Math.ceil((item.expiresAt - startedAt) / 1000));
		let outcome: Outcome = { kind: "retry", reason: "the service failed" };
		let isOfOthers = true;
		// Not AbortSignal.timeout, which is kept until it fires: of ten thousand pushes a second that is a lot.
		const deadline = new AbortController();
		const timer = setTimeout(() => deadline.abort(), sendDeadlineMs);
		try {
			const push = { registration, notification: leaves, ttlSeconds };
			outcome = await service.send(push, deadline.signal);
		} finally {
			clearTimeout(timer);
			isOfOthers = turn.leave(reportOf(outcome));
		}
		const sent = { item, registration, startedAt, gate, isOfOthers };
		// Its place is free again, and what waits in the outbox answers nobody.
		const isUnreached = outcome.kind === "retry" && outcome.detail !== undefined;
		if (isUnreached && !item.isPromised && unreached < MOST_UNREACHED) {
			unreached++;
			await pause(Math.min(startedAt + UNREACHED_MS - now(), UNREACHED_MS));
			unreached--;
		}
		return { kind: "answered", answer: await act(outcome, sent) };
	}

	return {
		tryOnce,

		async isAllowed({ node, publisher }) {
			const registration = await look(node);
			return registration === undefined || mayPublish(registration, publisher);
		},
	};
}
