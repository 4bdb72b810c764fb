/** What happened, as the page shows it. */

import type { Happened } from "../../../store/console/events.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { EventKind, EventView } from "../../../web/console/wire.ts";
import { figure } from "./sentences/words.ts";

/** A few words for each kind. */
const WHAT: Readonly<Record<EventKind, string>> = {
	failed: "Failed",
	refused: "Refused",
	ended: "Ended",
	gate: "Gate",
	"wrong-node": "Wrong node",
	"wrong-secret": "Wrong secret",
	"not-accepted": "Not accepted",
	action: "Operator",
};

/** `Ended`. */
export const whatOf = (kind: EventKind): string => WHAT[kind];

export const EVENT_KINDS = Object.keys(WHAT) as EventKind[];

/** What happened, kept or just now. */
export interface ShownEvent extends Happened {
	id: string;
}

export function eventView(event: ShownEvent): EventView {
	const { id, at, kind, owner, node, app, reason, decider, decidedBy, count = 1 } = event;
	return {
		id,
		at,
		kind,
		what: WHAT[kind],
		...present({ owner: owner || undefined, node, app }),
		reason: count > 1 ? `${reason} (${figure(count)} times)` : reason,
		decider,
		decidedBy,
	};
}
