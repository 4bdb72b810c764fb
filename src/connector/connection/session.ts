/** One session of a connection, from its opening to its end. */
import type { Logger } from "@logtape/logtape";
import type { Element } from "@xmpp/xml";
import { about } from "../../messages/about.ts";
import type { Others } from "../address/other-databases.ts";
import { startHeartbeat } from "../stream/heartbeat.ts";
import { StreamFailure, type StreamOptions, type XmppStream } from "../stream/stream.ts";
import type { StreamManagement } from "../stream/stream-management.ts";
import type { CurrentStream } from "./current-stream.ts";
import type { Incoming } from "./incoming.ts";
import type { ConnectionTiming } from "./timing.ts";

export interface SessionDeps {
	address: string;
	/** @throws {StreamFailure} */
	open(options: StreamOptions): Promise<XmppStream>;
	management: StreamManagement;
	current: CurrentStream;
	incoming: Pick<Incoming, "take">;
	/** Whether a stanza, by its own tag, answers a request of ours. */
	isAwaited(head: Element): boolean;
	others?: Others | undefined;
	/** A stream is open, and nothing that came by it was looked at. */
	onOpen?: (() => void) | undefined;
	/** The address is ours. */
	onOnline(stream: XmppStream): void;
	timing: Pick<ConnectionTiming, "deadline" | "silence" | "grace">;
	/** Ends it while it is being opened. */
	signal: AbortSignal;
	log: Pick<Logger, "warn">;
}

/** Why a session ended, or did not come about, and how long the address was ours, ms. */
export interface SessionEnd {
	failure: StreamFailure;
	lastedMs: number;
}

/** Connects, and stays until the connection is gone. */
export async function holdSession(deps: SessionDeps): Promise<SessionEnd> {
	const { address, management, current, incoming, others, timing, signal, log } = deps;
	const hadStream = management.state() !== undefined;
	/** When something arrived last, by a clock that only goes forward, ms. */
	let lastLife = 0;
	let stream: XmppStream;
	try {
		stream = await deps.open({
			management,
			onStanza: incoming.take,
			isAwaited: deps.isAwaited,
			others,
			onLife() {
				lastLife = performance.now();
			},
			onOpen(opened) {
				current.opened(opened);
				deps.onOpen?.();
			},
			deadlineMs: timing.deadline,
			signal,
		});
	} catch (error) {
		const failure = error instanceof StreamFailure ? error : new StreamFailure("other", String(error));
		return { failure, lastedMs: 0 };
	}
	if (hadStream && !stream.resumed) {
		log.warn(
			"{address}: the last stream could not be resumed, and what was published meanwhile is lost: the server was restarted, or did not keep it for so long. docs/xmpp-servers.md says which setting raises that.",
			about("stream-not-resumed", { address }),
		);
	}
	const onlineSince = performance.now();
	deps.onOnline(stream);
	const stopHeartbeat = startHeartbeat(stream, {
		silence: timing.silence,
		grace: timing.grace,
		lastLife: () => lastLife,
		onDead: (silence) =>
			log.warn(
				"{address}: the server has been silent for {seconds} s. The connection is given up, and a new one is made.",
				about("xmpp-server-silent", { address, seconds: Math.round(silence / 1000) }),
			),
	});
	const stopAsking = others?.ask(stream.probe);
	const failure = await stream.closed;
	stopHeartbeat();
	stopAsking?.();
	current.ended();
	if (failure.isStreamError) management.streamFailed();
	return { failure, lastedMs: performance.now() - onlineSince };
}
