/**
 * Enables and disables push at the servers of one's own users (XEP-0356): what any process of the database wrote down
 * is done here as soon as the user's server permits it, and tried until it is done, refused, or given up.
 */
import { enablingBounds } from "../../limits/bounds/enabling.ts";
import { about } from "../../messages/about.ts";
import { faultOf } from "../../store/database-fault.ts";
import type { OpenEnabling } from "../../store/enablings.ts";
import type { Enabling } from "../../types.ts";
import { pause } from "../pause.ts";
import { fewAtOnce } from "../pubsub/few-at-once.ts";
import { createLookLoop } from "../pubsub/look-loop.ts";
import { type AttemptDeps, type Backoff, createAttempts, type EnablingComponent } from "./attempts.ts";

export interface EnablerDeps extends Omit<AttemptDeps, "now"> {
	now?: () => number;
	timing?: Partial<typeof TIMING>;
}

const DAY_MS = 86_400_000;

/** All in ms. */
const TIMING = {
	/** How often to look for what other processes wrote down. */
	lookEvery: 5_000,
	/** How often to look for registrations that ended unnoticed. */
	compareEvery: 600_000,
	/** A registration is written a moment after what is to be enabled was. */
	grace: 30_000,
	/** What an answer to a device waits for. */
	answer: enablingBounds.answer.is * 1000,
	first: 10_000,
	longestWaiting: 3_600_000,
	longestEnding: 86_400_000,
} satisfies Backoff & Record<string, number>;

export interface Enabler {
	/** @param components those that ask; without them everything waits */
	start(components: readonly EnablingComponent[]): void;
	stop(): Promise<void>;
	/** Looks at once: something was written down. */
	look(): void;
	/** A domain gave its permission. */
	permitted(domain: string): void;
	/**
	 * Has one tried now, and waits a few seconds for it.
	 * @returns how it is then; undefined: there is none, or the server was told of the end
	 */
	attempt(node: string): Promise<Enabling | undefined>;
}

export function createEnabler(deps: EnablerDeps): Enabler {
	const { enablings, registrations, keyring, permissions, log, now = Date.now } = deps;
	const timing = { ...TIMING, ...deps.timing };
	const stopping = new AbortController();
	const { signal } = stopping;
	let components: readonly EnablingComponent[] = [];
	const patience = () => pause(timing.answer, signal);
	const attempt = createAttempts({ ...deps, now }, () => components, timing, patience);
	/** One at a time for each node: a disabling must not overtake an enabling. */
	const inHand = new Map<string, Promise<void>>();
	/** The domains whose servers are asked: one that does not answer holds up no other. */
	const asking = new Set<string>();
	let comparedAt = Number.NEGATIVE_INFINITY;
	/** The database could not be asked. */
	let isAway = false;

	function attemptOnce(node: string): Promise<void> {
		const its = inHand.get(node) ?? attempt(node).finally(() => inHand.delete(node));
		inHand.set(node, its);
		return its;
	}

	/** Registrations that ended where nobody heard of it: by age, or in a process that was killed. */
	async function compare(): Promise<void> {
		const before = now() - timing.grace;
		for (let after = "", more = true; more && !signal.aborted; ) {
			const some = await enablings.withoutRegistration(before, after, enablingBounds.look.is);
			for (const { node } of some) {
				// Under another key it may be there: then this node is what its server publishes to next.
				const isThere = await registrations.findAtPrimary(node);
				if (!isThere || keyring.underCurrentKey(node) !== node) await enablings.end([node]);
			}
			more = some.length === enablingBounds.look.is;
			after = some.at(-1)?.node ?? "";
		}
	}

	const lookedBy = (domains: readonly string[]) => ({
		domains,
		components: components.map(({ settings }) => settings.domain),
	});

	/** What no server permitted for too long is in no look: it ends all the same. */
	async function endOverdue(): Promise<void> {
		const before = (days: number) => now() - days * DAY_MS;
		const [waiting, ending] = [before(enablingBounds.waitingDays.is), before(enablingBounds.endingDays.is)];
		const by = lookedBy(permissions.given());
		const unlooked = await enablings.overdue({ waiting, ending }, by, enablingBounds.look.is);
		await fewAtOnce(unlooked, ({ node }) => attemptOnce(node), signal);
	}

	async function lookOnce(): Promise<void> {
		if (Math.abs(now() - comparedAt) >= timing.compareEvery) {
			await compare();
			await endOverdue();
			comparedAt = now();
		}
		const idle = permissions.given().filter((domain) => !asking.has(domain));
		const due = await enablings.due(lookedBy(idle), enablingBounds.look.is);
		if (due.length === 0 && asking.size === 0) isAway = false;
		for (const [domain, its] of Map.groupBy(due, (one) => one.domain)) void askAll(domain, its);
	}

	async function askAll(domain: string, due: readonly OpenEnabling[]): Promise<void> {
		asking.add(domain);
		try {
			await fewAtOnce(due, ({ node }) => attemptOnce(node), signal);
			isAway = false;
		} catch (error) {
			tellAway(error);
		}
		asking.delete(domain);
	}

	/** Once: it is asked again until the database is back. */
	function tellAway(error: unknown): void {
		if (!isAway)
			log.warn(
				"Push is not enabled for users at the moment, because the database {database} does not answer. It is asked again every few seconds: {error}",
				about("enabling-away", { error: faultOf(error) }),
			);
		isAway = true;
	}

	async function look(): Promise<void> {
		if (signal.aborted) return;
		try {
			await lookOnce();
		} catch (error) {
			tellAway(error);
		}
	}

	const loop = createLookLoop({ look, everyMs: timing.lookEvery });
	let hurrying = Promise.resolve();

	return {
		start(its) {
			components = its;
			loop.soon();
		},

		look: loop.soon,

		permitted(domain) {
			hurrying = hurrying
				.then(() => enablings.hurry(domain))
				// The times that are written down do it then.
				.catch(() => {})
				.then(loop.soon);
		},

		async attempt(node) {
			await Promise.race([attemptOnce(node), patience()]);
			return enablings.find(node);
		},

		async stop() {
			stopping.abort();
			loop.stop();
			await hurrying;
		},
	};
}
