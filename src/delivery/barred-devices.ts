/** Devices whose owner is barred: one that a process registered which did not know of the bar yet ends here. */
import { BARRED } from "../store/registrations/end.ts";
import type { Answer, Registration } from "../types.ts";
import type { OutboxWrites } from "./outbox/outbox-writes.ts";
import { fromDatabase, type Item, NO_SUCH_REGISTRATION, waitAnswer } from "./push-item.ts";
import { type Known, NOT_SERVED } from "./push-modules.ts";

export interface BarredDevicesDeps {
	registrations: Pick<Known, "findAtPrimary" | "remove">;
	/** Whether the operator serves somebody no more; as in `Bars`. */
	isBarred(who: string): boolean | Promise<boolean>;
	/** Asked before an owner's registration ends by a bar: it may have been lifted elsewhere. Missing: it was not. */
	isStillBarred?(who: string): Promise<boolean>;
	writes: Pick<OutboxWrites, "discard" | "drop">;
}

export interface BarredDevices {
	/**
	 * What to answer a publish for a device that is served no more. Almost always it is served, and nothing is waited for.
	 * @throws {Unavailable} when the database is away
	 */
	refusalOf(item: Item, registration: Registration): undefined | Promise<Answer | undefined>;
}

export function createBarredDevices({
	registrations,
	isBarred,
	isStillBarred,
	writes,
}: BarredDevicesDeps): BarredDevices {
	async function refuse(item: Item, { owner, node }: Registration, who: string): Promise<Answer | undefined> {
		const isSurely = async () => (await isStillBarred?.(who)) ?? true;
		if (!(await isBarred(who)) || !(await fromDatabase(isSurely))) return undefined;
		if (owner !== "") return end(item, node);
		// Its user may be with another server tomorrow.
		await writes.drop(item);
		return NOT_SERVED;
	}

	/** It is gone before that is said of it. */
	async function end(item: Item, node: string): Promise<Answer> {
		const isThere = await fromDatabase(
			async () => !(await registrations.remove(node, BARRED)) && (await registrations.findAtPrimary(node)),
		);
		if (isThere) return waitAnswer("its owner is barred, and it could not be ended");
		await writes.discard(item);
		return { kind: "unknown", reason: NO_SUCH_REGISTRATION };
	}

	return {
		refusalOf(item, registration) {
			// Of one that registered over HTTP nobody has a name: the domain that publishes is asked for.
			const who = registration.owner || (item.publisher ?? "");
			return isBarred(who) === false ? undefined : refuse(item, registration, who);
		},
	};
}
