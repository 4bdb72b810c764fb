/** An HTTP server on a raw socket that answers in every wrong way, and counts what is taken of it. */
import { gzipSync } from "node:zlib";
import type { Socket } from "bun";
import fc, { type Arbitrary } from "fast-check";

export interface OddAnswer {
	/** What it is made of, for a failure's message. */
	readonly name: string;
	/** The good text, in an answer that a client must take. */
	readonly isGood: boolean;
	/** The good text is there to be read as it is, so that a client may take it. */
	readonly isPlain: boolean;
	readonly head: string;
	readonly body: Uint8Array;
	/** Then more of the same comes without end. */
	readonly endless: Uint8Array | undefined;
	readonly end: "close" | "reset";
}

export interface OddServer {
	/** Some ways to answer. */
	readonly answers: Arbitrary<OddAnswer>;
	/** Answers one request so. @returns what asking came to, and how much of it was taken over one connection */
	serve(answer: OddAnswer, ask: (url: string) => Promise<boolean>): Promise<{ isIn: boolean; bytes: number }>;
	stop(): void;
}

const MEGABYTE = 2 ** 20;
/** The kernel keeps so much for both ends, at the most. */
export const KEPT_BYTES = 24 * MEGABYTE;

const bytesOf = (text: string) => new TextEncoder().encode(text);
/** What a hundred megabytes of blanks come to. */
const bomb = gzipSync(Buffer.alloc(100 * MEGABYTE, " "));

interface Part {
	name: string;
	isGood?: true;
	isPlain?: true;
}

/**
 * @param good what a client asks for
 * @param mostBytes how much a client may take; what comes without end comes to an end at twice of that
 */
