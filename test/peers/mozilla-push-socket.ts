/**
 * The WebSocket protocol between Firefox and Mozilla's push server: hello, register, notification, ack.
 */
import { randomUUID } from "node:crypto";

/** One browser's connection. */
export interface BrowserLink {
	/** The browser's name at the push server, told at hello. */
	uaid: string | undefined;
}

/** What the protocol asks of the push service around it. */
export interface BrowserSubscriptions {
	/** @returns the endpoint for the channel; `key` is the subscription's `applicationServerKey`, base64url */
	subscribe(channel: string, key: string | undefined): string;
	unsubscribe(channel: string): void;
}

/** The server's half of the protocol. */
export interface BrowserProtocol {
	newLink(): BrowserLink;
	readonly handler: Bun.WebSocketHandler<BrowserLink>;
	/** Sends a push to the browser that has the channel, now or when it connects again. */
	notify(channel: string, version: string, body: Uint8Array, headers: Headers): void;
	/** Resolves when browsers have acknowledged all that they were sent: their service workers have it. */
	untilTaken(): Promise<void>;
}

/** A message of the browser's. All but the type depends on the type. */
interface BrowserMessage {
	messageType?: string;
	uaid?: string;
	channelID?: string;
	key?: string;
	updates?: { version: string }[];
}

/** Makes the server's half, for any number of browsers. */
export function browserProtocol(subscriptions: BrowserSubscriptions): BrowserProtocol {
	const sockets = new Map<string, Bun.ServerWebSocket<BrowserLink>>();
	/** Which browser has a channel. */
	const owners = new Map<string, string>();
	/** What a browser has not acknowledged yet, by version. */
	const pending = new Map<string, { uaid: string; text: string }>();
	let taken = Promise.withResolvers<void>();

	const answer = (socket: Bun.ServerWebSocket<BrowserLink>, message: BrowserMessage) => {
		const channelID = message.channelID ?? "";
		switch (message.messageType) {
			case "hello": {
				const uaid = message.uaid || randomUUID().replaceAll("-", "");
				socket.data.uaid = uaid;
				sockets.set(uaid, socket);
				const hello = { messageType: "hello", status: 200, uaid, use_webpush: true, broadcasts: {} };
				socket.send(JSON.stringify(hello));
				for (const one of pending.values()) if (one.uaid === uaid) socket.send(one.text);
				return;
			}
			case "register": {
				if (socket.data.uaid !== undefined) owners.set(channelID, socket.data.uaid);
				const pushEndpoint = subscriptions.subscribe(channelID, message.key);
				socket.send(JSON.stringify({ messageType: "register", status: 200, channelID, pushEndpoint }));
				return;
			}
			case "unregister":
				subscriptions.unsubscribe(channelID);
				socket.send(JSON.stringify({ messageType: "unregister", status: 200, channelID }));
				return;
			case "ack":
				for (const { version } of message.updates ?? []) pending.delete(version);
				if (pending.size > 0) return;
				taken.resolve();
				taken = Promise.withResolvers();
				return;
			case undefined:
				// An empty object is the browser's ping.
				socket.send("{}");
		}
	};

	return {
		newLink: () => ({ uaid: undefined }),
		handler: {
			message: (socket, text) => answer(socket, JSON.parse(String(text))),
			close(socket) {
				const { uaid } = socket.data;
				if (uaid !== undefined && sockets.get(uaid) === socket) sockets.delete(uaid);
			},
		},
		notify(channelID, version, body, headers) {
			const uaid = owners.get(channelID);
			if (uaid === undefined) return;
			const encoding = headers.get("content-encoding");
			const content =
				body.length === 0 ? {} : { data: Buffer.from(body).toString("base64url"), headers: { encoding } };
			const text = JSON.stringify({ messageType: "notification", channelID, version, ...content });
			pending.set(version, { uaid, text });
			sockets.get(uaid)?.send(text);
		},
		untilTaken: async () => (pending.size > 0 ? taken.promise : undefined),
	};
}
