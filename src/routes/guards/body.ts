/** What a body must be before anything looks into it: small, here soon, and mostly UTF-8. */
import { createMiddleware } from "hono/factory";
import { httpBounds } from "../../limits/bounds/http.ts";
import { Problem } from "../problem.ts";

/** A body is a packet or two: one that takes longer than this is there to keep us waiting. ms. */
export const BODY_PATIENCE_MS = httpBounds.bodyTime.is;

/**
 * The middleware.
 * @param maxBytes the largest body that is read
 * @param patienceMs how long reading it may take
 */
export const smallUtf8Body = (maxBytes: number, patienceMs = BODY_PATIENCE_MS) =>
	smallBody(maxBytes, requireUtf8, patienceMs);

/** The same for a body of any bytes. @param check throws a `Problem` for one that does not fit */
export function smallBody(
	maxBytes: number,
	check: (bytes: ArrayBuffer) => void = () => {},
	patienceMs = BODY_PATIENCE_MS,
) {
	return createMiddleware(async (c, next) => {
		const { body, headers } = c.req.raw;
		if (body) {
			const length = headers.has("Transfer-Encoding") ? null : headers.get("Content-Length");
			if (Number(length) > maxBytes) throw tooLarge(maxBytes);
			const reading = length === null ? readSmall(body, maxBytes) : c.req.arrayBuffer();
			const bytes = await soon(reading, patienceMs);
			check(bytes);
			// For whoever reads it next.
			if (length === null) c.req.raw = new Request(c.req.raw, { body: bytes });
		}
		await next();
	});
}

/** Reads a body that did not say how large it is. */
async function readSmall(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<ArrayBuffer> {
	const pieces: Uint8Array<ArrayBuffer>[] = [];
	let size = 0;
	const reader = body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.length;
		if (size > maxBytes) {
			reader.cancel().catch(() => {});
			throw tooLarge(maxBytes);
		}
		pieces.push(new Uint8Array(value));
	}
	return new Blob(pieces).arrayBuffer();
}

async function soon(reading: Promise<ArrayBuffer>, patienceMs: number): Promise<ArrayBuffer> {
	const late = Promise.withResolvers<never>();
	const timer = setTimeout(
		() =>
			late.reject(
				new Problem("malformed-body", `The body did not come within ${patienceMs / 1000} s.`, {
					headers: { Connection: "close" },
				}),
			),
		patienceMs,
	);
	try {
		return await Promise.race([reading, late.promise]);
	} catch (error) {
		// Whoever sent it has gone, which is no fault of ours.
		if ((error as Error).name === "AbortError") throw new Problem("malformed-body", "The body was cut off.");
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

function requireUtf8(bytes: ArrayBuffer) {
	try {
		// Decoding later replaces what is not UTF-8, and a replaced token would be a wrong token.
		new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		throw new Problem("malformed-body", "The body is not UTF-8.");
	}
}

const tooLarge = (maxBytes: number) =>
	new Problem("body-too-large", `The body is larger than ${maxBytes} bytes.`);
