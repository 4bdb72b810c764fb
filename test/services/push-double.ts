/**
 * A double of a push service: a real socket that answers as told, well or badly, and keeps what it was sent.
 *
 * Written on plain TCP because half of what it must do, no HTTP server does: garbage, silence, a cut line.
 */
import { createServer, type Socket } from "node:net";

/** What was received. */
export interface Received {
	method: string;
	path: string;
	/** Lower-case names. */
	headers: Record<string, string>;
	body: Buffer;
}

/** How to answer. */
export type HttpAnswer =
	| { status: number; headers?: Record<string, string>; body?: string }
	/** Nothing, ever. */
	| "hang"
	/** The status, and then nothing, ever. */
	| { hangAfter: number }
	/** The line is cut. */
	| "cut"
	/** Not HTTP. */
	| "garbage"
	/** This status, and a body of `oversized` bytes. */
	| { status: number; oversized: number };

export interface PushDouble extends AsyncDisposable {
	/** `http://127.0.0.1:port` */
	readonly origin: string;
	/** Everything received, oldest first. */
	readonly received: Received[];
	/** Bytes of oversized bodies that went into the socket. */
	readonly oversizedSent: number;
	/** How many connections were made. */
	readonly connections: number;
	/** From now on; several answers are given in turn, and the last one again. */
	answer(...answers: [HttpAnswer, ...HttpAnswer[]]): void;
	/** Resolves when no connection is open. */
	idle(): Promise<void>;
}

/** Starts a double that says 201 until told otherwise. */
export async function startPushDouble(): Promise<PushDouble> {
	const received: Received[] = [];
	const open = new Set<Socket>();
	let answers: HttpAnswer[] = [{ status: 201 }];
	let oversizedSent = 0;
	let connections = 0;
	let closed = Promise.withResolvers<void>();

	const server = createServer((socket) => {
		open.add(socket);
		connections += 1;
		let pending = Buffer.alloc(0);
		socket.on("error", () => {});
		socket.on("close", () => {
			open.delete(socket);
			closed.resolve();
			closed = Promise.withResolvers();
		});
		socket.on("data", (chunk: Buffer) => {
			pending = Buffer.concat([pending, chunk]);
			for (let request = read(pending); request; request = read(pending)) {
				pending = pending.subarray(request.length);
				received.push(request.received);
				const answer = answers.length > 1 ? answers.shift() : answers[0];
				if (answer) respond(socket, answer);
			}
		});
	});

	function respond(socket: Socket, answer: HttpAnswer): void {
		if (answer === "hang") return;
		if (answer === "cut") socket.destroy();
		else if (answer === "garbage") socket.end("\0\x01\x02 this is not HTTP \xff\r\n\r\n");
		else if ("hangAfter" in answer) socket.write(head(answer.hangAfter, { "content-length": "100" }));
		else if ("oversized" in answer) flood(socket, answer);
		else {
			const body = answer.body ?? "";
			const length = String(Buffer.byteLength(body));
			socket.write(head(answer.status, { "content-length": length, ...answer.headers }) + body);
		}
	}

	function flood(socket: Socket, answer: { status: number; oversized: number }): void {
		socket.write(head(answer.status, { "content-length": String(answer.oversized) }));
		const piece = Buffer.alloc(16 * 1024, "x");
		let left = answer.oversized;
		const more = () => {
			while (left > 0 && !socket.destroyed) {
				left -= piece.length;
				oversizedSent += piece.length;
				if (!socket.write(piece)) return void socket.once("drain", more);
			}
		};
		more();
	}

	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	return {
		origin: `http://127.0.0.1:${address.port}`,
		received,
		get oversizedSent() {
			return oversizedSent;
		},
		get connections() {
			return connections;
		},
		answer(...next) {
			answers = [...next];
		},
		async idle() {
			while (open.size > 0) await closed.promise;
		},
		async [Symbol.asyncDispose]() {
			for (const socket of open) socket.destroy();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

function head(status: number, headers: Record<string, string>): string {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
	return `HTTP/1.1 ${status} Said\r\n${lines.join("")}\r\n`;
}

/** The first whole request of a buffer, and its length in bytes. */
function read(buffer: Buffer): { received: Received; length: number } | undefined {
	const end = buffer.indexOf("\r\n\r\n");
	if (end < 0) return undefined;
	const [first = "", ...lines] = buffer.subarray(0, end).toString("latin1").split("\r\n");
	const [method = "", path = ""] = first.split(" ");
	const headers = Object.fromEntries(
		lines.map((line) => {
			const colon = line.indexOf(":");
			return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
		}),
	);
	const length = end + 4 + Number(headers["content-length"] ?? 0);
	if (buffer.length < length) return undefined;
	return { received: { method, path, headers, body: Buffer.from(buffer.subarray(end + 4, length)) }, length };
}
