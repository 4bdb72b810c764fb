/**
 * The accounts of a run: what was published, what was answered, what the push service took, and what was on disk
 * each time the process was killed. Times are those of `performance.now()`.
 */
import type { PushClass } from "../../../src/types.ts";
import type { ReceivedPush } from "./unsteady-fcm.ts";

export interface Device {
	readonly node: string;
	readonly secret: string;
	readonly jid: string;
	readonly token: string;
}

export interface Publish {
	/** Tells it from all others: later ones have more. */
	readonly count: number;
	readonly at: number;
	readonly device: Device;
	readonly class: PushClass;
}

/** What waited in the outbox. */
export interface Waiting {
	node: string;
	class: string;
	count: number;
	dueAt: number;
}

/** The end of a process by SIGKILL. */
export interface Kill {
	readonly at: number;
	/** The publishes that had been answered. */
	readonly answered: ReadonlySet<number>;
	readonly waiting: readonly Waiting[];
}

export interface Ledger {
	readonly publishes: readonly Publish[];
	/** By count: `result`, or the error's type and condition. */
	readonly answers: ReadonlyMap<number, string>;
	readonly pushes: readonly ReceivedPush[];
	readonly kills: readonly Kill[];
	readonly devices: readonly Device[];
	/** The nodes that are registered at the end. */
	readonly registered: ReadonlySet<string>;
	/**
	 * An XMPP server that keeps what was not acknowledged sends it again to the next process, answered or not: what was
	 * published so long before a kill, ms, may be pushed twice. Undefined: nothing is sent again.
	 */
	readonly resentMs?: number;
	/** An error that the XMPP server itself may have given, since nobody was there. */
	readonly isServers: (answer: string) => boolean;
}

/** For what a component does not know it says so as long as another Reveille may have its domain: after each start. */
const IN_DOUBT = "wait/internal-server-error";

export interface Totals {
	published: number;
	answered: number;
	/** Delivered before the last kill, and after. */
	before: number;
	after: number;
	/** Answered, and made up for by a later one. */
	superseded: number;
	/** On their way at a kill, or answered by nobody. */
	ambiguous: number;
	twice: number;
}

/** What is taken out of the outbox is written in groups of some milliseconds; a busy disk takes longer. */
const REMOVAL_MS = 1_000;

const laneOf = (node: string, pushClass: string) => `${node} ${pushClass}`;

/** @returns what does not add up, in sentences */
export function audit(ledger: Ledger): { totals: Totals; faults: string[] } {
	const { publishes, answers, pushes, kills, devices, registered } = ledger;
	const faults: string[] = [];
	const byCount = new Map(publishes.map((publish) => [publish.count, publish]));
	const laneOfCount = (count: number) => {
		const publish = byCount.get(count);
		return publish && laneOf(publish.device.node, publish.class);
	};

	const taken = pushes.filter(({ answered }) => answered?.status === 200);
	/** Devices that the push service said are gone, and since when. */
	const goneAt = new Map<string, number>();
	for (const { token, answered } of pushes) {
		if (answered?.status === 404 && !goneAt.has(token)) goneAt.set(token, answered.at);
	}

	/** @returns the newest of each lane among pushes that were taken */
	function newestOf(some: readonly ReceivedPush[]): Map<string, number> {
		const newest = new Map<string, number>();
		for (const { count } of some) {
			const lane = laneOfCount(count) ?? "";
			newest.set(lane, Math.max(newest.get(lane) ?? 0, count));
		}
		return newest;
	}

	for (const { count, token } of pushes) {
		if (byCount.get(count)?.device.token !== token)
			faults.push(`${count} came to a device that it is not for`);
	}

	/** What was answered is delivered, on disk, or made up for by a later one of its class that is. */
	function account(
		answered: Iterable<number>,
		made: Map<string, number>,
		gone: ReadonlySet<string>,
		when: string,
	) {
		for (const count of answered) {
			const publish = byCount.get(count);
			if (!publish || answers.get(count) !== "result" || gone.has(publish.device.token)) continue;
			const newest = made.get(laneOf(publish.device.node, publish.class)) ?? 0;
			if (newest >= count) continue;
			faults.push(
				`${count} (${publish.class}) was answered, and ${when} it is lost: the newest is ${newest}`,
			);
		}
	}

	for (const [index, { at, answered, waiting }] of kills.entries()) {
		const made = newestOf(taken.filter((push) => (push.answered?.at ?? 0) <= at));
		for (const { node, class: pushClass, count } of waiting) {
			const lane = laneOf(node, pushClass);
			made.set(lane, Math.max(made.get(lane) ?? 0, count));
		}
		const gone = new Set([...goneAt].filter(([, since]) => since <= at).map(([token]) => token));
		account(answered, made, gone, `at kill ${index + 1}`);
	}
	account(answers.keys(), newestOf(taken), new Set(goneAt.keys()), "at the end");

	for (const [count, answer] of answers) {
		const token = byCount.get(count)?.device.token ?? "";
		if (answer === "result" || ledger.isServers(answer)) continue;
		if (goneAt.has(token) && (answer === "cancel/item-not-found" || answer === IN_DOUBT)) continue;
		faults.push(`${count} was answered by ${answer}`);
	}

	for (const { node, token } of devices) {
		if (!registered.has(node) && !goneAt.has(token)) faults.push("a registration was lost");
	}

	const times = Map.groupBy(taken, ({ count }) => count);
	const repeated = [...times].filter(([, all]) => all.length > 1);
	for (const [count, all] of repeated) {
		for (const [index, again] of all.slice(1).entries()) {
			const first = all[index];
			const fault = first && unexplained(first, again);
			if (fault) faults.push(`${count} was delivered twice: ${fault}`);
		}
	}

	/** @returns why a kill does not excuse the second delivery */
	function unexplained(
		{ count, authorizedAt, answered }: ReceivedPush,
		again: ReceivedPush,
	): string | undefined {
		const isResent = (since: number) =>
			ledger.resentMs !== undefined && (byCount.get(count)?.at ?? 0) >= since - ledger.resentMs;
		if (kills.some((one) => one.at <= again.at && isResent(one.at))) return undefined;
		// By whose they are: what came right behind a kill was sent before it.
		const kill = kills.find((one) => one.at >= authorizedAt);
		if (!kill || kill.at > again.authorizedAt) return "no kill was between";
		const sinceMs = kill.at - (answered?.at ?? 0);
		// The answer was written to a process that was not there any more.
		if (sinceMs <= 0) return undefined;
		if (!kill.waiting.some((entry) => entry.count === count)) return "it was not on disk any more";
		return sinceMs <= REMOVAL_MS ? undefined : `it was on disk still, ${Math.round(sinceMs)} ms later`;
	}

	const lastKill = kills.at(-1)?.at ?? 0;
	const before = new Set(
		taken.flatMap(({ count, answered }) => ((answered?.at ?? 0) <= lastKill ? [count] : [])),
	);
	const results = [...answers].filter(([, answer]) => answer === "result");
	const isOpenAtKill = ({ at, answered }: ReceivedPush) =>
		kills.some((kill) => at <= kill.at && (answered === undefined || answered.at > kill.at));
	return {
		faults,
		totals: {
			published: publishes.length,
			answered: results.length,
			before: before.size,
			after: [...times.keys()].filter((count) => !before.has(count)).length,
			superseded: results.filter(([count]) => !times.has(count)).length,
			ambiguous: new Set(
				[...pushes.filter(isOpenAtKill), ...pushes.filter(({ answered }) => !answered)].map(
					({ count }) => count,
				),
			).size,
			twice: repeated.length,
		},
	};
}
