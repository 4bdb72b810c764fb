/**
 * Looks after our nodes at a pubsub host: some are always ready for the next registration, lost ones are made again,
 * those of removed registrations are deleted, and what the host kept while we were away is fetched.
 *
 * The host answers the users' servers by itself, so an answer promises nothing of ours here (design: invariant 1).
 */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import { about } from "../messages/about.ts";
import { nodeForm } from "../messages/whom.ts";
import { faultOf } from "../store/database-fault.ts";
import type { PubsubNodes } from "../store/pubsub-nodes.ts";
import type { Answer, Notification } from "../types.ts";
import { type Item, publishedItems } from "../xmpp/pubsub-requests.ts";
import { RequestFailed, type Requests } from "../xmpp/requests.ts";
import { compareNodes } from "./pubsub/comparison.ts";
import { fewAtOnce } from "./pubsub/few-at-once.ts";
import { createHostItems } from "./pubsub/host-items.ts";
import { createHostNodes, type HostNodes } from "./pubsub/host-nodes.ts";
import { createLookLoop } from "./pubsub/look-loop.ts";

/** Nodes kept ready: an edge makes registrations while nobody makes nodes. */
const READY = 50;
/** How often to look whether nodes were claimed or left, ms. */
const LOOK_EVERY_MS = 5_000;
/** A registration is written a moment after its node is claimed, ms. */
const CLAIM_MS = 30_000;
/** Nodes that are asked for what they kept in one look: new ones must not wait until thousands were asked. */
const FETCHED = 400;

export interface PubsubKeeperDeps {
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

export interface PubsubKeeper extends Pick<HostNodes, "restrict"> {
	/** Takes a message, if it is from the host. @returns undefined: it is not; otherwise resolves when it is handled */
	take(message: Element): Promise<void> | undefined;
	/** The node's registration ended: it goes, now or when it can. */
	ended(node: string): void;
	/** The connection is there. @param isResumed nothing was missed */
	online(isResumed: boolean): void;
	/** Begins nothing more. */
	stop(): void;
}

/** Does nothing before the connection is there. */
export function createPubsubKeeper(deps: PubsubKeeperDeps): PubsubKeeper {
	const { host, address, requests, nodes, keyring, push, log, now = Date.now } = deps;
	const { isOurs } = keyring;
	const { lookEveryMs, claimMs } = deps.timing ?? { lookEveryMs: LOOK_EVERY_MS, claimMs: CLAIM_MS };
	const stopping = new AbortController();
	const { signal } = stopping;
	const atHost = createHostNodes({ host, address, requests, nodes });
	const items = createHostItems({ host, requests, nodes, isOurs, push });
	/** The next look compares all nodes with the host's. */
	let isUnsure = true;
	/** It also asks for what the host kept in each. */
	let isBehind = true;
	let complaint = "";

	async function look(): Promise<void> {
		if (isUnsure) await compare();
		await fewAtOnce(await nodes.left(host, now() - claimMs), atHost.remove, signal);
		await makeReady();
		await fewAtOnce(items.owed(FETCHED), fetchKept, signal);
	}

	async function compare(): Promise<void> {
		const there = await compareNodes({ host, address, requests, nodes, isOurs, atHost, signal, log });
		if (isBehind) items.owe(there);
		isBehind = false;
		isUnsure = false;
	}

	async function makeReady(): Promise<void> {
		const lacking = Math.max(0, READY - (await nodes.countReady(host)));
		const more = Array.from({ length: lacking }, () => keyring.createNode());
		const make = async (node: string) => {
			// Noted first: a node that nobody knows of would be removed.
			await nodes.add(host, node);
			await atHost.make(node);
		};
		await fewAtOnce(more, make, signal);
		if (lacking > 0) log.debug("{host}: {count} nodes are ready.", { host, count: READY });
	}

	async function fetchKept(node: string): Promise<void> {
		if (!(await items.fetchKept(node))) isUnsure = true;
	}

	function failed(error: unknown) {
		if (signal.aborted) return;
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

	const loop = createLookLoop({ look: () => look().then(() => complain(""), failed), everyMs: lookEveryMs });

	return {
		restrict: atHost.restrict,

		ended(node) {
			// What fails now is found by the next look.
			atHost.remove(node).catch(() => {});
		},

		take(message) {
			if (!message.is("message") || message.attrs.from !== host) return undefined;
			const handle = (item: Item) =>
				items
					.handle(item)
					.catch((error: unknown) =>
						log.warn(
							"{host}: a publish stays in its node, {node}, and is looked at again later: {error}",
							about("pubsub-item-kept", { host, node: nodeForm(item.node), error: faultOf(error) }),
						),
					);
			return Promise.all(publishedItems(message).map(handle)).then(() => {});
		},

		online(isResumed) {
			if (!isResumed) isUnsure = isBehind = true;
			loop.soon();
		},

		stop() {
			stopping.abort();
			loop.stop();
		},
	};
}
