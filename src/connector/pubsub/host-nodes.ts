/** Makes, closes and deletes our nodes at a pubsub host, and notes it. */
import type { Element } from "@xmpp/xml";
import type { PubsubNodes } from "../../store/pubsub-nodes.ts";
import { domainOf } from "../../xmpp/jid.ts";
import { affiliate, closeNode, createNode, deleteNode, subscribe } from "../../xmpp/pubsub-requests.ts";
import { RequestFailed, type Requests } from "../../xmpp/requests.ts";

export interface HostNodes {
	/** Makes a node, or finds it made, and subscribes. @throws {RequestFailed} */
	make(node: string): Promise<void>;
	/**
	 * Lets only an owner's server and account publish to a node, and of a room its service and itself.
	 * @param muc the room's bare JID, if it is for a room's messages
	 * @throws {RequestFailed}
	 */
	restrict(node: string, owner: string, muc?: string): Promise<void>;
	/** Deletes a node, or finds it deleted. @throws {RequestFailed} */
	remove(node: string): Promise<void>;
}

export interface HostNodesDeps {
	/** The host's JID. */
	host: string;
	/** Our address: what is subscribed. */
	address: string;
	requests: Pick<Requests, "ask">;
	nodes: Pick<PubsubNodes, "ready" | "remove">;
}

export function createHostNodes({ host, address, requests, nodes }: HostNodesDeps): HostNodes {
	const set = (payload: Element) => requests.ask("set", host, payload);

	return {
		async make(node) {
			await set(createNode(node)).catch((error: unknown) => {
				if (!isRefusal(error, "conflict")) throw error;
			});
			await set(subscribe(node, address));
			await nodes.ready(node);
		},

		async restrict(node, owner, muc) {
			const jids = [owner, ...(muc === undefined ? [] : [muc])].flatMap((jid) => [domainOf(jid), jid]);
			// Not all hosts know `publish-only`, which XEP-0060 §4.1 leaves to them.
			await set(affiliate(node, "publish-only", jids)).catch(() => set(affiliate(node, "publisher", jids)));
			await set(closeNode(node));
		},

		async remove(node) {
			await set(deleteNode(node)).catch((error: unknown) => {
				if (!isRefusal(error, "item-not-found")) throw error;
			});
			await nodes.remove(node);
		},
	};
}

/** Whether the host refused a request for one of these reasons. */
export const isRefusal = (error: unknown, ...conditions: readonly string[]) =>
	error instanceof RequestFailed && conditions.includes(error.condition);
