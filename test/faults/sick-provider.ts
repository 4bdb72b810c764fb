/**
 * A push service that is sick in one way, and well once it is told so: raw bytes on a socket, because most of what it
 * does no HTTP server would.
 */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Identity } from "../peers/apns-certificates.ts";
import { createFrameReader, FRAME, frame, HEADERS_200, SETTINGS } from "./http2-frames.ts";

/** A way to be sick. Either moment may pass in silence: then nothing comes, ever. */
export interface Sickness {
	/** As soon as somebody has connected. */
	onConnection?(socket: Socket): void;
	/** Once a request has come. @param stream the request's, of HTTP/2 */
	onRequest?(socket: Socket, stream: number): void;
}

export interface SickProvider {
	/** 127.0.0.1, or `localhost` over TLS. */
	readonly port: number;
	/** How many requests it took since it is well. */
	served(): number;
	/** Resolves when it took one since it is well. */
	readonly arrived: Promise<void>;
	/** How many connections were made while it was sick. */
	tried(): number;
	/** From now on all requests are served, whatever became of those before. */
	recover(): void;
	stop(): void;
}

/** How a request is served when all is well: the whole answer. @param path of the request */
export type Serve = (path: string) => string;

/** @param identity speak HTTP/2 over TLS with this certificate, in place of plain HTTP/1.1 */
export async function startSickProvider(
	sickness: Sickness,
	serve: Serve,
	identity?: Identity,
): Promise<SickProvider> {
	const open = new Set<Socket>();
	const arrived = Promise.withResolvers<void>();
	let isWell = false;
	let served = 0;
	let tried = 0;

	function take(socket: Socket) {
		open.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => open.delete(socket));
		if (!isWell) {
			tried++;
			sickness.onConnection?.(socket);
		}
		const onRequest = (stream: number, answer: () => void) => {
			if (!isWell) return sickness.onRequest?.(socket, stream);
			served++;
			answer();
			arrived.resolve();
		};
		if (identity) overHttp2(socket, onRequest);
		else overHttp1(socket, serve, onRequest);
	}

	const server = identity
		? createTlsServer({ ...identity, ALPNProtocols: ["h2"] }, take)
		: createServer({ noDelay: true }, take);
	server.on("tlsClientError", () => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	return {
		port,
		served: () => served,
		arrived: arrived.promise,
		tried: () => tried,
		recover() {
			isWell = true;
		},
		stop() {
			for (const socket of open) socket.destroy();
			server.close();
		},
	};
}

type OnRequest = (stream: number, answer: () => void) => void;

function overHttp1(socket: Socket, serve: Serve, onRequest: OnRequest) {
	let pending = Buffer.alloc(0);
	socket.on("data", (chunk: Buffer) => {
		pending = Buffer.concat([pending, chunk]);
		for (;;) {
			const end = pending.indexOf("\r\n\r\n");
			if (end < 0) return;
			const head = pending.toString("latin1", 0, end);
			const length = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
			if (pending.length < length) return;
			pending = pending.subarray(length);
			const path = head.split(" ")[1] ?? "";
			onRequest(0, () => socket.write(serve(path)));
		}
	});
}

function overHttp2(socket: Socket, onRequest: OnRequest) {
	const read = createFrameReader(({ type, flags, stream }) => {
		if (type === FRAME.settings && (flags & FRAME.ack) === 0)
			socket.write(frame(FRAME.settings, FRAME.ack, 0));
		const isEnd = (type === FRAME.headers || type === FRAME.data) && (flags & FRAME.endStream) !== 0;
		if (!isEnd) return;
		onRequest(stream, () =>
			socket.write(frame(FRAME.headers, FRAME.endStream | FRAME.endHeaders, stream, HEADERS_200)),
		);
	});
	let isGreeted = false;
	socket.on("data", (chunk: Buffer) => {
		if (!isGreeted) socket.write(SETTINGS);
		isGreeted = true;
		read(chunk);
	});
}

/** A whole answer of HTTP/1.1. */
export function answer(status: number | string, body = "", headers: Record<string, string> = {}): string {
	const all = { "Content-Length": String(Buffer.byteLength(body)), ...headers };
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
	return `HTTP/1.1 ${status} Said\r\n${lines.join("")}\r\n${body}`;
}
