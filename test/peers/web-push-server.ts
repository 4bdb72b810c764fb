/**
 * A Web Push service on loopback, with the rules of Mozilla's: takes pushes, keeps them for the test to look
 * at, passes them on to a real Firefox, and fails when told to.
 */

import { randomUUID } from "node:crypto";
import { createInbox } from "./inbox.ts";
import { type BrowserLink, browserProtocol } from "./mozilla-push-socket.ts";
import { PATIENCE_MS } from "./patience.ts";
import { createReplies, type Replies } from "./replies.ts";
import { createDevice, type WebPushDevice } from "./web-push-device.ts";
import { refusal } from "./web-push-rules.ts";

/** A request that came to an endpoint, accepted or not. */
export interface ReceivedPush {
	/** The message's name, as in `Location`. */
	readonly id: string;
	readonly endpoint: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly method: string;
	readonly headers: Headers;
	readonly body: Uint8Array;
	/** What was answered; undefined while the answer is held back. */
	status: number | undefined;
	/** Why it was refused, when the rules did so. */
	refused?: string;
}

/** How to answer pushes that break no rule. */
export interface Reply {
	/** `hang`: no answer at all until the server stops. */
	status: number | "hang";
	headers?: Record<string, string>;
	body?: string;
	/** Hold the answer back until this resolves. */
	after?: Promise<unknown>;
	/** Only pushes to this endpoint. */
	endpoint?: string;
	/** Only this many pushes. Default: all from now on. */
	times?: number;
}

/** A running push service. */
export interface WebPushServer extends Replies<Reply> {
	/** Of all endpoints: what a VAPID `aud` must be. */
	readonly origin: string;
	/** Where a browser connects: Firefox's `dom.push.serverURL`. */
	readonly browserUrl: string;
	/** Where it listens. */
	readonly port: number;
	/** Every push so far, oldest first. */
	readonly pushes: readonly ReceivedPush[];
	/** Subscribes a device that exists only here; `applicationServerKey` binds it to one VAPID key. */
	createSubscription(options?: { applicationServerKey?: string }): WebPushDevice;
	/** Ends a subscription: pushes to it get 410, or 404 as if it had never been. */
	unsubscribe(endpoint: string, status?: 410 | 404): void;
	/**
	 * Resolves to the first matching push that no earlier wait took, including those that came before the call.
	 *
	 * @param matches default: any push that the rules accept, whatever its answer
	 * @throws at the deadline, naming what did come
	 */
	waitForPush(matches?: (push: ReceivedPush) => boolean, timeoutMs?: number): Promise<ReceivedPush>;
	/** The same for several. */
	waitForPushes(
		count: number,
		matches?: (push: ReceivedPush) => boolean,
		timeoutMs?: number,
	): Promise<ReceivedPush[]>;
	/** Resolves when browsers have acknowledged all that they were sent: their service workers have it. */
	untilTaken(): Promise<void>;
	/** Forgets the pushes so far; endpoints and answers stay. */
	clear(): void;
	stop(): Promise<void>;
}

/** Paths of Mozilla's service that are pages and no endpoints: they take no POST. */
const PAGES = new Set(["/status", "/health", "/version", "/__heartbeat__"]);

/** Settings of the service. */
export interface WebPushServerOptions {
	/** 0, the default: any free port. */
	port?: number;
	/** PEM: serve https and wss instead. */
	tls?: { key: string; cert: string };
	/** The host in the endpoints. Default: the address. */
	hostname?: string;
	/** Where it listens, one of loopback's. Default: 127.0.0.1. */
	address?: string;
	/** What its endpoints begin with, for one that a proxy leads to. Default: where it listens. */
	origin?: string;
}

/** A place to push to. */
interface Subscription {
	state: "yes" | "gone";
	boundTo?: string | undefined;
	/** The browser that subscribed, unless it is a device of ours. */
	channel?: string | undefined;
}

