/** XMPP over WebSocket (RFC 7395): elements go in and out, until the stream ends. */

import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { StanzaParser } from "../../syntax/stanza-parser.ts";
import { type Element, xml } from "../../syntax/xml.ts";
import { abortOf } from "./abort.ts";
import type { KitDeps } from "./deps.ts";
import { NS } from "./namespaces.ts";
import { StreamEnded } from "./stream-ended.ts";

/** No WebSocket came about. */
export class NotConnected extends Error {
	override name = "NotConnected";
}

export interface Connection {
	/** Where it goes. */
	readonly service: string;
	/** Sends an element, if the stream is not over. */
	send(element: Element): void;
	/** The next element that came, once `listen` was not called. @throws {StreamEnded} */
	next(): Promise<Element>;
	/** Hands on each element that comes from now on. */
	listen(taken: (element: Element) => void): void;
	/** Closes the stream, and waits a little for the server to close it as well. */
	close(): Promise<void>;
	/** Ends it at once. */
	drop(): void;
	/** Resolves when it is over. */
	readonly ended: Promise<StreamEnded>;
}

/**
 * @param service a URL
 * @param signal ends the opening
 * @throws {NotConnected} and what `signal` says
 */
export async function connect(
	service: string,
	{ openWebSocket, timeout }: Pick<KitDeps, "openWebSocket" | "timeout">,
	signal: AbortSignal,
): Promise<Connection> {
	const socket = await opened(service, openWebSocket, signal);
	const ended = Promise.withResolvers<StreamEnded>();
	let isOver = false;
	let isClosing = false;
	/** What came before it was waited for. */
	const unread: Element[] = [];
	let waiting: ((element: Element) => void) | undefined;
	let listener: ((element: Element) => void) | undefined;

	function end(why: StreamEnded) {
		isOver = true;
		ended.resolve(why);
		socket.close();
	}

	function send(element: Element) {
		if (!isOver && socket.readyState === socket.OPEN) socket.send(String(element));
	}

	function sayClose() {
		if (!isClosing) send(xml("close", { xmlns: NS.framing }));
		isClosing = true;
	}

	function take(element: Element) {
		if (isOver) return;
		// By its name as it is written: Prosody 13 does not say what the prefix stands for.
		if (element.name === "stream:error" || element.is("error", NS.streams))
			return end(streamErrorOf(element));
		if (element.is("close", NS.framing)) {
			sayClose();
			return end(new StreamEnded());
		}
		if (listener) return listener(element);
		if (!waiting && unread.length >= webKitBounds.unread.is) return end(new StreamEnded());
		if (!waiting) return void unread.push(element);
		const hear = waiting;
		waiting = undefined;
		hear(element);
	}

	const parser = new StanzaParser(
		// One that is too long answers nothing: whoever waits hears so in time.
		{ onElement: take, onSkipped() {}, onFault: () => end(new StreamEnded()) },
		{ hasHeader: false },
	);
	socket.addEventListener("message", ({ data }) => {
		if (isOver) return;
		parser.beginText();
		parser.write(String(data));
		// Each message is one whole element (RFC 7395 §3.3.3).
		if (!parser.isWhole()) end(new StreamEnded());
	});
	socket.addEventListener("close", () => end(new StreamEnded()));

	return {
		service,
		send,
		async next() {
			const first = unread.shift();
			if (first) return first;
			const came = new Promise<Element>((resolve) => {
				waiting = resolve;
			});
			return Promise.race([
				came,
				ended.promise.then((why) => {
					throw why;
				}),
			]);
		},
		listen(taken) {
			listener = taken;
			for (const element of unread.splice(0)) taken(element);
		},
		async close() {
			sayClose();
			await Promise.race([ended.promise, abortOf(timeout(webKitBounds.closeTime.is)).catch(() => {})]);
			end(new StreamEnded());
		},
		drop: () => end(new StreamEnded()),
		ended: ended.promise,
	};
}

/** @throws {NotConnected} and what `signal` says */
async function opened(
	service: string,
	openWebSocket: KitDeps["openWebSocket"],
	signal: AbortSignal,
): Promise<WebSocket> {
	signal.throwIfAborted();
	let socket: WebSocket;
	try {
		socket = openWebSocket(service);
	} catch {
		throw new NotConnected();
	}
	const open = Promise.withResolvers<void>();
	socket.addEventListener("open", () => open.resolve());
	// Browsers say nothing of why.
	for (const name of ["error", "close"]) {
		socket.addEventListener(name, () => open.reject(new NotConnected()));
	}
	try {
		await Promise.race([open.promise, abortOf(signal)]);
		return socket;
	} catch (error) {
		socket.close();
		throw error;
	}
}

function streamErrorOf(element: Element): StreamEnded {
	const condition = element
		.getChildElements()
		.find((child) => child.getNS() === NS.streamErrors && child.getName() !== "text");
	return new StreamEnded(
		condition?.getName() ?? "undefined-condition",
		element.getChildText("text", NS.streamErrors) ?? undefined,
	);
}
