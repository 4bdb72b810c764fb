/**
 * Asks a device to take a push, and hears its answer. A server may keep the IQ for a client that lost its connection
 * (XEP-0198), and ejabberd gives an answer to any connector of the component: so an answer that nobody waits for here is
 * good too. Its id says which push it is about, and only the device was told it.
 */
import type { Element } from "@xmpp/xml";
import { unifiedPushBounds } from "../../limits/bounds/unified-push.ts";
import { createBuckets } from "../../limits/token-buckets.ts";
import { isSameText, type Keyring } from "../../secrets.ts";
import type { KeptMessage, UnifiedPushMessages } from "../../store/unified-push/messages.ts";
import type { Outcome, Registration } from "../../types.ts";
import { domainOf } from "../../xmpp/jid.ts";
import { instanceOf, outcomeOf, pushTo } from "../../xmpp/unified-push.ts";

const NO_ANSWER: Outcome = { kind: "retry", reason: "the device did not answer" };
const ELSEWHERE: Outcome = { kind: "retry", reason: "another connector heard more of the device" };
const BACK: Outcome = { kind: "retry", reason: "the device has a new session" };
const PREFIX = "up-";
const ELSEWHERE_MS = unifiedPushBounds.elsewhere.is;

export interface Asking {
	/**
	 * Sends a push, and waits for the device's answer. Never throws.
	 * @returns undefined: it waits no more, since another connector heard the answer, or a newer one took its place
	 */
	ask(message: Pick<KeptMessage, "id" | "body">, registration: Registration): Promise<Outcome | undefined>;
	/** A device has a new session: what was sent to its former one is not answered any more. */
	isBack(jid: string): void;
	/** An answer to a stanza of ours came. */
	take(answer: Element): void;
}

export interface AskingDeps {
	/** Sends a stanza from the address in it, if there is a connection. */
	send(stanza: Element): void;
	/** Hears of an answer that nobody waits for here. @param jid who gave it */
	late(id: number, jid: string, outcome: Outcome): Promise<void>;
	messages: Pick<UnifiedPushMessages, "stillClaimed">;
	/** In the leases. */
	claimant: string;
	keyring: Pick<Keyring, "conceal">;
	now(): number;
	deadlineMs?: number | undefined;
}

interface Asked {
	message: number;
	jid: string;
	at: number;
	answer(outcome: Outcome | undefined): void;
}

export function createAsking(deps: AskingDeps): Asking {
	const { send, late, keyring, now, deadlineMs = unifiedPushBounds.answerTime.is } = deps;
	const waiting = new Map<string, Asked>();
	const lateOnes = createBuckets(unifiedPushBounds.lateAnswers.is, now);
	const watch = createWatch(deps, waiting);
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
			const { promise, resolve } = Promise.withResolvers<Outcome | undefined>();
			const deadline = setTimeout(() => resolve(NO_ANSWER), deadlineMs);
			waiting.set(id, { message, jid, at: performance.now(), answer: resolve });
			watch();
			send(pushTo({ id, from, to: jid }, instanceOf(device), body));
			const outcome = await promise;
			clearTimeout(deadline);
			waiting.delete(id);
			return outcome;
		},

		isBack(jid) {
			for (const one of waiting.values()) if (one.jid === jid) one.answer(BACK);
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

/** @returns to be called for each that is asked: while any waits, the database is asked what other connectors heard */
function createWatch(
	{ messages, claimant }: Pick<AskingDeps, "messages" | "claimant">,
	waiting: ReadonlyMap<string, Asked>,
): () => void {
	let isWatching = false;

	/** Of those that have waited for a while. */
	async function look(): Promise<void> {
		const before = performance.now() - ELSEWHERE_MS;
		const slow = [...waiting.values()].filter(({ at }) => at <= before);
		if (slow.length === 0) return;
		const isClaimed = await messages.stillClaimed(
			slow.map(({ message }) => message),
			claimant,
		);
		for (const { message, answer } of slow) {
			const isOurs = isClaimed.get(message);
			// Whoever took its answer removed it, or put it off; whoever heard that the device is back hastened it.
			if (isOurs === undefined) answer(undefined);
			else if (!isOurs) answer(ELSEWHERE);
		}
	}

	function watch() {
		if (isWatching) return;
		isWatching = true;
		setTimeout(async () => {
			// Where the database is away, each waits for its deadline.
			await look().catch(() => {});
			isWatching = false;
			if (waiting.size > 0) watch();
		}, ELSEWHERE_MS);
	}
	return watch;
}
