/** Tells of each registration that ends, whatever ended it. */
import { BARRED, type EndedBy } from "../store/registrations/end.ts";
import type { RegisterResult, Registrations } from "../store/registrations/registrations.ts";
import type { Registration } from "../types.ts";

type Ending = Pick<
	Registrations,
	| "remove"
	| "endOf"
	| "forget"
	| "expire"
	| "findAtPrimary"
	| "register"
	| "registerInBatch"
	| "renew"
	| "replaceNode"
>;

/** Where ends are told, for whoever tells the owners' servers: that one needs the registrations, and is made later. */
export interface Ends {
	/** Tells who listens; nobody does until then, and with ROLE=http nobody ever. */
	tell(registration: Registration, by: EndedBy): void;
	/** @param hear must not throw */
	listen(hear: (registration: Registration, by: EndedBy) => void): void;
}

const BY_OWNER: EndedBy = { decider: "owner", reason: "unregistered by its owner or its device" };
const BY_PROVIDER: EndedBy = { decider: "provider", reason: "its push service says that it is gone" };
const DISPLACED: EndedBy = {
	decider: "reveille",
	reason: "made room for another at its push service, which has as many as it may: it was never reached",
};
const EXPIRED: EndedBy = { decider: "reveille", reason: "its device did not renew the endpoint" };
const MOVED: EndedBy = { decider: "reveille", reason: "it got another node, at the pubsub host" };

export function createEnds(): Ends {
	const listeners: Parameters<Ends["listen"]>[0][] = [];
	return {
		tell(registration, by) {
			for (const hear of listeners) hear(registration, by);
		},
		listen: (hear) => void listeners.push(hear),
	};
}

/**
 * @param tell called with each registration that ended: at its owner's, a provider's or the operator's word, to make
 *   room for another (store/registrations/displace.ts), or because it got another node. Its server would go on publishing to the old
 *   one. Must not throw
 * @returns the registrations, with that
 */
export function announceEnds<Some extends Ending>(registrations: Some, tell: Ends["tell"]): Some {
	async function ending(node: string, by: EndedBy, end: () => Promise<boolean>): Promise<boolean> {
		const registration = await registrations.findAtPrimary(node);
		const isEnded = await end();
		if (isEnded && registration) tell(registration, by);
		return isEnded;
	}
	async function displacing<Result extends RegisterResult | undefined>(made: Promise<Result>) {
		const result = await made;
		if (result && "displaced" in result && result.displaced) tell(result.displaced, DISPLACED);
		return result;
	}
	return {
		...registrations,
		remove: (node, by = BY_OWNER) => ending(node, by, () => registrations.remove(node)),
		async endOf(who) {
			const ended = await registrations.endOf(who);
			for (const registration of ended) tell(registration, BARRED);
			return ended;
		},
		forget: (node, ...condition) => ending(node, BY_PROVIDER, () => registrations.forget(node, ...condition)),
		expire: (node, lifeMs) => ending(node, EXPIRED, () => registrations.expire(node, lifeMs)),
		async replaceNode(former, node) {
			await registrations.replaceNode(former, node);
			tell(former, MOVED);
		},
		register: (...given) => displacing(registrations.register(...given)),
		registerInBatch: (...given) => displacing(registrations.registerInBatch(...given)),
		renew: (...given) => displacing(registrations.renew(...given)),
	};
}
