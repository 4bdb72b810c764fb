/**
 * A push service for load: answers at once with what the real one says to a good push, keeps nothing, and checks only
 * that there is an authorization and a body. Its address is the first line it prints.
 */
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { makeCertificates } from "../../test/peers/apns-certificates.ts";
import { serviceAccountAt, TAKEN } from "../fcm.ts";

export type ProviderKind = "fcm" | "apns" | "webpush";

/** The first line of its output, JSON. */
export interface ProviderAddress {
	url: string;
	/** FCM: a service account's file. */
	serviceAccount?: string;
	/** APNs: what signed the server's certificate, PEM. */
	ca?: string;
}

const COUNT_MS = 2;
const REFUSED = { status: 403 } as const;

function startHttp(kind: "fcm" | "webpush"): ProviderAddress {
	const accepted = JSON.stringify(TAKEN);
	const json = { headers: { "Content-Type": "application/json" } };
	let taken = 0;
	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		idleTimeout: 0,
		async fetch(request) {
			if (request.url.endsWith("/token"))
				return Response.json({ access_token: "bench", expires_in: 3599, token_type: "Bearer" });
			// For a load that nobody answers.
			if (request.method === "GET") return new Response(counts(() => taken));
			const body = await request.bytes();
			if (body.length === 0 || !request.headers.get("authorization")) return new Response(null, REFUSED);
			taken++;
			if (kind === "fcm") return new Response(accepted, json);
			const isPush = request.headers.get("ttl") && request.headers.get("content-encoding") === "aes128gcm";
			return new Response(null, isPush ? { status: 201 } : REFUSED);
		},
	});
	const url = `http://127.0.0.1:${server.port}`;
	if (kind === "webpush") return { url };
	return { url, serviceAccount: serviceAccountAt(url) };
}

/** How many there are so far, again and again, each on a line. */
function counts(taken: () => number): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder();
	let timer: ReturnType<typeof setInterval> | undefined;
	return new ReadableStream({
		start(controller) {
			timer = setInterval(() => controller.enqueue(encoder.encode(`${taken()}\n`)), COUNT_MS);
		},
		cancel: () => clearInterval(timer),
	});
}

async function startApns(): Promise<ProviderAddress> {
	const { ca, server: identity } = await makeCertificates("net.example.app");
	const server = createSecureServer({ ...identity, settings: { maxConcurrentStreams: 1000 } });
	server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
		let bytes = 0;
		stream.on("error", () => {});
		stream.on("data", (chunk: Uint8Array) => {
			bytes += chunk.length;
		});
		stream.on("end", () => {
			stream.respond({ ":status": bytes > 0 && headers.authorization ? 200 : 403 }, { endStream: true });
		});
	});
	return new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address() as { port: number };
			resolve({ url: `https://localhost:${port}`, ca });
		});
	});
}

const kind = process.argv[2] as ProviderKind;
console.log(JSON.stringify(kind === "apns" ? await startApns() : startHttp(kind)));
