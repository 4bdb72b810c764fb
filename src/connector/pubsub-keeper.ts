/**
 * Looks after our nodes at a pubsub host: some are always ready for the next registration, lost ones are made again,
 * those of removed registrations are deleted, and what the host kept while we were away is fetched.
 *
 * The host answers the users' servers by itself, so an answer promises nothing of ours here (design: invariant 1).
 * An item is taken out of its node when it was delivered or is on our disk: what is left is what we owe.
 */

import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import { about } from "../messages/about.ts";
import { faultOf } from "../store/database-fault.ts";
import type { PubsubNode, PubsubNodes } from "../store/pubsub-nodes.ts";
import type { Answer, Notification } from "../types.ts";
import { domainOf } from "../xmpp/jid.ts";
import {
	affiliate,
	askForItems,
	askForSubscriptions,
	closeNode,
	createNode,
	deleteNode,
	type Item,
	keptItems,
	publishedItems,
	retract,
	subscribe,
	subscribedNodes,
} from "../xmpp/pubsub-requests.ts";
import { RequestFailed, type Requests } from "../xmpp/requests.ts";

/** Nodes kept ready: an edge makes registrations while nobody makes nodes. */
const READY = 50;
/** How often to look whether nodes were claimed or left, ms. */
const LOOK_EVERY_MS = 5_000;
/** A registration is written a moment after its node is claimed, ms. */
const CLAIM_MS = 30_000;
/** Requests on their way to the host at once. */
const AT_ONCE = 8;
/** Nodes that are asked for what they kept in one look: new ones must not wait until thousands were asked. */
const FETCHED = 400;

export interface PubsubHostDeps {
	/** The host's JID. */
	host: string;
	/** Our address: what is subscribed. */
	address: string;
	requests: Pick<Requests, "ask">;
	nodes: PubsubNodes;
	keyring: { createNode(): string; isOurs(node: string): boolean };
	push(node: string, notification: Notification): Promise<Answer>;
	log: Logger;
	now?: () => number;
	timing?: { lookEveryMs: number; claimMs: number };
}

export interface PubsubHost {
	/** Takes a message, if it is from the host. @returns undefined: it is not; otherwise resolves when it is handled */
	take(message: Element): Promise<void> | undefined;
	/**
	 * Lets only an owner's server and account publish to a node, and of a room its service and itself.
	 * @param muc the room's bare JID, if it is for a room's messages
	 * @throws {RequestFailed}
	 */
	restrict(node: string, owner: string, muc?: string): Promise<void>;
	/** The node's registration ended: it goes, now or when it can. */
	ended(node: string): void;
	/** The connection is there. @param isResumed nothing was missed */
	online(isResumed: boolean): void;
	/** Begins nothing more. */
	stop(): void;
}

