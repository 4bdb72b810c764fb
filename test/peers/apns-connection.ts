/**
 * One connection of a double of APNs: how many streams it takes, which it looked at, and how it ends.
 *
 * `node:http2` on Bun cannot reset a stream with a code of our choice, so such frames are written beside it.
 */
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";

/** RFC 9113 §7. */
const REFUSED_STREAM = 7;
/** After a GOAWAY or a reset, for the other side to read it, ms. */
const PARTING_MS = 20;

/** A client's connection. */
export interface Connection {
	/** Takes a stream in. @returns false when the stream is none of ours: refused, or above the last of a GOAWAY */
	take(stream: ServerHttp2Stream): boolean;
	/** The stream's request is looked at now. @returns false when it is too late for it */
	process(stream: ServerHttp2Stream): boolean;
	/** The stream is answered, or never will be. */
	done(stream: ServerHttp2Stream): void;
	/** Takes this many streams from now on. */
	allow(streams: number): void;
	/** Resets a stream before anything was done with it. */
	refuse(stream: ServerHttp2Stream): void;
	/** Takes no new streams, finishes those it looked at, then closes. @param error RFC 9113 §7; 0 is graceful */
	goAway(reason: string, error?: number): void;
	/** Bytes that are no HTTP/2. */
	writeGarbage(): void;
	/** Closes at once, whatever is on the way. */
	cut(): void;
	/** Streams refused since they were too many. */
	readonly excess: number;
	/** Streams above the last of a GOAWAY: never looked at. */
	readonly unprocessed: number;
	readonly open: boolean;
	readonly tls: TLSSocket | undefined;
}

/**
 * Wraps a session.
 * @param options.socket finds the session's TLS socket
 * @param options.idleMs without streams for this long, it goes away
 */
export function wrapSession(
	session: ServerHttp2Session,
	options: { socket: () => TLSSocket | undefined; streams: number; idleMs?: number | undefined },
): Connection {
	const open = new Set<number>();
	let allowed = options.streams;
	let highest = 0;
	let last: number | undefined;
	let excess = 0;
	let unprocessed = 0;
	let idle: ReturnType<typeof setTimeout> | undefined;

	const restIfIdle = () => {
		clearTimeout(idle);
		if (open.size > 0 || session.destroyed) return;
		if (last !== undefined) idle = setTimeout(connection.cut, PARTING_MS);
		else if (options.idleMs !== undefined)
			idle = setTimeout(() => connection.goAway("IdleTimeout"), options.idleMs);
	};
	session.on("error", () => {});
	session.on("close", () => clearTimeout(idle));

	const connection: Connection = {
		take(stream) {
			const id = stream.id ?? 0;
			if (last !== undefined && id > last) {
				unprocessed += 1;
				return false;
			}
			clearTimeout(idle);
			if (open.size < allowed) {
				open.add(id);
				return true;
			}
			excess += 1;
			connection.refuse(stream);
			return false;
		},
		process(stream) {
			const id = stream.id ?? 0;
			if (session.destroyed || (last !== undefined && id > last)) {
				unprocessed += 1;
				connection.done(stream);
				return false;
			}
			highest = Math.max(highest, id);
			return true;
		},
		done(stream) {
			open.delete(stream.id ?? 0);
			restIfIdle();
		},
		allow(streams) {
			if (streams === allowed || session.destroyed) return;
			allowed = streams;
			session.settings({ maxConcurrentStreams: streams });
		},
		refuse(stream) {
			// RFC 9113 §6.4: length 4, type 3, no flags, the stream, the code.
			const frame = Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, REFUSED_STREAM]);
			frame.writeUInt32BE(stream.id ?? 0, 5);
			options.socket()?.write(frame);
			// For node:http2 to forget it; what it sends then is of a closed stream, and ignored if it comes later.
			setTimeout(() => stream.close(), PARTING_MS);
			connection.done(stream);
		},
		goAway(reason, error = 0) {
			if (last !== undefined || session.destroyed) return;
			last = highest;
			session.goaway(error, last, Buffer.from(JSON.stringify({ reason })));
			restIfIdle();
		},
		writeGarbage() {
			options.socket()?.write("this is not HTTP/2 ".repeat(10));
		},
		cut() {
			options.socket()?.destroy();
		},
		get excess() {
			return excess;
		},
		get unprocessed() {
			return unprocessed;
		},
		get open() {
			return !session.destroyed && last === undefined;
		},
		get tls() {
			return options.socket();
		},
	};
	return connection;
}
