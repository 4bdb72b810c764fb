/**
 * What is published to our nodes at a pubsub host. An item is taken out of its node when it was delivered or is on our
 * disk: what is left is what we owe.
 */
import type { PubsubNodes } from "../../store/pubsub-nodes.ts";
import type { Answer, Notification } from "../../types.ts";
import { askForItems, type Item, keptItems, retract } from "../../xmpp/pubsub-requests.ts";
import type { Requests } from "../../xmpp/requests.ts";
import { isRefusal } from "./host-nodes.ts";

export interface HostItems {
	/** Pushes an item, and takes it out of its node once it is safe. */
	handle(item: Item): Promise<void>;
	/** These nodes may have items that were not handled. */
	owe(nodes: Iterable<string>): void;
	/** Nodes that may have such items: no more than `most`. */
	owed(most: number): string[];
	/** Handles what a node kept. @returns false: the host lost the node, with what it kept */
	fetchKept(node: string): Promise<boolean>;
}

export interface HostItemsDeps {
	/** The host's JID. */
	host: string;
	requests: Pick<Requests, "ask">;
	nodes: Pick<PubsubNodes, "has">;
	/** Whether a node is called as ours are. */
	isOurs(node: string): boolean;
	push(node: string, notification: Notification): Promise<Answer>;
}

export function createHostItems({ host, requests, nodes, isOurs, push }: HostItemsDeps): HostItems {
	/** Nodes that may have items which were not handled. */
	const owed = new Set<string>();

	async function handle({ node, id, notification }: Item): Promise<void> {
		// Whoever has a node there may have us subscribed to it (XEP-0060 §8.8.2), and chose its name.
		if (!isOurs(node)) return;
		const isThere = await nodes.has(host, node).catch((error: unknown) => {
			owed.add(node);
			throw error;
		});
		const answer = isThere ? await push(node, notification) : undefined;
		if (answer?.kind === "wait") owed.add(node);
		// A node whose registration is gone goes with all that is in it.
		else if (answer && answer.kind !== "unknown" && id !== undefined) {
			await requests.ask("set", host, retract(node, id));
		}
	}

	return {
		handle,

		owe(those) {
			for (const node of those) owed.add(node);
		},

		owed: (most) => [...owed].slice(0, most),

		async fetchKept(node) {
			if (!(await nodes.has(host, node))) {
				owed.delete(node);
				return true;
			}
			const answer = await requests.ask("get", host, askForItems(node)).catch((error: unknown) => {
				if (!isRefusal(error, "item-not-found")) throw error;
				return undefined;
			});
			owed.delete(node);
			for (const item of answer ? keptItems(answer) : []) await handle(item);
			return answer !== undefined;
		},
	};
}
