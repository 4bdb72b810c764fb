/** Tells of each registration that ends, whatever ended it. */
import type { RegisterResult, Registrations } from "../store/registrations/registrations.ts";
import type { Registration } from "../types.ts";

type Ending = Pick<
	Registrations,
	"remove" | "forget" | "findAtPrimary" | "register" | "registerInBatch" | "renew" | "replaceNode"
>;

/** Where ends are told, for whoever tells the owners' servers: that one needs the registrations, and is made later. */
export interface Ends {
	/** Tells who listens; nobody does until then, and with ROLE=http nobody ever. */
	tell(registration: Registration): void;
	/** @param hear must not throw */
	listen(hear: (registration: Registration) => void): void;
}

export function createEnds(): Ends {
	const listeners: ((registration: Registration) => void)[] = [];
	return {
		tell(registration) {
			for (const hear of listeners) hear(registration);
		},
		listen: (hear) => void listeners.push(hear),
	};
}

/**
 * @param tell called with each registration that ended: at its owner's or a provider's word, to make room for another
 *   (store/registrations/displace.ts), or because it got another node. Its server would go on publishing to the old
 *   one. Must not throw
 * @returns the registrations, with that
 */
export function announceEnds<Some extends Ending>(
	registrations: Some,
	tell: (registration: Registration) => void,
): Some {
	async function ending(node: string, end: () => Promise<boolean>): Promise<boolean> {
		const registration = await registrations.findAtPrimary(node);
		const isEnded = await end();
		if (isEnded && registration) tell(registration);
		return isEnded;
	}
	async function displacing<Result extends RegisterResult | undefined>(made: Promise<Result>) {
		const result = await made;
		if (result && "displaced" in result && result.displaced) tell(result.displaced);
		return result;
	}
	return {
		...registrations,
		remove: (node) => ending(node, () => registrations.remove(node)),
		forget: (node, ...condition) => ending(node, () => registrations.forget(node, ...condition)),
		async replaceNode(former, node) {
			await registrations.replaceNode(former, node);
			tell(former);
		},
		register: (...given) => displacing(registrations.register(...given)),
		registerInBatch: (...given) => displacing(registrations.registerInBatch(...given)),
		renew: (...given) => displacing(registrations.renew(...given)),
	};
}
