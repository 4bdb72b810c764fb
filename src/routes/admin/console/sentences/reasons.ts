/**
 * What a failure means, and what to do. What a push service's answer means stands in its table of answers, and is part of
 * the reason already; what to do stands in the catalogue of messages. Neither is written here again.
 */
import { pushMessages } from "../../../../messages/pushes.ts";
import type { Fate } from "../../../../web/console/wire.ts";
import { plain } from "./words.ts";

const GONE =
	"The device's subscription has ended, and its registration with it. Nothing to do: its app registers again.";

/** What to do about pushes that came to this. */
export function cureOf(fate: Exclude<Fate, "delivered">): string {
	switch (fate) {
		case "gone":
			return GONE;
		case "setup":
			return plain(pushMessages["credentials-refused"].remedy);
		case "refused":
			return plain(pushMessages["pushes-refused"].remedy);
		case "later":
			return plain(pushMessages["pushes-failed"].remedy);
	}
}

/** Why a gate is shut, as a sentence says it: a reason may be missing, or end with a full stop of its own. */
export const because = (why: string | undefined): string =>
	why === undefined || why === ""
		? ""
		: ` Its last answer: ${why.replace(/\.$/, "")}${why.endsWith("?") ? "" : "."}`;

/** What to do about a gate that is shut. @param isOurs our credentials shut it, and nobody but us can open it */
export const cureOfGate = (isOurs: boolean): string =>
	plain(pushMessages[isOurs ? "credentials-refused" : "push-service-failing"].remedy);
