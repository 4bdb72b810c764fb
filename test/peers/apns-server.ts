/**
 * Apple's push service on loopback: HTTP/2 over TLS, refuses what Apple refuses, keeps pushes for the test to look
 * at, and fails when told to.
 */

import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { makeCertificates } from "./apns-certificates.ts";
import { type Connection, wrapSession } from "./apns-connection.ts";
import { createProviderTokenCheck, type Refusal, type TeamKey } from "./apns-provider-token.ts";
import { refusal } from "./apns-rules.ts";
import { createInbox } from "./inbox.ts";
import { PATIENCE_MS } from "./patience.ts";
import { createReplies, type Replies } from "./replies.ts";

/** A request that was looked at, accepted or not. */
export interface ApnsPush {
	/** `apns-id`, or one of ours. */
	readonly id: string;
	/** The device's, as in the path. */
	readonly token: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
	/** What was answered; undefined while the answer is held back, or if there was none. */
	status: number | undefined;
	/** Why it was refused, when the rules did so. */
	refused?: Refusal;
}

/** How to answer pushes that break no rule. */
export interface ApnsReply {
	/**
	 * `hang`: no answer; `cut`: the connection is; `garbage`: no HTTP/2; `refuse`: REFUSED_STREAM, so that nothing was
	 * done with the push.
	 */
	status: number | "hang" | "cut" | "garbage" | "refuse";
	/** Apple's word for it. */
	reason?: string;
	/** Of a 410, ms since the epoch. */
	timestamp?: number;
	headers?: Record<string, string>;
	/** In place of Apple's JSON. */
	body?: string;
	/** Hold the answer back until this resolves. */
	after?: Promise<unknown>;
	/** Only pushes to this device. */
	token?: string;
	/** Only this many pushes. Default: all from now on. */
	times?: number;
}

/** A running push service. */
export interface ApnsServer extends Replies<ApnsReply> {
	/** `https://localhost:port` */
	readonly url: string;
	/** What signed its certificate, PEM. */
	readonly ca: string;
	/** A client certificate for the first topic. */
	readonly client: { cert: string; key: string };
	/** Every push looked at so far, oldest first. */
	readonly pushes: readonly ApnsPush[];
	/** How often each `apns-id` was accepted. */
	readonly accepted: ReadonlyMap<string, number>;
	/** How many connections were made. */
	readonly connections: number;
	/** How many streams were refused as more than the connection allowed. */
	readonly excessStreams: number;
	/** How many streams were not looked at, since their connection was going away. */
	readonly unprocessedStreams: number;
	/** How many different provider tokens were taken. */
	readonly providerTokens: number;
	/** Makes a key of a team, as Apple's developer pages do. */
	createKey(teamId: string, keyId: string): TeamKey;
	/** Every connection is closed at once, whatever is on the way. */
	cut(): void;
	/** Resolves when no connection is left. */
	idle(): Promise<void>;
	/** Every connection takes leave. @param error RFC 9113 §7; 0, the default, is graceful */
	goAway(reason?: string, error?: number): void;
	/**
	 * Resolves to the first matching pushes that no earlier wait took.
	 *
	 * @param matches default: any push that the rules accept
	 * @throws at the deadline, naming what did come
	 */
	waitForPushes(
		count: number,
		matches?: (push: ApnsPush) => boolean,
		timeoutMs?: number,
	): Promise<ApnsPush[]>;
	waitForPush(matches?: (push: ApnsPush) => boolean, timeoutMs?: number): Promise<ApnsPush>;
	/** Forgets the pushes so far; keys and answers stay. */
	clear(): void;
	stop(): Promise<void>;
}

/** Settings of the service. */
export interface ApnsServerOptions {
	/** The bundle ids it knows. */
	topics?: readonly [string, ...string[]];
	/** Streams a connection may have once a request on it was authenticated. Default: 1000, as Apple's. */
	maxConcurrentStreams?: number;
	/** A connection without streams goes away after this. Default: never. */
	idleMs?: number;
	/** From a request's arrival until it is looked at, ms. */
	latencyMs?: number;
	/** Milliseconds since the epoch. */
	now?: () => number;
}

