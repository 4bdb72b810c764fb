/**
 * As much of an XMPP server as a component talks to (XEP-0114), scripted by the test: for moments that a real one
 * cannot be brought to.
 */
import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import type { XmppComponent } from "../../src/config/connections.ts";

export interface ComponentDouble {
	readonly service: string;
	/** All that came, of all connections. */
	received(): string;
	connections(): number;
	/** Whether whoever connected last is still there. */
	isConnected(): boolean;
	/** Sends to whoever connected last. */
	send(data: string | Uint8Array): void;
	/** Resolves when all that was sent is with the other end. */
	drained(): Promise<void>;
	/** Resolves when the latest connection takes no more: whoever reads it has stopped. */
	untilFull(stanza: string): Promise<number>;
	/** Cuts the latest connection. */
	cut(): void;
	/** Resolves when what came matches. @param from look only at what came after so many characters */
	until(pattern: RegExp, from?: number): Promise<string>;
	stop(): void;
}

export interface ComponentDoubleOptions {
	/** What to answer the handshake with, by the number of the connection; default: consent. */
	onHandshake?(connection: number): string;
	/** Of the stream's header; default: a component's. */
	namespace?: string;
	/** Called with what comes, by the number of the connection. */
	onText?(text: string, connection: number): void;
	/** Gives pings back to whom they are addressed, as servers do. */
	echoesPings?: boolean;
}

const SECRET = "the secret";

export const component = (service: string): XmppComponent => ({
	kind: "component",
	service,
	domain: "push.example.org",
	password: SECRET,
	address: "push.example.org",
	allow: ["*"],
});

/** A stream error, and the stream's end. */
export const streamError = (condition: string, text = "") =>
	`<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/><text xmlns="urn:ietf:params:xml:ns:xmpp-streams">${text}</text></stream:error></stream:stream>`;

export async function startComponentDouble(options: ComponentDoubleOptions = {}): Promise<ComponentDouble> {
	let received = "";
	const links: Socket[] = [];
	const waiting = new Set<() => void>();
	const latest = () => links.at(-1);

	const server = createServer((link) => {
		const number = links.push(link);
		const id = `stream-${number}&<`;
		link.on("error", () => {});
		link.on("data", (data) => {
			const text = data.toString();
			received += text;
			options.onText?.(text, number);
			if (text.includes("<stream:stream")) {
				link.write(
					`<?xml version='1.0'?><stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns="${options.namespace ?? "jabber:component:accept"}" from="push.example.org" id="stream-${number}&amp;&lt;">`,
				);
			}
			const proof = /<handshake>(.*)<\/handshake>/.exec(text)?.[1];
			if (proof) {
				const isRight = proof === createHash("sha1").update(`${id}${SECRET}`).digest("hex");
				link.write(
					isRight ? (options.onHandshake?.(number) ?? "<handshake/>") : streamError("not-authorized"),
				);
			}
			if (options.echoesPings && text.includes("<ping")) link.write(text);
			if (text.includes("</stream:stream>")) link.end("</stream:stream>");
			for (const look of [...waiting]) look();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };

	return {
		service: `xmpp://127.0.0.1:${port}`,
		received: () => received,
		connections: () => links.length,
		isConnected: () => latest()?.writable ?? false,
		send: (data) => void latest()?.write(data),
		async drained() {
			const link = latest();
			if (link?.writableNeedDrain) await new Promise<void>((resolve) => link.once("drain", () => resolve()));
		},
		async untilFull(stanza) {
			const link = latest();
			let sent = 0;
			for (;;) {
				sent++;
				if (link?.write(stanza)) continue;
				// Who reads takes it within moments: that nothing is taken in this time shows that nobody reads.
				const drained = new Promise<boolean>((resolve) => link?.once("drain", () => resolve(true)));
				if (!(await Promise.race([drained, Bun.sleep(500).then(() => false)]))) return sent;
			}
		},
		cut: () => void latest()?.destroy(),
		until(pattern, from = 0) {
			return new Promise((resolve) => {
				const look = () => {
					const found = pattern.exec(received.slice(from))?.[0];
					if (found === undefined) return;
					waiting.delete(look);
					resolve(found);
				};
				waiting.add(look);
				look();
			});
		},
		stop() {
			for (const link of links) link.destroy();
			server.close();
		},
	};
}
