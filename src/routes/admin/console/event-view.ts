/** What happened, as the page shows it. */

import { present } from "../../../syntax/present-fields.ts";
import type { EventKind, EventView } from "../../../web/console/wire.ts";
import type { KnownEvent } from "./sources.ts";

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

export const EVENT_KINDS = Object.keys(WHAT) as EventKind[];

export function eventView({
	id,
	at,
	kind,
	owner,
	node,
	app,
	reason,
	decider,
	decidedBy,
}: KnownEvent): EventView {
	return {
		id,
		at,
		kind,
		what: WHAT[kind],
		...present({ owner: owner || undefined, node, app }),
		reason,
		decider,
		decidedBy,
	};
}
