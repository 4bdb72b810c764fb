/**
 * Asks a device to take a push, and hears its answer. A server may keep the IQ for a client that lost its connection
 * (XEP-0198), and ejabberd gives an answer to any connector of the component: so an answer that nobody waits for here is
 * good too. Its id says which push it is about, and only the device was told it.
 */
import type { Element } from "@xmpp/xml";
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { createBuckets } from "../../limits/token-buckets.ts";
import type { Keyring } from "../../secrets.ts";
import { isSameText } from "../../secrets.ts";
import type { KeptMessage } from "../../store/unified-push/messages.ts";
import type { Outcome, Registration } from "../../types.ts";
import { domainOf } from "../../xmpp/jid.ts";
import { instanceOf, outcomeOf, pushTo } from "../../xmpp/unified-push.ts";

const NO_ANSWER: Outcome = { kind: "retry", reason: "the device did not answer" };
const PREFIX = "up-";

export interface Asking {
	/** Sends a push, and waits for the device's answer. Never throws. */
	ask(message: Pick<KeptMessage, "id" | "body">, registration: Registration): Promise<Outcome>;
	/** An answer to a stanza of ours came. */
	take(answer: Element): void;
}

/**
 * @param deps.send sends a stanza from the address in it, if there is a connection
 * @param deps.late hears of an answer that nobody waits for here. @param jid who gave it
 */
export function createAsking({
	send,
	late,
	keyring,
	now,
	deadlineMs = unifiedPushBounds.answerTime.is,
}: {
	send(stanza: Element): void;
	late(id: number, jid: string, outcome: Outcome): Promise<void>;
	keyring: Pick<Keyring, "conceal">;
	now(): number;
	deadlineMs?: number | undefined;
}): Asking {
	const waiting = new Map<string, { jid: string; answer(outcome: Outcome): void }>();
	const lateOnes = createBuckets(unifiedPushBounds.lateAnswers.is, now);
	const idFor = async (id: number, jid: string) =>
		`${PREFIX}${id}-${await keyring.conceal(`unifiedpush ${id} ${jid}`)}`;

	async function takeLate(id: string, from: string, outcome: Outcome): Promise<void> {
		const message = Number(id.slice(PREFIX.length).split("-", 1)[0]);
		if (!Number.isSafeInteger(message) || !isSameText(id, await idFor(message, from))) return;
		// Anybody may register, and answer any number of times.
		if (lateOnes.take(domainOf(from)) === 0) await late(message, from, outcome);
	}

	return {
		async ask({ id: message, body }, { token: jid, jid: from = "", device }) {
			const id = await idFor(message, jid);
			const { promise, resolve } = Promise.withResolvers<Outcome>();
			const deadline = setTimeout(() => resolve(NO_ANSWER), deadlineMs);
			waiting.set(id, { jid, answer: resolve });
			send(pushTo({ id, from, to: jid }, instanceOf(device), body));
			const outcome = await promise;
			clearTimeout(deadline);
			waiting.delete(id);
			return outcome;
		},

		take(answer) {
			const { id, from } = answer.attrs;
			if (typeof id !== "string" || typeof from !== "string" || !id.startsWith(PREFIX)) return;
			const one = waiting.get(id);
			if (one?.jid === from) one.answer(outcomeOf(answer));
			// What the database says then is tried again later.
			else takeLate(id, from, outcomeOf(answer)).catch(() => {});
		},
	};
}