/** Starts the service. */
export function startWebPushServer(options: WebPushServerOptions = {}): WebPushServer {
	const { address = "127.0.0.1" } = options;
	const subscriptions = new Map<string, Subscription>();
	const inbox = createInbox<ReceivedPush>(
		(push) => `${push.method} ${push.endpoint}: ${push.refused ?? push.status}`,
	);
	const replies = createReplies<Reply>();
	const stopped = Promise.withResolvers<void>();

	const newEndpoint = (subscription: Subscription): string => {
		const endpoint = `${origin}/wpush/v2/${randomUUID()}`;
		subscriptions.set(endpoint, subscription);
		return endpoint;
	};
	const browsers = browserProtocol({
		subscribe: (channel, boundTo) => newEndpoint({ state: "yes", channel, boundTo }),
		unsubscribe(channel) {
			for (const entry of subscriptions.values()) if (entry.channel === channel) entry.state = "gone";
		},
	});

	const receive = async (request: Request): Promise<Response> => {
		const { pathname } = new URL(request.url);
		if (PAGES.has(pathname) && request.method !== "GET")
			return new Response(null, { status: 405, headers: { Allow: "GET" } });
		const endpoint = origin + pathname;
		const subscription = subscriptions.get(endpoint);
		const push: ReceivedPush = {
			id: randomUUID(),
			endpoint,
			at: Date.now(),
			method: request.method,
			headers: request.headers,
			body: await request.bytes(),
			status: undefined,
		};
		const refused = refusal({
			...push,
			origin,
			subscribed: subscription?.state ?? "unknown",
			boundTo: subscription?.boundTo,
		});
		if (refused) {
			push.refused = refused.message;
			push.status = refused.status;
		}
		const reply = refused
			? undefined
			: replies.take((one) => one.endpoint === undefined || one.endpoint === endpoint);
		inbox.add(push);

		if (refused) {
			const { status, errno, message } = refused;
			return Response.json({ code: status, errno, error: "refused", message }, { status });
		}
		await reply?.after;
		if (reply?.status === "hang") {
			await stopped.promise;
			return new Response(null, { status: 503 });
		}
		push.status = reply?.status ?? 201;
		if (push.status < 300 && subscription?.channel !== undefined) {
			browsers.notify(subscription.channel, push.id, push.body, push.headers);
		}
		const usual =
			push.status === 201 ? { Location: `${origin}/m/${push.id}`, TTL: push.headers.get("ttl") ?? "0" } : {};
		return new Response(reply?.body ?? null, {
			status: push.status,
			headers: { ...usual, ...reply?.headers },
		});
	};

	const server = Bun.serve<BrowserLink>({
		hostname: address,
		port: options.port ?? 0,
		...(options.tls ? { tls: options.tls } : {}),
		// A hanging answer must last as long as the test wants.
		idleTimeout: 0,
		fetch(request, self) {
			if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
				const headers = { "Sec-WebSocket-Protocol": "push-notification" };
				return self.upgrade(request, { data: browsers.newLink(), headers })
					? undefined
					: new Response(null, { status: 400 });
			}
			return receive(request);
		},
		websocket: browsers.handler,
	});
	const authority = `${options.hostname ?? address}:${server.port}`;
	const origin = options.origin ?? `${options.tls ? "https" : "http"}://${authority}`;

	const waitForPushes: WebPushServer["waitForPushes"] = (
		count,
		matches = (push) => push.refused === undefined,
		timeoutMs = PATIENCE_MS,
	) => inbox.wait(count, matches, timeoutMs);

	return {
		origin,
		browserUrl: `${options.tls ? "wss" : "ws"}://${authority}/`,
		port: server.port ?? 0,
		pushes: inbox.all,
		createSubscription({ applicationServerKey } = {}) {
			return createDevice(newEndpoint({ state: "yes", boundTo: applicationServerKey }));
		},
		unsubscribe(endpoint, status = 410) {
			const subscription = subscriptions.get(endpoint);
			if (status === 404) subscriptions.delete(endpoint);
			else if (subscription) subscription.state = "gone";
		},
		respondWith: replies.respondWith,
		respondNormally: replies.respondNormally,
		async waitForPush(matches, timeoutMs) {
			const [push] = await waitForPushes(1, matches, timeoutMs);
			if (!push) throw new Error("no push");
			return push;
		},
		waitForPushes,
		untilTaken: browsers.untilTaken,
		clear: inbox.clear,
		async stop() {
			stopped.resolve();
			await server.stop(true);
		},
	};
}
