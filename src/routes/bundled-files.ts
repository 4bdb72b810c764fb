/** Files that build/web-bundle.ts made, as they are served to browsers: packed, with an etag, asked for each time. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { RequestEnv } from "./deps.ts";

/** It goes out, and comes back with whether it has changed. */
export const CACHE_CONTROL = "no-cache";

/** As `dist/web.json` holds them, by their path below the page's. */
type BundledFiles = Readonly<Record<string, { type: string; etag: string; gzip: string }>>;

/** workerd's own beside the standard: what is packed already stays as it is. */
interface PackedInit extends ResponseInit {
	encodeBody: "manual";
}

/**
 * Adds a route for each file.
 * @param base where the page is, with its slash at the end
 * @param headersOf what goes out with a file, also where it has not changed: its path, and the URL that was asked for
 */
export function serveBundled(
	app: OpenAPIHono<RequestEnv>,
	base: string,
	files: BundledFiles,
	headersOf: (path: string, url: string) => Readonly<Record<string, string>>,
): void {
	for (const [path, { type, etag, gzip }] of Object.entries(files)) {
		const packed = decodedOnce(gzip);
		const unpacked = unpackedOnce(packed);
		app.get(base + path, async (c) => {
			const headers: Record<string, string> = {
				...headersOf(path, c.req.url),
				"Content-Type": type,
				ETag: etag,
				Vary: "Accept-Encoding",
			};
			if (names(c.req.header("If-None-Match") ?? "", etag)) {
				return new Response(null, { status: 304, headers });
			}
			if (!takesGzip(c.req.header("Accept-Encoding"))) return new Response(await unpacked(), { headers });
			headers["Content-Encoding"] = "gzip";
			const init: PackedInit = { headers, encodeBody: "manual" };
			return new Response(packed(), init);
		});
	}
}

/** Whether a client that sends this Accept-Encoding takes gzip (RFC 9110 §12.5.3). */
function takesGzip(header = ""): boolean {
	const codings = new Map(
		header.split(",").map((one) => {
			const [name = "", weight = ""] = one.toLowerCase().split(";");
			return [name.trim(), !/^\s*q=0(\.0*)?\s*$/.test(weight)] as const;
		}),
	);
	return codings.get("gzip") ?? codings.get("*") ?? false;
}

/** Whether an If-None-Match names this etag (RFC 9110 §13.1.2). */
const names = (header: string, etag: string) =>
	header.split(",").some((one) => one.trim() === etag || one.trim() === "*");

/** The bytes of base64, decoded when somebody first asks: all files together take longer than the rest of a start. */
function decodedOnce(base64: string): () => Uint8Array<ArrayBuffer> {
	let decoded: Uint8Array<ArrayBuffer> | undefined;
	return () => {
		decoded ??= Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
		return decoded;
	};
}

/** A file's content for who takes no gzip; unpacked once. */
function unpackedOnce(gzip: () => Uint8Array<ArrayBuffer>): () => Promise<ArrayBuffer> {
	let unpacked: ArrayBuffer | undefined;
	return async () => {
		// The bytes are kept and not a promise of them, which an edge runtime lets no other request await.
		unpacked ??= await new Response(
			new Blob([gzip()]).stream().pipeThrough(new DecompressionStream("gzip")),
		).arrayBuffer();
		return unpacked;
	};
}
