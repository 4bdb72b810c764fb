/**
 * Stream management (XEP-0198) that outlives the process.
 *
 * A stanza counts as handled when it was answered, not when it arrived: what a crash leaves unanswered, the
 * server sends again to the next process. The handled count is on disk before the server hears of it, because
 * Prosody ends a session whose client comes back with a lower count than it acknowledged before.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import type { StreamState } from "../../store/local/streams.ts";
import { fits, mostBytesOf } from "../../xmpp/stanza-size.ts";

export const NS_SM = "urn:xmpp:sm:3";

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
/** Ask the server to acknowledge after this many stanzas of ours, to let go of them. */
const REQUEST_EVERY = 50;
/** Of ours that a server does not acknowledge so many are kept, to be sent again, … */
const MOST_KEPT = stanzaBounds.unacknowledged.is;
/** … and so much of them, bytes. */
const MOST_BYTES_KEPT = stanzaBounds.unacknowledgedBytes.is;
/**
 * So often a session is asked for in vain, in a row. One of ejabberd's may hang for minutes after a connection broke
 * while much was on its way, and publishes go into it meanwhile: a new one takes its place.
 */
const MOST_UNANSWERED = 3;
/** What of a sender and an id tells stanzas apart. */
const KEY_LENGTH = stanzaBounds.id.is;

export interface StreamManagementEffects {
	/** Writes to disk what the next process needs to resume; undefined: there is nothing to resume. */
	save(state: StreamState | undefined): Promise<void>;
	/** Sends an element, if there is a connection. */
	send(element: Element): void;
	onFault(error: unknown): void;
	/** Between two counts that are told, ms: {@link ACK_PAUSE_MS} if not given. */
	pauseMs?: number;
}

/** A session as the server began it. */
export type NewSession =
	/** It manages no streams. */
	| "unmanaged"
	/** Stanzas are counted, but nothing is kept for us when the connection is lost. */
	| "counted"
	/** Stanzas are counted, and the session can be resumed. */
	| { id: string; jid: string };

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

/** A stanza that arrived and that the server was not told to be handled. */
interface Arrived {
	key: string;
	handled: boolean;
}

/** One session of the server's: a resumption goes on with it, a bind begins another. */
interface Session {
	kind: NewSession;
	/** How many stanzas the server knows to be handled. */
	told: number;
	/** In order of arrival, from the first that the server does not know to be handled. */
	arrived: Arrived[];
	/** How many at the front of `arrived` are handled. */
	handled: number;
	/** Where nobody counts there is no order to keep: how many are in hand. */
	uncounted: number;
}

const keyOf = ({ name, attrs }: Element) =>
	`${name} ${String(attrs.from).slice(0, KEY_LENGTH)} ${String(attrs.id).slice(0, KEY_LENGTH)}`;

const newSession = (kind: NewSession, told = 0): Session => ({
	kind,
	told,
	arrived: [],
	handled: 0,
	uncounted: 0,
});

