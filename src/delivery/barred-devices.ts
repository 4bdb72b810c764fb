/** Devices whose owner is barred: one that a process registered which did not know of the bar yet ends here. */
import { BARRED } from "../store/registrations/end.ts";
import type { Answer, Registration } from "../types.ts";
import type { OutboxWrites } from "./outbox/outbox-writes.ts";
import { fromDatabase, type Item, NO_SUCH_REGISTRATION, waitAnswer } from "./push-item.ts";
import type { Known } from "./push-modules.ts";

export interface BarredDevicesDeps {
	registrations: Pick<Known, "findAtPrimary" | "remove">;
	/** Whether the operator serves an owner no more; as in `Bars`. */
	isBarred(owner: string): boolean | Promise<boolean>;
	/** Asked before an owner's registration ends by a bar: it may have been lifted elsewhere. Missing: it was not. */
	isStillBarred?(owner: string): Promise<boolean>;
	writes: Pick<OutboxWrites, "discard">;
}

export interface BarredDevices {
	/** Almost always it is known, and nothing is waited for. @throws {Unavailable} when the database is away */
	isOne(registration: Registration): false | Promise<boolean>;
	/** It is gone before that is said of it. @throws {Unavailable} when the database is away */
	end(item: Item, registration: Registration): Promise<Answer>;
}

export function createBarredDevices({
	registrations,
	isBarred,
	isStillBarred,
	writes,
}: BarredDevicesDeps): BarredDevices {
	async function isSurely(owner: string, barred: true | Promise<boolean>): Promise<boolean> {
		return (await barred) && (await fromDatabase(async () => (await isStillBarred?.(owner)) ?? true));
	}

	return {
		isOne({ owner }) {
			const barred = isBarred(owner);
			return barred === false ? false : isSurely(owner, barred);
		},

		async end(item, { node }) {
			const isThere = await fromDatabase(
				async () => !(await registrations.remove(node, BARRED)) && (await registrations.findAtPrimary(node)),
			);
			if (isThere) return waitAnswer("its owner is barred, and it could not be ended");
			await writes.discard(item);
			return { kind: "unknown", reason: NO_SUCH_REGISTRATION };
		},
	};
}
