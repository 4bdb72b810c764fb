/**
 * What a failure means, and what to do. What a push service's answer means stands in its table of answers, and is part of
 * the reason already; what to do stands in the catalogue of messages. Neither is written here again.
 */
import { pushMessages } from "../../../../messages/pushes.ts";
import { type FailureReason, failureReasonOf } from "../../../../services/failure-reasons.ts";
import type { Fate } from "../../../../web/console/wire.ts";
import { plain } from "./words.ts";

const GONE =
	"The device's subscription has ended, and its registration with it. Nothing to do: its app registers again.";

/** What to do about a push that is refused for good: it concerns the device, the text or the app. */
const REFUSED: Partial<Record<FailureReason, string>> = {
	too_large:
		"It is not tried again, and the registration stays. Let this app say less: leave “body” out of its `include`.",
	not_allowed:
		"It is not tried again, and the registration stays. Open the app on the device once: it registers anew.",
	wrong_app:
		"It is not tried again, and the registration stays. The device registered with another key or app than this one has. Open the app on the device once: it registers anew.",
	bad_request:
		"It is not tried again, and the registration stays. If one device alone is concerned, its registration is damaged: end it, and open the app once. If all of an app are, look at the settings of that app.",
};

/** What ntfy's table of answers says of a topic (services/ntfy). */
const CLOSED_TOPIC = /topic is not open to everybody/;
const NEEDS_TOKEN =
	"It is not tried again, and the registration stays. An ntfy topic that is not open to everybody needs an access token.";

/**
 * What to do about pushes that came to this.
 * @param reason what the push service said
 */
export function cureOf(fate: Exclude<Fate, "delivered">, reason: string): string {
	switch (fate) {
		case "gone":
			return GONE;
		case "setup":
			return plain(pushMessages["credentials-refused"].remedy);
		case "refused":
			if (CLOSED_TOPIC.test(reason)) return NEEDS_TOKEN;
			return plain(
				REFUSED[failureReasonOf({ kind: "rejected", reason, about: "push" })] ??
					pushMessages["pushes-refused"].remedy,
			);
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
