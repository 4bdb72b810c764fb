/** Compares our nodes with those of a pubsub host: makes what is missing there, and removes what nobody knows of. */
import type { Logger } from "@logtape/logtape";
import type { PubsubNode, PubsubNodes } from "../../store/pubsub-nodes.ts";
import { askForSubscriptions, subscribedNodes } from "../../xmpp/pubsub-requests.ts";
import type { Requests } from "../../xmpp/requests.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { type HostNodes, isRefusal } from "./host-nodes.ts";

export interface ComparisonDeps {
	/** The host's JID. */
	host: string;
	/** Our address: what is subscribed. */
	address: string;
	requests: Pick<Requests, "ask">;
	nodes: Pick<PubsubNodes, "ofHost">;
	/** Whether a node is called as ours are. */
	isOurs(node: string): boolean;
	atHost: HostNodes;
	/** Begins nothing more. */
	signal: AbortSignal;
	log: Pick<Logger, "info">;
}

/** @returns the nodes that were there already, and may have kept items */
export async function compareNodes(deps: ComparisonDeps): Promise<string[]> {
	const { host, address, requests, nodes, isOurs, atHost, signal, log } = deps;
	const there = subscribedNodes(await requests.ask("get", host, askForSubscriptions()), address);
	const wanted = await nodes.ofHost(host);
	// Of one that is there but was not noted, nobody knows whether it was made to its end.
	const missing = wanted.filter(({ node, isReady }) => !there.has(node) || !isReady);
	const make = async ({ node, owner, muc }: PubsubNode) => {
		await atHost.make(node);
		if (owner) await atHost.restrict(node, owner, muc);
	};
	await fewAtOnce(missing, make, signal);
	const known = new Set(wanted.map(({ node }) => node));
	const unknown = [...there].filter((node) => !known.has(node) && isOurs(node));
	const remove = (node: string) =>
		atHost.remove(node).catch((error: unknown) => {
			// Somebody else's, who called it so and had us subscribed.
			if (!isRefusal(error, "forbidden", "not-allowed")) throw error;
		});
	await fewAtOnce(unknown, remove, signal);
	if (missing.length > 0 || unknown.length > 0) {
		log.info("{host}: {made} nodes were made, and {removed} that nobody needs were removed.", {
			host,
			made: missing.length,
			removed: unknown.length,
		});
	}
	return wanted.flatMap(({ node }) => (there.has(node) ? [node] : []));
}
