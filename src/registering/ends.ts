/** Ends of registrations, whichever way they came: each is told to whoever should know. */
import type { Registrations } from "../store/registrations.ts";
import type { Registration } from "../types.ts";

type Ending = Pick<Registrations, "remove" | "forget" | "findAtPrimary">;

/**
 * @param tell is told of each registration that ended at its owner's or a provider's word. Must not throw
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
	return {
		...registrations,
		remove: (node) => ending(node, () => registrations.remove(node)),
		forget: (node, ...condition) => ending(node, () => registrations.forget(node, ...condition)),
	};
}
