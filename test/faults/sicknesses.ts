/** The ways in which push services are sick. Times are ms. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { FRAME, field, frame, HEADERS_200, headersOf } from "./http2-frames.ts";
import { answer, type Sickness } from "./sick-provider.ts";

export interface Told extends Sickness {
	/** The services that hold a push for delivered that is answered so: its status says that it was taken. */
	isDeliveredAt?: readonly Sickened[];
}

/** What can be sick: a push service, or where it gives access tokens. */
export type Sickened =
	| "webpush"
	| "apns"
	| "fcm"
	| "fcm-token"
	| "ubuntu"
	| "wns"
	| "wns-token"
	| "entra-token";

const MEGABYTE = 1024 * 1024;
const HUNDRED_MEGABYTES = 100 * MEGABYTE;

const says = (text: string | Buffer): Told => ({ onRequest: (socket) => void socket.write(text) });
const saysAndCuts = (text: string): Told => ({
	onRequest: (socket) => void socket.write(text, () => socket.resetAndDestroy()),
});
const delivered = (told: Told, ...isDeliveredAt: Sickened[]): Told => ({ ...told, isDeliveredAt });

/** Writes the same again and again, as fast as it is taken, until `bytes` went out. */
function pour(socket: Socket, piece: Buffer | string, bytes: number) {
	let left = bytes;
	const more = () => {
		while (left > 0 && !socket.destroyed) {
			left -= piece.length;
			if (!socket.write(piece)) return void socket.once("drain", more);
		}
	};
	more();
}

/** Never stops, at some megabyte a second: they are many, and the machine is what is measured otherwise. */
function ceaselessly(socket: Socket, piece: Buffer | string) {
	const timer = setInterval(() => socket.write(piece), 30);
	socket.on("close", () => clearInterval(timer));
}

function slowly(socket: Socket, text: string) {
	let at = 0;
	const timer = setInterval(() => socket.write(text[at++] ?? "x"), 1_000);
	socket.on("close", () => clearInterval(timer));
}

const UNWELL = "HTTP/1.1 503 Unwell\r\n";
const X = Buffer.alloc(64 * 1024, "x");

/** Of any service over HTTP/1.1; over within moments. */
export const QUICK: Record<string, Told> = {
	"resets before the request was read": { onConnection: (socket) => void socket.resetAndDestroy() },
	"closes before the request was read": { onConnection: (socket) => void socket.end() },
	"resets after the request": { onRequest: (socket) => void socket.resetAndDestroy() },
	"resets in the headers": saysAndCuts("HTTP/1.1 503 Unwell\r\nContent-Le"),
	"resets in the body": saysAndCuts(`${UNWELL}Content-Length: 100\r\n\r\n{"err`),
	"hangs in the body": says(`${UNWELL}Content-Length: 100\r\n\r\n{"err`),
	"is no HTTP": saysAndCuts("\0\x01\x02 220 mail.example.net ESMTP \xff\r\n\r\n"),
	"speaks HTTP/2": says(
		Buffer.concat([frame(FRAME.settings, 0, 0), frame(FRAME.goaway, 0, 0, Buffer.alloc(8))]),
	),
	"has two lengths": says(`${UNWELL}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`),
	"has no length that is one": saysAndCuts(`${UNWELL}Content-Length: -1\r\n\r\nabcde`),
	"has a length beyond all numbers": saysAndCuts(
		`${UNWELL}Content-Length: 99999999999999999999999\r\n\r\nab`,
	),
	"has chunks that are none": saysAndCuts(`${UNWELL}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`),
	"says a status that is none": saysAndCuts("HTTP/1.1 4xx What\r\n\r\n"),
	"says 600": says(answer(600)),
	"says 999": says(answer(999)),
	"says 418 with JSON of another shape": says(answer(418, '["UNREGISTERED", {"error": 7}]')),
	"says 503 with headers of a megabyte": says(
		`${UNWELL}${`X-Long: ${"x".repeat(8_000)}\r\n`.repeat(130)}Content-Length: 0\r\n\r\n`,
	),
	"says 503 with what is not packed, as if it were": says(
		answer(503, "not packed", { "Content-Encoding": "gzip" }),
	),
	"says 299": delivered(says(answer(299)), "webpush", "fcm", "ubuntu"),
	"says 204 with a body": delivered(says(answer(204, "a body")), "webpush", "fcm", "ubuntu"),
	"says 200 with half of an answer": delivered(
		saysAndCuts('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"na'),
		...(["webpush", "fcm", "ubuntu", "wns"] as const),
	),
	"says 200 with a page": delivered(
		says(answer(200, "<!DOCTYPE html><title>Log in to the WLAN</title>")),
		...(["webpush", "wns"] as const),
	),
	"says 200 with JSON of another shape": delivered(
		says(answer(200, '[{"ok": "perhaps"}]')),
		"webpush",
		"wns",
	),
};

