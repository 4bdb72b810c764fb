/** When the server is told how many stanzas are handled (XEP-0198 §4): the disk has the count first. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { StreamState } from "../../store/local/streams.ts";
import { createEarliestTimer } from "./earliest-timer.ts";
import { type ManagedSession, NS_SM } from "./managed-session.ts";

/** Acknowledge after this many handled stanzas at the latest: Prosody keeps 500. */
const ACK_EVERY = 50;
/** Or after this long, ms, while others are still in hand. */
const ACK_AFTER_MS = 500;
/**
 * So long, ms, between two counts: each is written to disk first, and ejabberd asks after every few stanzas. Of two
 * thousand a second some forty are not told yet, and a server keeps hundreds.
 */
const ACK_PAUSE_MS = 20;
/** When to try again to save a count that the disk did not take. */
const FAULT_MS = 5_000;

export interface AcknowledgerDeps {
	/** Today's. */
	session(): ManagedSession;
	/** Writes to disk what the next process needs to resume; undefined: there is nothing to resume. */
	save(state: StreamState | undefined): Promise<void>;
	/** Sends an element, if there is a connection. */
	send(element: Element): void;
	/** The disk did not take a count. */
	onFault(error: unknown): void;
	/** Between two counts that are told, ms: {@link ACK_PAUSE_MS} if not given. */
	pauseMs?: number;
}

export interface Acknowledger {
	/** Stanzas were handled: the count is told now or soon. */
	schedule(): void;
	/** The server asks for the count. */
	requested(): void;
	/** Saves and tells what is handled by now. */
	flush(): Promise<void>;
	/** The server is told the count with `<resume/>`: it stands still until `resumed` or `begin`. */
	resuming(): void;
	resumed(): void;
	/** A new session began. */
	begin(): void;
}

export function createAcknowledger(deps: AcknowledgerDeps): Acknowledger {
	const { session, save, send, onFault, pauseMs = ACK_PAUSE_MS } = deps;
	let acknowledging: Promise<void> | undefined;
	let isAsked = false;
	let isResuming = false;
	/** The disk did not take the last count: it rests until the timer. */
	let isFaulty = false;
	let acknowledgedAt = Number.NEGATIVE_INFINITY;
	const timer = createEarliestTimer(() => void acknowledge());

	function schedule() {
		const untold = session().untold();
		if (isFaulty || (untold === 0 && !isAsked)) return;
		const isDue = untold === session().arrived().length || untold >= ACK_EVERY;
		const restMs = acknowledgedAt + pauseMs - performance.now();
		if (isDue && restMs <= 0) void acknowledge();
		else timer.within(isDue ? restMs : ACK_AFTER_MS);
	}

	/** One at a time: counts must reach the disk and the server in order. */
	function acknowledge(): Promise<void> {
		timer.stop();
		isFaulty = false;
		acknowledgedAt = performance.now();
		acknowledging ??= saveAndTell(session()).then((isSaved) => {
			acknowledging = undefined;
			isFaulty = !isSaved;
			if (isFaulty) {
				// In place of what stanzas that went on coming had asked for.
				timer.stop();
				timer.within(FAULT_MS);
			} else if (!isResuming) {
				// While resuming there is nobody to tell; and a new session may have been asked meanwhile.
				schedule();
			}
		});
		return acknowledging;
	}

	/** @returns false if the count could not be saved */
	async function saveAndTell(its: ManagedSession): Promise<boolean> {
		if (its.kind === "unmanaged") {
			isAsked = false;
			return true;
		}
		const handled = its.untold();
		const state = its.state(its.told() + handled);
		try {
			if (state && handled > 0) await save(state);
		} catch (error) {
			// What is not on disk is not told: the last count is true, if old.
			onFault(error);
			if (isAsked && its === session()) tell(its);
			return false;
		}
		// Told with <resume/> meanwhile, the count stands still.
		if (its !== session() || isResuming) return true;
		its.tell(handled);
		tell(its);
		return true;
	}

	function tell(its: ManagedSession) {
		isAsked = false;
		send(xml("a", { xmlns: NS_SM, h: String(its.told()) }));
	}

	return {
		schedule,

		requested() {
			isAsked = true;
			// The count on disk is true, if old.
			if (isFaulty) tell(session());
			else schedule();
		},

		async flush() {
			await acknowledging;
			if (session().untold() > 0) await acknowledge();
		},

		resuming() {
			isResuming = true;
		},

		resumed() {
			isResuming = false;
			schedule();
		},

		begin() {
			isResuming = false;
			isAsked = false;
		},
	};
}
