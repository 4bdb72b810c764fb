/** The log's line for a push that was delivered. */
import type { Logger } from "@logtape/logtape";
import { nodeForm, type OwnerForm } from "../messages/whom.ts";
import type { OnDelivered } from "./attempt.ts";

/** To be given to delivery at LOG_LEVEL=debug alone: without it a push costs nothing for its line. */
export const deliveredLines =
	(log: Pick<Logger, "debug">, ownerForm: OwnerForm): OnDelivered =>
	({ registration: { app, node, owner }, ms, serviceMs }) => {
		const whom = { app, node: nodeForm(node), owner: ownerForm(owner), serviceMs };
		if (ms === undefined)
			log.debug(
				"{app}: a push to {node} of {owner} was delivered from the outbox; its push service took {serviceMs} ms.",
				whom,
			);
		else
			log.debug(
				"{app}: a push to {node} of {owner} was delivered {ms} ms after its publish; its push service took {serviceMs} ms.",
				{ ...whom, ms },
			);
	};