/** Of any service over HTTP/1.1; each takes a push's whole deadline, or a second of 100 MB. */
export const LONG: Record<string, Told> = {
	hangs: {},
	"hangs in the headers": says("HTTP/1.1 503 Unwell\r\nContent-Le"),
	"answers a byte a second": { onRequest: (socket) => slowly(socket, answer(503)) },
	"says 100 Continue without end": {
		onRequest: (socket) => ceaselessly(socket, "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000)),
	},
	"says 103 without end": {
		onRequest: (socket) =>
			ceaselessly(socket, `HTTP/1.1 103 Early Hints\r\nLink: </${"x".repeat(900)}>\r\n\r\n`.repeat(50)),
	},
	"has headers without end": {
		onRequest(socket) {
			socket.write(UNWELL);
			ceaselessly(socket, `X-Long: ${"x".repeat(8_000)}\r\n`.repeat(4));
		},
	},
	"says 503 with 100 MB": {
		onRequest(socket) {
			socket.write(`${UNWELL}Content-Length: ${HUNDRED_MEGABYTES}\r\n\r\n`);
			pour(socket, X, HUNDRED_MEGABYTES);
		},
	},
	"says 503 with 100 MB of no known length": {
		onRequest(socket) {
			socket.write(`${UNWELL}Transfer-Encoding: chunked\r\n\r\n`);
			pour(socket, `10000\r\n${X}\r\n`, HUNDRED_MEGABYTES);
		},
	},
	"says 503 with 100 MB in a tenth of one": {
		onRequest(socket) {
			const packed = gzipSync(Buffer.alloc(HUNDRED_MEGABYTES));
			socket.write(`${UNWELL}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
			socket.write(packed);
		},
	},
	"says 200 with 100 MB": delivered(
		{
			onRequest(socket) {
				socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${HUNDRED_MEGABYTES}\r\n\r\n`);
				pour(socket, X, HUNDRED_MEGABYTES);
			},
		},
		"webpush",
		"wns",
	),
};

const bytes = (...values: number[]) => Buffer.from(values);
const headers = (stream: number, block: Buffer, flags: number = FRAME.endHeaders) =>
	frame(FRAME.headers, flags, stream, block);
const WHOLE = FRAME.endHeaders | FRAME.endStream;
const says2 = (make: (stream: number) => Buffer): Told => ({
	onRequest: (socket, stream) => void socket.write(make(stream)),
});

