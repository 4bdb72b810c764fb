/** The push that a person has sent to a device of his own, to see whether it arrives. */
import type { Answer, Notification } from "../types.ts";
import type { TestOutcome } from "../xmpp/commands/registrar.ts";
import { plainReason } from "./plain-reason.ts";

/** Takes the way of any message's push. */
export const TEST_PUSH: Notification = { class: "high", body: "Test" };

/** What a test of a UnifiedPush registration is answered: its app reads what its own server encrypts for it. */
export const NOT_TESTED: Answer = {
	kind: "refused",
	reason: "a UnifiedPush app gets what its own server sends, and can be tested from there alone",
};

/** What became of it, fit for whoever had it sent. */
export function testOutcome(answer: Answer): TestOutcome {
	switch (answer.kind) {
		case "done":
			return answer.how === "queued" && answer.reason !== undefined
				? { result: "queued", reason: plainReason(answer.reason) }
				: { result: answer.how };
		case "unknown":
			return { result: "gone" };
		case "refused":
			return { result: "refused", reason: plainReason(answer.reason) };
		case "wait":
			return { result: "not-now", reason: plainReason(answer.reason) };
	}
}
