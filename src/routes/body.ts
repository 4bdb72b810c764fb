/** What a body must be before anything looks into it: small, and UTF-8. */
import { bodyLimit } from "hono/body-limit";
import { every } from "hono/combine";
import { createMiddleware } from "hono/factory";
import { Problem } from "./problem.ts";

const utf8 = createMiddleware(async (c, next) => {
	const bytes = c.req.raw.body ? await c.req.arrayBuffer() : new ArrayBuffer();
	try {
		// Decoding later replaces what is not UTF-8, and a replaced token would be a wrong token.
		new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		throw new Problem("malformed-body", "The body is not UTF-8.");
	}
	await next();
});

/**
 * The middleware.
 * @param maxBytes the largest body that is read
 */
export function smallUtf8Body(maxBytes: number) {
	const small = bodyLimit({
		maxSize: maxBytes,
		onError() {
			throw new Problem("body-too-large", `The body is larger than ${maxBytes} bytes.`);
		},
	});
	return every(small, utf8);
}
