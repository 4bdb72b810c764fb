/**
 * Where the nodes of new registrations come from. Where a pubsub host takes the publishes in, one that is there
 * already is claimed: the host answers for nodes that it has.
 */
import type { Keyring } from "../secrets.ts";
import type { PubsubNodes } from "../store/pubsub-nodes.ts";
import type { Registration } from "../types.ts";

/** Claimed faster than they are made, or the host does not answer: soon there are some again. */
export class NoNodeReady extends Error {
	override name = "NoNodeReady";
}

export interface NodeSource {
	/** Whether this address is a pubsub host's: publishes there carry no secret, its nodes are not to be guessed. */
	isPubsubHost(jid: string | undefined): boolean;
	/** Whether publishes to this node arrive by this address: a pubsub host knows its own nodes only. */
	isAt(jid: string, node: string): Promise<boolean>;
	/**
	 * @param jid the address that the owner's server will publish to
	 * @throws {NoNodeReady}
	 */
	create(jid: string | undefined): Promise<string>;
}

/**
 * The node that a device which renews is given: of the current key, so that the old one can be let go. A pubsub host
 * has the node that it was made, and takes no secret.
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
