/**
 * How registrations leave an old key. A device that renews is given the twin of its node under the current key
 * (secrets.ts). The row keeps the old node, which goes on working, until the twin is first published to: then the
 * owner's server has it, and publishes to the old one are answered as those to a registration that ended. So nothing
 * is lost where the device did not get the answer.
 */
import { type Keyring, underKey } from "../../secrets.ts";
import type { Registrations } from "./registrations.ts";

type Following = Pick<Registrations, "find" | "findAtPrimary" | "renew" | "nameDevice" | "remove" | "rename">;

/**
 * @param ids of all keys that the registrations may have been made with, also of those that are not in the settings any
 *   more. Called only after the database has answered
 * @returns the registrations, found by any of their twins
 */
export function followKeys<Some extends Following>(
	registrations: Some,
	keyring: Pick<Keyring, "underCurrentKey">,
	ids: () => readonly string[],
): Some {
	const isCurrent = (node: string) => keyring.underCurrentKey(node) === node;

	/** Does something with a node, or with the first of its twins for which it gives a result. */
	async function following<T>(node: string, use: (node: string) => Promise<T>): Promise<T> {
		let result = await use(node);
		// Almost always it is found so, and has no need of twins.
		if (result) return result;
		for (const twin of twinsOf(node)) result ||= await use(twin);
		return result;
	}

	/** Tries all twins a second time: meanwhile the row may have got the node of one that was tried before. */
	async function followingSurely<T>(node: string, use: (node: string) => Promise<T>): Promise<T> {
		const result = await following(node, use);
		return result || twinsOf(node).size === 0 ? result : following(node, use);
	}

	function twinsOf(node: string): Set<string> {
		const twins = new Set(ids().map((id) => underKey(node, id)));
		twins.delete(node);
		return twins;
	}

	return {
		...registrations,
		find: (node) => following(node, registrations.find),
		findAtPrimary: (node) => followingSurely(node, registrations.findAtPrimary),
		renew: (node, ...device) => followingSurely(node, (twin) => registrations.renew(twin, ...device)),
		nameDevice: (node, name) => followingSurely(node, (twin) => registrations.nameDevice(twin, name)),
		remove: (node) => followingSurely(node, registrations.remove),

		async rename(registration, node) {
			// Where the primary is away, the next publish does it.
			if (isCurrent(node)) return registrations.rename(registration, node).catch(() => registration);
			return isCurrent(registration.node) ? undefined : registration;
		},
	};
}