export function startPubsubHost(deps: PubsubHostDeps): PubsubHost {
	const { host, address, requests, nodes, keyring, push, log, now = Date.now } = deps;
	const { lookEveryMs, claimMs } = deps.timing ?? { lookEveryMs: LOOK_EVERY_MS, claimMs: CLAIM_MS };
	let isStopped = false;
	let isOnline = false;
	/** The next look compares all nodes with the host's. */
	let isUnsure = true;
	/** It also asks for what the host kept in each. */
	let isBehind = true;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let isLooking = false;
	let complaint = "";
	/** Nodes that may have items which were not handled. */
	const owed = new Set<string>();

	const set = (payload: Element) => requests.ask("set", host, payload);

	/** Does something for each, a few at a time. */
	async function each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
		const left = [...all];
		const worker = async () => {
			for (let one = left.shift(); one !== undefined && !isStopped; one = left.shift()) await act(one);
		};
		const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
		for (const end of ends) if (end.status === "rejected") throw end.reason;
	}

	/** Makes a node, or finds it made, and subscribes. */
	async function make(node: string): Promise<void> {
		await set(createNode(node)).catch((error: unknown) => {
			if (!isRefusal(error, "conflict")) throw error;
		});
		await set(subscribe(node, address));
		await nodes.ready(node);
	}

	async function restrict(node: string, owner: string, muc?: string): Promise<void> {
		const jids = [owner, ...(muc === undefined ? [] : [muc])].flatMap((jid) => [domainOf(jid), jid]);
		// Not all hosts know `publish-only`, which XEP-0060 §4.1 leaves to them.
		await set(affiliate(node, "publish-only", jids)).catch(() => set(affiliate(node, "publisher", jids)));
		await set(closeNode(node));
	}

	async function remove(node: string): Promise<void> {
		await set(deleteNode(node)).catch((error: unknown) => {
			if (!isRefusal(error, "item-not-found")) throw error;
		});
		await nodes.remove(node);
	}

	/** Pushes an item, and takes it out of its node once it is safe. */
	async function handle({ node, id, notification }: Item): Promise<void> {
		// Whoever has a node there may have us subscribed to it (XEP-0060 §8.8.2), and chose its name.
		if (!keyring.isOurs(node)) return;
		const isThere = await nodes.has(host, node).catch((error: unknown) => {
			owed.add(node);
			throw error;
		});
		const answer = isThere ? await push(node, notification) : undefined;
		if (answer?.kind === "wait") owed.add(node);
		// A node whose registration is gone goes with all that is in it.
		else if (answer && answer.kind !== "unknown" && id !== undefined) await set(retract(node, id));
	}

	async function fetchKept(node: string): Promise<void> {
		if (!(await nodes.has(host, node))) return void owed.delete(node);
		const answer = await requests.ask("get", host, askForItems(node)).catch((error: unknown) => {
			if (!isRefusal(error, "item-not-found")) throw error;
			// The host lost it, with what it kept.
			isUnsure = true;
			return undefined;
		});
		owed.delete(node);
		for (const item of answer ? keptItems(answer) : []) await handle(item);
	}

	/** Compares what should be there with what is, makes what is missing, and fetches what was kept. */
	async function reconcile(): Promise<void> {
		const there = subscribedNodes(await requests.ask("get", host, askForSubscriptions()), address);
		const wanted = await nodes.ofHost(host);
		// Of one that is there but was not noted, nobody knows whether it was made to its end.
		const missing = wanted.filter(({ node, isReady }) => !there.has(node) || !isReady);
		await each(missing, async ({ node, owner, muc }: PubsubNode) => {
			await make(node);
			if (owner) await restrict(node, owner, muc);
		});
		const known = new Set(wanted.map(({ node }) => node));
		const strays = [...there].filter((node) => !known.has(node) && keyring.isOurs(node));
		await each(strays, (node) =>
			remove(node).catch((error: unknown) => {
				// Somebody else's, who called it so and had us subscribed.
				if (!isRefusal(error, "forbidden", "not-allowed")) throw error;
			}),
		);
		if (isBehind) for (const { node } of wanted) if (there.has(node)) owed.add(node);
		isBehind = false;
		if (missing.length > 0 || strays.length > 0) {
			log.info("{host}: {made} nodes were made, and {removed} that nobody needs were removed.", {
				host,
				made: missing.length,
				removed: strays.length,
			});
		}
	}

	async function look(): Promise<void> {
		if (isUnsure) {
			await reconcile();
			isUnsure = false;
		}
		await each(await nodes.left(host, now() - claimMs), remove);
		const lacking = Math.max(0, READY - (await nodes.countReady(host)));
		const more = Array.from({ length: lacking }, () => keyring.createNode());
		await each(more, async (node) => {
			// Noted first: a node that nobody knows of would be taken for a stray.
			await nodes.add(host, node);
			await make(node);
		});
		if (lacking > 0) log.debug("{host}: {count} nodes are ready.", { host, count: READY });
		await each([...owed].slice(0, FETCHED), fetchKept);
	}

	function lookAgain(afterMs: number) {
		clearTimeout(timer);
		if (isStopped || !isOnline) return;
		timer = setTimeout(async () => {
			// It looks again when it is through.
			if (isLooking) return;
			isLooking = true;
			await look().then(() => complain(""), failed);
			isLooking = false;
			lookAgain(lookEveryMs);
		}, afterMs);
	}

	function failed(error: unknown) {
		if (isStopped) return;
		// A node half made is missing at the next comparison.
		isUnsure = true;
		complain(error instanceof RequestFailed ? error.message : faultOf(error));
	}

	/** Once, not each few seconds. */
	function complain(reason: string) {
		if (reason !== "" && reason !== complaint) {
			log.error(
				"{host}: our nodes there cannot be looked after. It is tried again every few seconds. The reason: {reason}",
				about("pubsub-nodes-not-kept", { host, reason }),
			);
		}
		complaint = reason;
	}

	return {
		restrict,

		ended(node) {
			// What fails now is found by the next look.
			remove(node).catch(() => {});
		},

		take(message) {
			if (!message.is("message") || message.attrs.from !== host) return undefined;
			return Promise.all(publishedItems(message).map(handle)).then(
				() => {},
				(error: unknown) =>
					log.warn(
						"{host}: a publish stays in its node, and is looked at again later: {error}",
						about("pubsub-item-kept", { host, error: faultOf(error) }),
					),
			);
		},

		online(isResumed) {
			isOnline = true;
			if (!isResumed) isUnsure = isBehind = true;
			lookAgain(0);
		},

		stop() {
			isStopped = true;
			clearTimeout(timer);
		},
	};
}

const isRefusal = (error: unknown, ...conditions: readonly string[]) =>
	error instanceof RequestFailed && conditions.includes(error.condition);
