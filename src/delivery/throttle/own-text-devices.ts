/** For which devices the text of a message leaves this server, as far as is known: only then is it one of its own. */
import { deliveryBounds } from "../../limits/bounds/delivery.ts";
import { createRecent } from "../../limits/recent-names.ts";
import { hasOwnText, isSealed } from "../../services/own-text.ts";
import { isOwnSlot } from "../../store/local/outbox-slots.ts";
import type { App, Registration } from "../../types.ts";
import { letsTextLeave } from "../app-policy.ts";
import type { Item } from "../push-item.ts";

export interface OwnTextDevices {
	/** Whether a push has a text of its own, as far as is known: that is found out again before it is sent. */
	mayHaveOwnText(item: Item): boolean;
	/**
	 * Whether the text of a push that was taken for one with its own does not leave. That is remembered for the next.
	 * What was promised is sent all the same.
	 */
	isCommon(item: Item, app: App, registration: Registration): boolean;
}

export function createOwnTextDevices(): OwnTextDevices {
	const leaving = createRecent<boolean>(deliveryBounds.ownTextDevices.is);

	return {
		mayHaveOwnText: ({ node, notification }) =>
			hasOwnText(notification) && (isSealed(notification) || leaving.get(node) !== false),

		isCommon({ node, notification, slot, isPromised }, app, registration) {
			if (isOwnSlot(slot) && !isSealed(notification)) {
				const isSaid = letsTextLeave(app, registration);
				leaving.set(node, isSaid);
				return !isSaid && !isPromised;
			}
			// It registered again, with its keys: the next text is known to leave.
			if (leaving.get(node) === false && letsTextLeave(app, registration)) leaving.set(node, true);
			return false;
		},
	};
}
