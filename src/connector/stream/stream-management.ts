/**
 * Stream management (XEP-0198) that outlives the process.
 *
 * A stanza counts as handled when it was answered, not when it arrived: what a crash leaves unanswered, the
 * server sends again to the next process. The handled count is on disk before the server hears of it, because
 * Prosody ends a session whose client comes back with a lower count than it acknowledged before.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { StreamState } from "../../store/local/streams.ts";
import { mostBytesOf } from "../../xmpp/stanza-size.ts";
import { type AcknowledgerDeps, createAcknowledger } from "./acknowledger.ts";
import { createArrivals } from "./arrivals.ts";
import { type NewSession, NS_SM } from "./managed-session.ts";
import { createUnacknowledged } from "./unacknowledged.ts";
import { createWaiters } from "./waiters.ts";

/** Ask the server to acknowledge after this many stanzas of ours, to let go of them. */
const REQUEST_EVERY = 50;
/**
 * So often a session is asked for in vain, in a row. One of ejabberd's may hang for minutes after a connection broke
 * while much was on its way, and publishes go into it meanwhile: a new one takes its place.
 */
const MOST_UNANSWERED = 3;

/** Saving to disk, sending, and what to call at a fault. */
export type StreamManagementEffects = Omit<AcknowledgerDeps, "session">;

export interface StreamManagement {
	/** The stream that could be resumed; undefined: there is none. */
	state(): StreamState | undefined;
	/**
	 * What to ask for a resumption with, now. The count in it stands still until `resume` or `begin`: the server
	 * repeats what came after it.
	 */
	resumption(): StreamState | undefined;
	/**
	 * The server said nothing to `<resume/>` in time. When it has done so {@link MOST_UNANSWERED} times in a row,
	 * `resumption` says that there is nothing to resume.
	 */
	unanswered(): void;
	/** Whether the server counts stanzas, and so answers `<r/>`. */
	counts(): boolean;
	/** How many stanzas arrived and were not answered yet. */
	inHand(): number;
	/** Resolves when all that arrived is answered. */
	answered(): Promise<void>;
	/**
	 * A new session begins: all counts start at zero.
	 * @param mostBytes of a stanza that the stream takes; larger ones are let go of
	 * @returns our stanzas that the last session did not acknowledge: to be sent again
	 */
	begin(next: NewSession, mostBytes?: number): readonly Element[];
	/**
	 * The server resumed the session, and will repeat what came after the count it was told.
	 * @param h how many of our stanzas it has handled
	 * @param mostBytes as of `begin`
	 * @returns ours that it has not: to be sent again
	 */
	resume(h: number, mostBytes?: number): readonly Element[];
	/**
	 * A stanza arrived.
	 * @returns what to call once it is handled; undefined: it is in hand already, the server repeats it
	 */
	receive(stanza: Element): (() => void) | undefined;
	/** A stanza of ours goes out, or waits for the next connection to. @param bytes the most that it takes */
	sent(stanza: Element, bytes?: number): void;
	/**
	 * The server ended the stream with a stream error. What it did not acknowledge may be the reason: it is sent once
	 * more, and not again if that stream ends so too.
	 */
	streamFailed(): void;
	/** The server said that it handled `h` of our stanzas. */
	acknowledged(h: number): void;
	/** The server asks how many we handled. */
	requested(): void;
	/** Writes and tells the handled count, before the connection is dropped. */
	acknowledgeAll(): Promise<void>;
	/** Resolves when the server says how much of ours it has: all that was sent before has reached it. */
	flushed(): Promise<void>;
	/**
	 * The stanza behind all that arrived cannot be received: it counts as handled, so that the server goes on behind it
	 * when the session is resumed. To be called while there is no connection, once all that arrived is answered.
	 * @returns false: something is not answered, there is no session to resume, or the count could not be saved
	 */
	passOver(): Promise<boolean>;
}

/** @param saved what an earlier process left behind */
export function createStreamManagement(
	saved: StreamState | undefined,
	effects: StreamManagementEffects,
): StreamManagement {
	const { save, send, onFault } = effects;
	const arrivals = createArrivals(saved);
	const { session } = arrivals;
	const acknowledger = createAcknowledger({ ...effects, session });
	const unacknowledged = createUnacknowledged(saved ? undefined : 0);
	const acknowledgement = createWaiters();
	/** How often in a row the server had no answer to `<resume/>` in time. */
	let timesUnanswered = 0;

	const state = () => session().state(session().told());

	return {
		state,

		resumption() {
			const resumed = state();
			if (resumed) acknowledger.resuming();
			return timesUnanswered < MOST_UNANSWERED ? resumed : undefined;
		},

		unanswered() {
			timesUnanswered++;
		},

		counts: () => session().kind !== "unmanaged",
		inHand: () => session().inHand(),
		answered: arrivals.answered,

		begin(next, mostBytes = Number.POSITIVE_INFINITY) {
			timesUnanswered = 0;
			acknowledger.begin();
			arrivals.begin(next);
			save(session().state(0)).catch(onFault);
			return unacknowledged.begin({ isCounted: next !== "unmanaged", mostBytes });
		},

		resume(h, mostBytes = Number.POSITIVE_INFINITY) {
			timesUnanswered = 0;
			arrivals.resume();
			acknowledger.resumed();
			return unacknowledged.resumed(h, mostBytes);
		},

		receive(stanza) {
			const its = session();
			const arrived = arrivals.arrive(stanza);
			if (!arrived) return undefined;
			return () => {
				if (arrivals.handled(arrived, its)) acknowledger.schedule();
			};
		},

		sent(stanza, bytes = mostBytesOf(stanza)) {
			if (session().kind === "unmanaged") return;
			unacknowledged.sent(stanza, bytes);
			if (unacknowledged.count() % REQUEST_EVERY === 0) send(xml("r", { xmlns: NS_SM }));
		},

		streamFailed: unacknowledged.streamFailed,

		acknowledged(h) {
			acknowledgement.wake();
			unacknowledged.acknowledged(h);
		},

		requested: acknowledger.requested,

		acknowledgeAll: acknowledger.flush,

		flushed() {
			send(xml("r", { xmlns: NS_SM }));
			return acknowledgement.wait();
		},

		async passOver() {
			const its = session();
			if (typeof its.kind !== "object" || its.inHand() > 0) return false;
			await acknowledger.flush();
			// The disk did not take the count.
			if (its.arrived().length > 0) return false;
			try {
				await save(its.state(its.told() + 1));
			} catch (error) {
				onFault(error);
				return false;
			}
			its.tellOfMissing();
			return true;
		},
	};
}
