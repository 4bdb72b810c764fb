/** What the journal is told of publishes: how long their answers took, the last one of each, and those that knew nobody. */
import { registrableDomain } from "../../limits/registrable-domain.ts";
import type { Answer } from "../../types.ts";
import type { PublishRequest } from "../admission.ts";
import type { Journal } from "../journal.ts";
import { NOT_THE_OWNERS } from "../publishers.ts";
import { NO_SUCH_REGISTRATION } from "../push-item.ts";
import { NOT_SERVED } from "../push-modules.ts";

/** How much of a node is kept that shows no secret: it may be anything, at any length. */
const SHOWN_NODE = 64;

/**
 * @param node the one that it was admitted to; undefined: it was not
 * @param ms from the publish to its answer
 */
export type PublishNotes = (
	request: PublishRequest,
	node: string | undefined,
	answer: Answer,
	times: { at: number; ms: number },
) => void;

export function createPublishNotes(journal: Pick<Journal, "answered" | "published" | "note">): PublishNotes {
	/** Anybody may send any number of these: each is a stranger's. */
	function noteUnknown(
		{ node, secret, pushModule, publisher = "" }: PublishRequest,
		reason: string,
		isAdmitted: boolean,
	) {
		// Without a secret beside it, what is behind a dot is one.
		const [plain = ""] = secret === undefined ? node.split(".", 1) : [node];
		journal.note({
			kind: isAdmitted ? "wrong-node" : "wrong-secret",
			// A device's token is none.
			...(pushModule === undefined && { node: plain.slice(0, SHOWN_NODE) }),
			reason,
			decider: "server",
			decidedBy: publisher,
			isStrangers: true,
			by: publisher && registrableDomain(publisher),
		});
	}

	return (request, node, answer, { at, ms }) => {
		journal.answered(ms);
		// One that never registered has its address or its token for a node, and knows no secret.
		if (answer.kind === "unknown" && request.push2 === undefined) {
			const { reason } = answer;
			// That a device is gone was noted where it was acted on.
			const isOfNode = [NO_SUCH_REGISTRATION, NOT_THE_OWNERS, NOT_SERVED.reason].includes(reason);
			if (node === undefined || isOfNode) return noteUnknown(request, reason, node !== undefined);
		}
		if (node !== undefined) journal.published({ node, class: request.notification.class, at, answer, ms });
	};
}
