/**
 * Where the nodes of new registrations come from. Where a pubsub host takes the publishes in, a registration claims a
 * node that was made there before: the host takes publishes to the nodes that it has.
 */
import type { Keyring } from "../secrets.ts";
import type { PubsubNodes } from "../store/pubsub-nodes.ts";
import type { Registration } from "../types.ts";

/** Nodes are claimed faster than they are made, or the host does not answer. Trying again later helps. */
export class NoNodeReady extends Error {
	override name = "NoNodeReady";
}

export interface NodeSource {
	/** Whether this address is a pubsub host's. Publishes there carry no secret: instead its nodes cannot be guessed. */
	isPubsubHost(jid: string | undefined): boolean;
	/** Whether publishes to this node arrive at this address: a pubsub host knows only its own nodes. */
	isAt(jid: string, node: string): Promise<boolean>;
	/**
	 * @param jid the address that the owner's server will publish to
	 * @throws {NoNodeReady}
	 */
	create(jid: string | undefined): Promise<string>;
}

/**
 * The node that a device is given when it renews: the one under the current key, so that the old key can be removed. A
 * node at a pubsub host stays as it is: no secret is derived from it.
 */
export function givenNode(
	{ node, jid }: Registration,
	{ keyring, nodes }: { keyring: Pick<Keyring, "underCurrentKey">; nodes: Pick<NodeSource, "isPubsubHost"> },
): string {
	return nodes.isPubsubHost(jid) ? node : keyring.underCurrentKey(node);
}

/** The node of a registration as its owner's client and server know it. */
export async function knownNode(
	{ node, jid, dialect }: Registration,
	{
		keyring,
		nodes,
	}: { keyring: Pick<Keyring, "openNode" | "usable">; nodes: Pick<NodeSource, "isPubsubHost"> },
): Promise<string> {
	return dialect === "tigase" && !nodes.isPubsubHost(jid) ? keyring.openNode(keyring.usable(node)) : node;
}

/** @param pubsubHosts those of our connections */
export function createNodeSource(
	keyring: Pick<Keyring, "createNode">,
	pubsubNodes: Pick<PubsubNodes, "claim" | "has">,
	pubsubHosts: readonly string[],
): NodeSource {
	const isPubsubHost = (jid: string | undefined): jid is string =>
		jid !== undefined && pubsubHosts.includes(jid);
	return {
		isPubsubHost,
		isAt: async (jid, node) => !isPubsubHost(jid) || (await pubsubNodes.has(jid, node)),
		async create(jid) {
			if (!isPubsubHost(jid)) return keyring.createNode();
			const node = await pubsubNodes.claim(jid);
			if (node === undefined) throw new NoNodeReady(`${jid} has no node ready: try again in a few seconds`);
			return node;
		},
	};
}