/** Starts the service. */
export async function startApnsServer(options: ApnsServerOptions = {}): Promise<ApnsServer> {
	const { topics = ["net.example.app"], now = Date.now, latencyMs = 0 } = options;
	const certificates = await makeCertificates(topics[0]);
	const tokens = createProviderTokenCheck(now);
	const sockets = new Map<number | undefined, TLSSocket>();
	const connections: Connection[] = [];
	const inbox = createInbox<ApnsPush>(
		({ token, status, refused }) => `${token}: ${refused?.reason ?? ""} ${refused?.why ?? status}`,
	);
	const accepted = new Map<string, number>();
	const replies = createReplies<ApnsReply>();

	const server = createSecureServer({
		...certificates.server,
		ca: certificates.ca,
		requestCert: true,
		rejectUnauthorized: false,
		settings: { maxConcurrentStreams: 1 },
	});
	server.on("secureConnection", (socket: TLSSocket) => {
		const { remotePort } = socket;
		sockets.set(remotePort, socket);
		socket.on("error", () => {});
		socket.on("close", () => sockets.delete(remotePort));
	});
	server.on("session", (session) => {
		const port = session.socket.remotePort;
		const connection = wrapSession(session, {
			socket: () => sockets.get(port),
			streams: 1,
			idleMs: options.idleMs,
		});
		connections.push(connection);
		session.on("stream", (stream, headers) => receive(connection, stream, headers));
	});

	function receive(connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
		stream.on("error", () => {});
		if (!connection.take(stream)) return;
		const chunks: Buffer[] = [];
		stream.on("data", (chunk: Buffer) => chunks.push(chunk));
		stream.on("close", () => connection.done(stream));
		stream.on("end", () => {
			const look = () => answer(connection, stream, headers, Buffer.concat(chunks));
			if (latencyMs > 0) setTimeout(look, latencyMs);
			else look();
		});
	}

	function credentialsOf(connection: Connection, headers: IncomingHttpHeaders): Refusal | undefined {
		const certificate = connection.tls?.authorized ? connection.tls.getPeerCertificate() : undefined;
		const topic = (certificate?.subject as { UID?: string } | undefined)?.UID;
		if (headers.authorization === undefined && topic !== undefined)
			return topic === topics[0] ? undefined : { status: 403, reason: "BadCertificate", why: topic };
		return tokens.refusal(headers.authorization);
	}

	function answer(
		connection: Connection,
		stream: ServerHttp2Stream,
		headers: IncomingHttpHeaders,
		body: Buffer,
	): void {
		const path = String(headers[":path"]);
		const token = path.slice(path.lastIndexOf("/") + 1);
		const credentials = credentialsOf(connection, headers);
		const request = { method: String(headers[":method"]), path, body, credentials, topics, now: now() };
		const refused = refusal({ ...request, headers: headers as Record<string, string | undefined> });
		const told = refused ? undefined : replies.take((one) => one.token === undefined || one.token === token);
		const reply: ApnsReply = refused ?? told ?? { status: 200 };
		if (reply.status === "refuse") connection.refuse(stream);
		if (reply.status === "refuse" || !connection.process(stream)) return;

		const id = String(headers["apns-id"] ?? crypto.randomUUID());
		const push: ApnsPush = { id, token, headers, body, status: undefined, ...(refused && { refused }) };
		if (reply.status === 200) accepted.set(id, (accepted.get(id) ?? 0) + 1);
		inbox.add(push);

		const send = () => {
			if (!credentials) connection.allow(options.maxConcurrentStreams ?? 1000);
			respond(connection, stream, reply, push);
		};
		if (reply.after) reply.after.then(send);
		else send();
	}

	function respond(
		connection: Connection,
		stream: ServerHttp2Stream,
		reply: ApnsReply,
		push: ApnsPush,
	): void {
		const { status, reason, timestamp, headers, body } = reply;
		if (status === "cut") connection.cut();
		if (status === "garbage") connection.writeGarbage();
		if (typeof status !== "number" || stream.destroyed) return;
		push.status = status;
		const json = reason === undefined ? "" : JSON.stringify({ reason, timestamp });
		stream.respond({ ":status": status, "apns-id": push.id, ...headers });
		stream.end(body ?? json);
	}

	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");

	const waitForPushes: ApnsServer["waitForPushes"] = (
		count,
		matches = (push) => push.refused === undefined,
		timeoutMs = PATIENCE_MS,
	) => inbox.wait(count, matches, timeoutMs);

	return {
		url: `https://localhost:${address.port}`,
		ca: certificates.ca,
		client: certificates.client,
		pushes: inbox.all,
		accepted,
		get connections() {
			return connections.length;
		},
		get excessStreams() {
			return connections.reduce((sum, { excess }) => sum + excess, 0);
		},
		get unprocessedStreams() {
			return connections.reduce((sum, { unprocessed }) => sum + unprocessed, 0);
		},
		get providerTokens() {
			return tokens.taken;
		},
		createKey: tokens.createKey,
		respondWith: replies.respondWith,
		respondNormally: replies.respondNormally,
		goAway(reason = "Shutdown", error = 0) {
			for (const connection of connections) if (connection.open) connection.goAway(reason, error);
		},
		cut() {
			for (const socket of sockets.values()) socket.destroy();
		},
		async idle() {
			for (const socket of sockets.values())
				if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
		},
		waitForPushes,
		async waitForPush(matches, timeoutMs) {
			const [push] = await waitForPushes(1, matches, timeoutMs);
			if (!push) throw new Error("no push");
			return push;
		},
		clear() {
			inbox.clear();
			accepted.clear();
		},
		async stop() {
			for (const socket of sockets.values()) socket.destroy();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}
