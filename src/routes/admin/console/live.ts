/**
 * Events as they happen, as server-sent events (HTML §9.2): few streams, each of which costs no more than its bound.
 * Whoever reads slowly is dropped, and nobody waits for anybody.
 */
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import type { Happened } from "../../../store/console/events.ts";
import type { EventView } from "../../../web/console/wire.ts";
import { eventView } from "./event-view.ts";
import { keyOf } from "./recent-events.ts";
import type { ConsoleSession } from "./sessions.ts";
import type { ConsoleJournal, ConsoleStore } from "./sources.ts";

const MOST = consoleHttpBounds.streams.is;
const MOST_OF_SESSION = consoleHttpBounds.streamsOfSession.is;
const PER_SECOND = consoleHttpBounds.eventsPerSecond.is;
const BACKLOG = consoleHttpBounds.streamBacklog.is;
const FROM_OTHERS = consoleHttpBounds.eventsFromOthers.is;
const SECOND_MS = 1000;
/** A proxy that hears nothing for half a minute or a minute cuts the connection. */
const COMMENT_MS = 25_000;
/** How often events of other processes are looked for, as long as somebody is told. */
const OTHERS_MS = 30_000;

export interface LiveStreams {
	/** @returns the body of an answer, or whose streams are too many */
	open(session: ConsoleSession): { body: ReadableStream<Uint8Array> } | { tooMany: "session" | "all" };
	/** Closes those of a session that was signed out. */
	end(sessionId: string): void;
	/** How many there are. */
	count(): number;
}

interface Stream {
	session: ConsoleSession;
	send(bytes: Uint8Array): void;
	close(): void;
}

export interface LiveOptions {
	listen: ConsoleJournal["listen"];
	/** Where other processes write what happens there. */
	events?: Pick<ConsoleStore["events"], "list">;
	now?: () => number;
	commentMs?: number;
	othersMs?: number;
}

export function createLiveStreams(options: LiveOptions): LiveStreams {
	const { listen, events, now = Date.now, commentMs = COMMENT_MS, othersMs = OTHERS_MS } = options;
	const streams = new Set<Stream>();
	let stop: (() => void) | undefined;

	function broadcast(text: string) {
		const bytes = new TextEncoder().encode(text);
		for (const stream of [...streams]) stream.send(bytes);
	}
	const pace = createPace(broadcast, now);
	const others = createOthers(events, pace.tell);

	/** All of this costs nothing while nobody looks. */
	function begin() {
		const stopListening = listen((happened) => {
			others.isOurs(happened);
			pace.tell(happened);
		});
		const comments = setInterval(() => {
			endOld();
			broadcast(": still here\n\n");
		}, commentMs);
		others.begin();
		const looks = setInterval(() => void others.look(), othersMs);
		return () => {
			stopListening();
			clearInterval(comments);
			clearInterval(looks);
			pace.stop();
		};
	}

	function endOld() {
		for (const stream of [...streams]) if (stream.session.endsAt <= now()) stream.close();
	}

	function leave(stream: Stream) {
		streams.delete(stream);
		if (streams.size > 0) return;
		stop?.();
		stop = undefined;
	}

	function bodyFor(session: ConsoleSession): ReadableStream<Uint8Array> {
		let stream: Stream;
		return new ReadableStream<Uint8Array>(
			{
				start(controller) {
					stream = {
						session,
						send(bytes) {
							if ((controller.desiredSize ?? 0) < bytes.length) stream.close();
							else controller.enqueue(bytes);
						},
						close() {
							if (!streams.has(stream)) return;
							leave(stream);
							controller.close();
						},
					};
					streams.add(stream);
					stop ??= begin();
					// The headers go out with it, and the page knows that it is connected.
					stream.send(new TextEncoder().encode("retry: 5000\n\n"));
				},
				cancel: () => leave(stream),
			},
			new ByteLengthQueuingStrategy({ highWaterMark: BACKLOG }),
		);
	}

	return {
		open(session) {
			endOld();
			const own = [...streams].filter((stream) => stream.session.id === session.id);
			if (own.length >= MOST_OF_SESSION) return { tooMany: "session" };
			if (streams.size >= MOST) return { tooMany: "all" };
			return { body: bodyFor(session) };
		},
		end(sessionId) {
			for (const stream of [...streams]) if (stream.session.id === sessionId) stream.close();
		},
		count: () => streams.size,
	};
}

/** Tells of so many events a second, and then of how many there were beside them. */
function createPace(broadcast: (text: string) => void, now: () => number) {
	let begunAt = Number.NEGATIVE_INFINITY;
	let told = 0;
	let left = 0;
	let id = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;

	function tellOfMore() {
		timer = undefined;
		broadcast(`event: more\ndata: ${left}\n\n`);
		left = 0;
	}

	return {
		tell(happened: Happened) {
			const at = now();
			if (Math.abs(at - begunAt) >= SECOND_MS) {
				begunAt = at;
				told = 0;
			}
			if (told >= PER_SECOND) {
				left++;
				timer ??= setTimeout(tellOfMore, SECOND_MS);
				return;
			}
			told++;
			const view: EventView = eventView({ ...happened, id: `live-${++id}` });
			// JSON has no line breaks of its own, which would end the field.
			broadcast(`event: happened\ndata: ${JSON.stringify(view)}\n\n`);
		},
		stop() {
			clearTimeout(timer);
			timer = undefined;
			left = 0;
		},
	};
}

/** Events that other processes wrote down. Ours are among them, and were told before. */
function createOthers(
	events: Pick<ConsoleStore["events"], "list"> | undefined,
	tell: (happened: Happened) => void,
) {
	/** The last of ours: as many as come between a few looks. */
	const ours = new Set<string>();
	let since: string | undefined;
	let isLooking = false;

	async function look() {
		if (!events || isLooking) return;
		isLooking = true;
		try {
			const isFirst = since === undefined;
			const found = await events.list({
				limit: isFirst ? 1 : FROM_OTHERS,
				...(since !== undefined && { since }),
			});
			since = found.events[0]?.id ?? since ?? "0";
			if (isFirst) return;
			for (const event of found.events.toReversed()) if (!ours.has(keyOf(event))) tell(event);
		} catch {
			// The database is away: the page hears of that elsewhere, and the next look may find it.
		} finally {
			isLooking = false;
		}
	}

	return {
		isOurs(happened: Happened) {
			ours.add(keyOf(happened));
			const [oldest] = ours;
			if (ours.size > MOST_OURS && oldest !== undefined) ours.delete(oldest);
		},
		begin() {
			since = undefined;
			void look();
		},
		look,
	};
}

const MOST_OURS = 5_000;