/** Of APNs, over HTTP/2; over within moments. */
export const QUICK_HTTP2: Record<string, Told> = {
	"resets before the request was read": { onConnection: (socket) => void socket.resetAndDestroy() },
	"resets after the request": { onRequest: (socket) => void socket.resetAndDestroy() },
	"speaks HTTP/1.1": { onConnection: (socket) => void socket.end(answer(503)) },
	"is no HTTP/2": { onConnection: (socket) => void socket.end(Buffer.alloc(5_000, 0xfe)) },
	"ends the stream with an error": says2((stream) => frame(FRAME.rstStream, 0, stream, bytes(0, 0, 0, 2))),
	"goes away with an error": says2(() => frame(FRAME.goaway, 0, 0, bytes(0, 0, 0, 0, 0, 0, 0, 1))),
	"sends a frame that is too large": says2((stream) => frame(FRAME.data, 0, stream, Buffer.alloc(MEGABYTE))),
	"packs headers wrongly": says2((stream) => headers(stream, Buffer.alloc(50, 0xff), WHOLE)),
	"answers a stream that is none": says2(() => headers(99, HEADERS_200, WHOLE)),
	"opens the window too far": says2((stream) =>
		Buffer.concat([1, 2].map(() => frame(FRAME.windowUpdate, 0, stream, bytes(0x7f, 0xff, 0xff, 0xff)))),
	),
	"resets in the headers": {
		onRequest: (socket, stream) =>
			void socket.write(headers(stream, headersOf("503"), 0), () => socket.resetAndDestroy()),
	},
	"resets in the body": {
		onRequest: (socket, stream) =>
			void socket.write(headers(stream, headersOf("503")), () => socket.resetAndDestroy()),
	},
	"hangs in the body": says2((stream) => headers(stream, headersOf("503"))),
	"says 600": says2((stream) => headers(stream, headersOf("600"), WHOLE)),
	"says 410 without a reason": says2((stream) => headers(stream, headersOf("410"), WHOLE)),
	"says 410 with a page": says2((stream) =>
		Buffer.concat([
			headers(stream, headersOf("410")),
			frame(FRAME.data, FRAME.endStream, stream, Buffer.from("<!DOCTYPE html>Gone")),
		]),
	),
	"says a status that is none": says2((stream) => headers(stream, headersOf("xyz"), WHOLE)),
	"says 503 with headers of a megabyte": says2((stream) => {
		const long = Buffer.concat(Array.from({ length: 130 }, () => field("x-long", "x".repeat(120))));
		const more = Array.from({ length: 64 }, (_, i) =>
			frame(FRAME.continuation, i === 63 ? FRAME.endHeaders : 0, stream, long),
		);
		return Buffer.concat([headers(stream, headersOf("503"), FRAME.endStream), ...more]);
	}),
	"says 299": says2((stream) => headers(stream, headersOf("299"), WHOLE)),
};

/** Of APNs, over HTTP/2; each takes a push's whole deadline, or a second of 100 MB. */
export const LONG_HTTP2: Record<string, Told> = {
	hangs: {},
	"hangs in the headers": says2((stream) => headers(stream, headersOf("503"), 0)),
	"answers a byte a second": {
		onRequest: (socket, stream) =>
			slowly(socket, headers(stream, headersOf("503"), WHOLE).toString("latin1")),
	},
	"asks for pings without end": {
		onRequest: (socket) =>
			ceaselessly(
				socket,
				Buffer.concat(Array.from({ length: 1_000 }, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)))),
			),
	},
	"changes its settings without end": {
		onRequest: (socket) =>
			ceaselessly(socket, Buffer.concat(Array.from({ length: 1_000 }, () => frame(FRAME.settings, 0, 0)))),
	},
	"has headers without end": {
		onRequest(socket, stream) {
			socket.write(headers(stream, headersOf("503"), 0));
			ceaselessly(socket, frame(FRAME.continuation, 0, stream, field("x-long", "x".repeat(120))));
		},
	},
	"says 103 without end": {
		onRequest: (socket, stream) =>
			ceaselessly(
				socket,
				Buffer.concat(Array.from({ length: 1_000 }, () => headers(stream, headersOf("103")))),
			),
	},
	"says 503 with 100 MB, whatever the window": {
		onRequest(socket, stream) {
			socket.write(headers(stream, headersOf("503")));
			pour(socket, frame(FRAME.data, 0, stream, X.subarray(0, 16_384)), HUNDRED_MEGABYTES);
		},
	},
	"says 503 with 100 MB of padding": {
		onRequest(socket, stream) {
			socket.write(headers(stream, headersOf("503")));
			// RFC 9113 §6.1: PADDED, and all of it padding.
			const padded = frame(FRAME.data, 0x8, stream, Buffer.concat([bytes(255), Buffer.alloc(255)]));
			pour(socket, padded, HUNDRED_MEGABYTES);
		},
	},
};
