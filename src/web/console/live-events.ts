/** What happens, as it happens: server-sent events where the server has them, else by asking again. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { consolePageBounds } from "../../limits/bounds/console-page.ts";
import type { Console, Stream } from "./console.ts";
import { faultOf } from "./console-fault.ts";
import type { EventView, FindEvents, FoundEvents } from "./wire.ts";

/** ms between two questions, where there is no stream */
const POLL_MS = 15_000;
/** ms; beside a stream: what it left out is written down within a minute, as is what other processes see */
const CATCH_UP_MS = 60_000;
/** ms between two attempts to open a stream that the server has refused or ended: the first, and the longest. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 15_000;

/** `lost`: it is opened again, with what was missed meanwhile. */
export type LiveState = "connecting" | "live" | "polling" | "lost";

export interface LiveEvents {
	readonly state: ReadonlySignal<LiveState>;
	/** The newest first. */
	readonly events: ReadonlySignal<readonly EventView[]>;
	/** Those that came while it was paused. */
	readonly held: ReadonlySignal<readonly EventView[]>;
	readonly isPaused: ReadonlySignal<boolean>;
	/** How many the server left out the last time, since there were too many in a second. */
	readonly leftOut: ReadonlySignal<number>;
	pause(): void;
	/** Goes on, with what came meanwhile. */
	resume(): void;
	stop(): void;
}

/** The same for an event that was told live and for its row, which has another id. */
export const keyOf = ({ at, kind, node, owner, app, reason }: EventView) =>
	JSON.stringify([at, kind, node, owner, app, reason]);

/** Whether an event is one of those that are looked for. */
export function fits({ kind, text }: Pick<FindEvents, "kind" | "text">, event: EventView): boolean {
	if (kind !== undefined && event.kind !== kind) return false;
	if (text === undefined) return true;
	const wanted = text.toLowerCase();
	return [event.owner, event.node, event.app, event.reason].some((one) =>
		one?.toLowerCase().includes(wanted),
	);
}

/**
 * @param asked what is looked for
 * @param found what was there first
 */
export function followEvents(
	{ api, clock, openStream, isSeen }: Pick<Console, "api" | "clock" | "openStream" | "isSeen">,
	live: "stream" | "poll",
	asked: Pick<FindEvents, "kind" | "text">,
	found: FoundEvents,
): LiveEvents {
	const events = signal<readonly EventView[]>(found.events);
	const held = signal<readonly EventView[]>([]);
	const isPaused = signal(false);
	const leftOut = signal(0);
	const state = signal<LiveState>(live === "stream" ? "connecting" : "polling");
	const ended = new AbortController();
	let stream: Stream | undefined;

	/** @param came in any order */
	function take(came: readonly EventView[]): void {
		const known = new Set([...events.value, ...held.value].map(keyOf));
		const fresh = came.filter((event) => fits(asked, event) && !known.has(keyOf(event)));
		if (fresh.length === 0) return;
		const into = isPaused.value ? held : events;
		into.value = [...fresh, ...into.value].sort((a, b) => b.at - a.at).slice(0, consolePageBounds.events.is);
	}

	/** The newest that was in a list: ids of those that were told live are in none. */
	let newest = found.events[0]?.id;

	/** Asks for what was written down since. */
	async function catchUp(): Promise<void> {
		const { kind, text } = asked;
		const query: FindEvents = {};
		if (kind !== undefined) query.kind = kind;
		if (text !== undefined) query.text = text;
		if (newest !== undefined) query.since = newest;
		const since = await api.events(query);
		newest = since.events[0]?.id ?? newest;
		take(since.events);
	}

	async function poll(): Promise<void> {
		for (;;) {
			await clock.after(live === "poll" ? POLL_MS : CATCH_UP_MS, ended.signal);
			if (ended.signal.aborted) return;
			if (!isSeen()) continue;
			try {
				await catchUp();
				if (live === "poll") state.value = "polling";
			} catch {
				if (live === "poll") state.value = "lost";
			}
		}
	}

	let retryMs = FIRST_RETRY_MS;
	function open(): void {
		stream = openStream("events/live", {
			opened() {
				retryMs = FIRST_RETRY_MS;
				state.value = "live";
				// What happened between the list and the stream, or while that was away.
				void catchUp().catch(() => {});
			},
			event(name, data) {
				const told = parsed(data);
				if (name === "more") leftOut.value = typeof told === "number" ? told : 0;
				else if (isEvent(told)) take([told]);
			},
			failed(isOver) {
				if (ended.signal.aborted) return;
				state.value = "lost";
				// A browser comes again by itself, unless the server has said that there is nothing.
				if (isOver) void retry();
			},
		});
	}

	async function retry(): Promise<void> {
		stream?.close();
		await clock.after(retryMs, ended.signal);
		retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
		if (ended.signal.aborted) return;
		try {
			// Whether somebody is still signed in, which a stream does not tell.
			await catchUp();
			state.value = "polling";
		} catch (error) {
			if (faultOf(error).kind === "signed-out") return;
		}
		if (!ended.signal.aborted) open();
	}

	if (live === "stream") open();
	void poll();
	return {
		state,
		events,
		held,
		isPaused,
		leftOut,
		pause() {
			isPaused.value = true;
		},
		resume() {
			isPaused.value = false;
			const waited = held.value;
			held.value = [];
			take(waited);
		},
		stop() {
			ended.abort();
			stream?.close();
		},
	};
}

function parsed(data: string): unknown {
	try {
		return JSON.parse(data);
	} catch {
		return;
	}
}

const isEvent = (told: unknown): told is EventView =>
	told !== null && typeof told === "object" && "id" in told && "at" in told && "kind" in told;