export function startOddServer(good: string, mostBytes: number): OddServer {
	const heads: readonly (Part & { head(length: number): string })[] = [
		{
			name: "200",
			isGood: true,
			isPlain: true,
			head: (length) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n`,
		},
		{ name: "200 until its end", isPlain: true, head: () => "HTTP/1.1 200 OK\r\nConnection: close\r\n" },
		{
			name: "a length that is too long",
			isPlain: true,
			head: (length) => `HTTP/1.1 200 OK\r\nContent-Length: ${length + 10}\r\n`,
		},
		{ name: "a length that is none", head: () => "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n" },
		{
			name: "a length of exabytes",
			head: () => "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n",
		},
		{ name: "chunks that are none", head: () => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" },
		{
			name: "gzip that is none",
			isPlain: true,
			head: (length) => `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${length}\r\n`,
		},
		{
			name: "301 to a good one",
			head: (length) => `HTTP/1.1 301 Moved\r\nLocation: /good\r\nContent-Length: ${length}\r\n`,
		},
		{
			name: "307 to itself",
			head: (length) => `HTTP/1.1 307 Moved\r\nLocation: /\r\nContent-Length: ${length}\r\n`,
		},
		{ name: "404", head: (length) => `HTTP/1.1 404 Not Found\r\nContent-Length: ${length}\r\n` },
		{ name: "503", head: (length) => `HTTP/1.1 503 Unwell\r\nContent-Length: ${length}\r\n` },
		{
			name: "100 first",
			isPlain: true,
			head: (length) => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n`,
		},
		{ name: "101", head: () => "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n" },
		{ name: "a status that is none", head: (length) => `HTTP/1.1 999\r\nContent-Length: ${length}\r\n` },
		{
			name: "a thousand headers",
			isPlain: true,
			head: (length) => `HTTP/1.1 200 OK\r\n${"X-Y: z\r\n".repeat(1_000)}Content-Length: ${length}\r\n`,
		},
		{
			name: "a header of a megabyte",
			isPlain: true,
			head: (length) => `HTTP/1.1 200 OK\r\nX-Y: ${"z".repeat(MEGABYTE)}\r\nContent-Length: ${length}\r\n`,
		},
		{ name: "no HTTP", head: () => "220 mail.example ESMTP\r\n" },
	];
	const bodies: readonly (Part & { body: Uint8Array; endless?: Uint8Array })[] = [
		{ name: "the good text", isGood: true, isPlain: true, body: bytesOf(good) },
		{ name: "the good text in gzip", body: gzipSync(good) },
		{ name: "100 MB in gzip", body: bomb },
		{ name: "nothing", body: new Uint8Array() },
		{ name: "half of it", body: bytesOf(good.slice(0, good.length / 2)) },
		{ name: "blanks without end", isPlain: true, body: bytesOf(good), endless: bytesOf(" ".repeat(65_536)) },
		{ name: "keys without end", body: bytesOf('{"keys":['), endless: bytesOf('{"kty":"EC"},'.repeat(5_000)) },
		{ name: "brackets without end", body: bytesOf("["), endless: bytesOf("[".repeat(65_536)) },
		{ name: "chunks without end", body: bytesOf(""), endless: bytesOf(`ffff\r\n${" ".repeat(65_535)}\r\n`) },
		{ name: "a megabyte of depth", body: bytesOf(`{"keys":${"[".repeat(MEGABYTE)}`) },
		{ name: "bytes that are no text", body: new Uint8Array(5_000).fill(0xff) },
	];
	const answers = fc
		.tuple(
			fc.constantFrom(...heads),
			fc.constantFrom(...bodies),
			fc.constantFrom("close" as const, "reset" as const),
		)
		.map(
			([head, body, end]): OddAnswer => ({
				name: `${head.name}, ${body.name}, ${end}`,
				isGood: head.isGood === true && body.isGood === true && end === "close",
				isPlain: head.isPlain === true && body.isPlain === true,
				head: `${head.head(body.body.length)}\r\n`,
				body: body.body,
				endless: body.endless,
				end,
			}),
		);

	interface Link {
		left: Uint8Array | undefined;
		hasAnswered: boolean;
		bytes: number;
	}
	let now: OddAnswer | undefined;
	let most = 0;

	/** Writes as long as the other side takes it. */
	function pour(socket: Socket<Link>): void {
		while (now) {
			const piece = socket.data.left ?? now.endless;
			if (!piece || socket.data.bytes > 2 * mostBytes) {
				if (now.end === "reset") socket.terminate();
				else socket.end();
				return;
			}
			const taken = socket.write(piece);
			if (taken < 0) return;
			socket.data.bytes += taken;
			most = Math.max(most, socket.data.bytes);
			socket.data.left = taken < piece.length ? piece.subarray(taken) : undefined;
			if (socket.data.left) return;
		}
	}

	const listener = Bun.listen<Link>({
		hostname: "127.0.0.1",
		port: 0,
		socket: {
			open(socket) {
				socket.data = { left: undefined, hasAnswered: false, bytes: 0 };
			},
			data(socket, request) {
				if (socket.data.hasAnswered || !now) return;
				socket.data.hasAnswered = true;
				const isRedirected = request.toString().startsWith("GET /good");
				const head = isRedirected ? `HTTP/1.1 200 OK\r\nContent-Length: ${good.length}\r\n\r\n` : now.head;
				const body = isRedirected ? bytesOf(good) : now.body;
				socket.data.left = Buffer.concat([bytesOf(head), body]);
				pour(socket);
			},
			drain: pour,
			error() {},
		},
	});

	return {
		answers,
		async serve(answer, ask) {
			now = answer;
			most = 0;
			const isIn = await ask(`http://127.0.0.1:${listener.port}/`);
			return { isIn, bytes: most };
		},
		stop: () => listener.stop(true),
	};
}

/** Ways to take one's time: nothing, the head and nothing more, a byte after the other. */
export const SLOW = ["silence", "half an answer", "a byte at a time"] as const;

/** How long between two bytes, ms. */
const PACE_MS = 200;

/** @returns its URL, and how it ends */
export function startSlowServer(way: (typeof SLOW)[number], good: string): { url: string; stop(): void } {
	const timers = new Set<ReturnType<typeof setInterval>>();
	const head = `HTTP/1.1 200 OK\r\nContent-Length: ${good.length}\r\n\r\n`;
	const listener = Bun.listen({
		hostname: "127.0.0.1",
		port: 0,
		socket: {
			data(socket) {
				if (way === "half an answer") socket.write(head + good.slice(0, 10));
				if (way !== "a byte at a time") return;
				let sent = 0;
				timers.add(setInterval(() => socket.write((head + good).charAt(sent++)), PACE_MS));
			},
			error() {},
		},
	});
	return {
		url: `http://127.0.0.1:${listener.port}/`,
		stop() {
			for (const timer of timers) clearInterval(timer);
			listener.stop(true);
		},
	};
}