/** @param saved what an earlier process left behind */
export function createStreamManagement(
	saved: StreamState | undefined,
	{ save, send, onFault, pauseMs = ACK_PAUSE_MS }: StreamManagementEffects,
): StreamManagement {
	let session = newSession(saved ? { id: saved.id, jid: saved.jid } : "unmanaged", saved?.inbound);
	/** What the server still has to repeat after a resumption. */
	let repeats: Arrived[] = [];
	let acknowledging: Promise<void> | undefined;
	let asked = false;
	/** The server was told a count with `<resume/>`, and has not answered. */
	let resuming = false;
	/** How often in a row it had no answer in time. */
	let timesUnanswered = 0;
	/** The disk did not take the last count: it rests until the timer. */
	let faulty = false;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let timerAt = 0;
	let acknowledgedAt = Number.NEGATIVE_INFINITY;
	/** Ours that the server has not acknowledged, and how large each is, bytes. */
	const unacknowledged: Element[] = [];
	const sizes: number[] = [];
	let bytesKept = 0;
	/** So many of them, from the first, were sent when a stream ended with a stream error. */
	let suspected = 0;
	/** How many of ours the server has, or we let go of; undefined: an earlier process knew. */
	let outbound = saved ? undefined : 0;
	const whenAcknowledged: (() => void)[] = [];
	const whenAnswered: (() => void)[] = [];

	function markHandled(stanza: Arrived, its: Session) {
		stanza.handled = true;
		// An answer to a stanza of a session that is over counts for nothing in this one.
		if (its !== session) return;
		while (session.arrived[session.handled]?.handled) session.handled++;
		noteAnswered();
		scheduleAck();
	}

	const inHand = () => session.uncounted + session.arrived.length - session.handled;

	function noteAnswered() {
		if (inHand() === 0) for (const resolve of whenAnswered.splice(0)) resolve();
	}

	function answered(): Promise<void> {
		if (inHand() === 0) return Promise.resolve();
		return new Promise((resolve) => whenAnswered.push(resolve));
	}

	/** Lets go of the first of ours: they are not sent again. */
	function letGo(count: number) {
		const gone = unacknowledged.splice(0, Math.max(0, count)).length;
		for (const size of sizes.splice(0, gone)) bytesKept -= size;
		suspected = Math.max(0, suspected - gone);
		if (outbound !== undefined) outbound += gone;
	}

	/** What is to be sent again. */
	function repeatable(mostBytes: number): readonly Element[] {
		const kept = unacknowledged.filter((stanza, index) => fits(stanza, mostBytes, sizes[index]));
		if (kept.length < unacknowledged.length) {
			letGo(unacknowledged.length);
			for (const stanza of kept) keep(stanza, mostBytesOf(stanza));
		}
		return kept;
	}

	function keep(stanza: Element, bytes: number) {
		unacknowledged.push(stanza);
		sizes.push(bytes);
		bytesKept += bytes;
	}

	/** The server has `h` of ours. */
	function acknowledgedUpTo(h: number) {
		if (outbound !== undefined) letGo(h - outbound);
		outbound = h;
	}

	function scheduleAck() {
		if (faulty || (session.handled === 0 && !asked)) return;
		const isDue = session.handled === session.arrived.length || session.handled >= ACK_EVERY;
		const restMs = acknowledgedAt + pauseMs - performance.now();
		if (isDue && restMs <= 0) void acknowledge();
		else acknowledgeIn(isDue ? restMs : ACK_AFTER_MS);
	}

	function acknowledgeIn(ms: number) {
		const at = performance.now() + ms;
		if (timer !== undefined && timerAt <= at) return;
		clearTimeout(timer);
		timerAt = at;
		timer = setTimeout(() => void acknowledge(), ms);
	}

	/** Saves, then tells. One at a time: counts must reach the disk and the server in order. */
	function acknowledge(): Promise<void> {
		clearTimeout(timer);
		timer = undefined;
		faulty = false;
		acknowledgedAt = performance.now();
		acknowledging ??= saveAndTell(session).then((isSaved) => {
			acknowledging = undefined;
			faulty = !isSaved;
			if (faulty) {
				// In place of what stanzas that went on coming had asked for.
				clearTimeout(timer);
				timer = undefined;
				acknowledgeIn(FAULT_MS);
			} else if (!resuming) {
				// While resuming there is nobody to tell; and a new session may have been asked meanwhile.
				scheduleAck();
			}
		});
		return acknowledging;
	}

	const stateOf = ({ kind }: Session, inbound: number): StreamState | undefined =>
		typeof kind === "object" ? { ...kind, inbound } : undefined;

	/** @returns false if the count could not be saved */
	async function saveAndTell(its: Session): Promise<boolean> {
		if (its.kind === "unmanaged") {
			asked = false;
			return true;
		}
		const { handled } = its;
		const state = stateOf(its, its.told + handled);
		try {
			if (state && handled > 0) await save(state);
		} catch (error) {
			// What is not on disk is not told: the last count is true, if old.
			onFault(error);
			if (asked && its === session) tell(its);
			return false;
		}
		// Told with <resume/> meanwhile, the count stands still.
		if (its !== session || resuming) return true;
		its.told += handled;
		its.arrived.splice(0, handled);
		its.handled -= handled;
		tell(its);
		return true;
	}

	function tell({ told }: Session) {
		asked = false;
		send(xml("a", { xmlns: NS_SM, h: String(told) }));
	}

	return {
		state: () => stateOf(session, session.told),

		resumption() {
			const state = stateOf(session, session.told);
			resuming = state !== undefined;
			return timesUnanswered < MOST_UNANSWERED ? state : undefined;
		},

		unanswered() {
			timesUnanswered++;
		},

		counts: () => session.kind !== "unmanaged",

		inHand,

		answered,

		begin(next, mostBytes = Number.POSITIVE_INFINITY) {
			session = newSession(next);
			repeats = [];
			resuming = false;
			timesUnanswered = 0;
			asked = false;
			save(stateOf(session, 0)).catch(onFault);
			// What was in hand is the last session's.
			noteAnswered();
			const repeat = repeatable(mostBytes);
			if (next === "unmanaged") letGo(repeat.length);
			outbound = 0;
			return repeat;
		},

		resume(h, mostBytes = Number.POSITIVE_INFINITY) {
			resuming = false;
			timesUnanswered = 0;
			repeats = [...session.arrived];
			acknowledgedUpTo(h);
			scheduleAck();
			const repeat = repeatable(mostBytes);
			outbound = h;
			return repeat;
		},

		receive(stanza) {
			const its = session;
			if (its.kind === "unmanaged") {
				its.uncounted++;
				return () => {
					its.uncounted--;
					noteAnswered();
				};
			}
			const key = keyOf(stanza);
			const repeated = repeats.shift();
			if (repeated?.key === key) return undefined;
			repeats = [];
			const arrived: Arrived = { key, handled: false };
			its.arrived.push(arrived);
			return () => markHandled(arrived, its);
		},

		sent(stanza, bytes = mostBytesOf(stanza)) {
			if (session.kind === "unmanaged") return;
			keep(stanza, bytes);
			// A server that never acknowledges: what it has been sent so long ago it has, or will never have.
			while (unacknowledged.length > MOST_KEPT || bytesKept > MOST_BYTES_KEPT) {
				letGo(Math.ceil(unacknowledged.length / 10));
			}
			if (unacknowledged.length % REQUEST_EVERY === 0) send(xml("r", { xmlns: NS_SM }));
		},

		streamFailed() {
			letGo(suspected);
			suspected = unacknowledged.length;
		},

		acknowledged(h) {
			for (const resolve of whenAcknowledged.splice(0)) resolve();
			if (outbound !== undefined && h > outbound) acknowledgedUpTo(h);
		},

		requested() {
			asked = true;
			// The count on disk is true, if old.
			if (faulty) tell(session);
			else scheduleAck();
		},

		async acknowledgeAll() {
			await acknowledging;
			if (session.handled > 0) await acknowledge();
		},

		flushed() {
			send(xml("r", { xmlns: NS_SM }));
			return new Promise((resolve) => whenAcknowledged.push(resolve));
		},

		async passOver() {
			const its = session;
			if (typeof its.kind !== "object" || inHand() > 0) return false;
			await acknowledging;
			if (its.handled > 0) await acknowledge();
			// The disk did not take the count.
			if (its.arrived.length > 0) return false;
			try {
				await save(stateOf(its, its.told + 1));
			} catch (error) {
				onFault(error);
				return false;
			}
			its.told++;
			return true;
		},
	};
}
