/**
 * As much of an XMPP server over WebSocket (RFC 7395, XEP-0198) as a connection talks to, scripted by the test: for
 * moments that a real one cannot be brought to.
 */
import type { ServerWebSocket } from "bun";
import type { XmppAccount } from "../../src/config/connections.ts";

interface Link {
	authenticated: boolean;
}

export interface XmppDouble {
	readonly service: string;
	/** What came, in order. */
	readonly received: string[];
	/** How often somebody connected. */
	connections(): number;
	/** Sends to whoever connected last. */
	send(xml: string): void;
	/** Cuts the latest connection. */
	cut(): void;
	/** Closes the latest connection as WebSocket has it. */
	close(code: number): void;
	/** Resolves when something that matches has come; what came before counts. */
	until(pattern: RegExp): Promise<string>;
	stop(): void;
}

export interface XmppDoubleOptions {
	/** Serves `wss://localhost`. */
	tls?: { key: string; cert: string };
	/** Held back until this resolves: the answer to the stream's opening. */
	open?: Promise<void>;
	/** What follows the answer to the stream's opening, in place of the features. */
	afterOpen?: readonly string[];
	/** How large a stanza the server says that it takes (XEP-0478), bytes; default: it says nothing. */
	maxBytes?: number;
	/** The ways to log in that it offers: PLAIN if not given. */
	mechanisms?: readonly string[];
	/** The features of the first stream, in place of those. */
	features?: string;
	/** Says nothing once the client is logged in. */
	silentAfterLogin?: boolean;
	/** Called with each message of a login; says what it likes. With `<success/>` it takes the client for logged in. */
	onLogin?(message: string, say: (xml: string) => void): void;
	/** The answer to `<enable/>`. */
	enabled?: string;
	/** Called with each message that comes, before it is answered. @param say sends to whoever sent it */
	onMessage?(text: string, double: XmppDouble, say: (xml: string) => void): void;
	/** Called at `<resume/>` with its count; the default resumes and repeats nothing. */
	onResume?(h: number, double: XmppDouble): void;
}

const SM = `xmlns="urn:xmpp:sm:3"`;
const BIND = `xmlns="urn:ietf:params:xml:ns:xmpp-bind"`;
const SASL = `xmlns="urn:ietf:params:xml:ns:xmpp-sasl"`;
const offer = (names: readonly string[]) =>
	`<mechanisms ${SASL}>${names.map((name) => `<mechanism>${name}</mechanism>`).join("")}</mechanisms>`;
const features = (inner: string) =>
	`<stream:features xmlns:stream="http://etherx.jabber.org/streams">${inner}</stream:features>`;

export const account = (service: string): XmppAccount => ({
	kind: "account",
	service,
	domain: "localhost",
	username: "push",
	password: "secret",
	resource: "push",
	address: "push@localhost/push",
	allow: ["localhost"],
});

export function startXmppDouble(options: XmppDoubleOptions = {}): XmppDouble {
	const received: string[] = [];
	const links: ServerWebSocket<Link>[] = [];
	const waiting = new Set<() => void>();
	const limits = options.maxBytes
		? `<limits xmlns="urn:xmpp:stream-limits:0"><max-bytes>${options.maxBytes}</max-bytes></limits>`
		: "";

	async function answer(link: ServerWebSocket<Link>, text: string) {
		if (text.startsWith("<open")) {
			await options.open;
			if (link.data.authenticated && options.silentAfterLogin) return;
			link.send(`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="localhost" id="1" version="1.0"/>`);
			if (options.afterOpen) {
				for (const frame of options.afterOpen) link.send(frame);
				return;
			}
			link.send(
				link.data.authenticated
					? features(`<bind ${BIND}/><sm ${SM}/>${limits}`)
					: features(options.features ?? offer(options.mechanisms ?? ["PLAIN"])),
			);
		} else if (/^<(auth|response)/.test(text)) {
			const say = (xml: string) => {
				link.data.authenticated ||= xml.startsWith("<success");
				link.send(xml);
			};
			if (options.onLogin) options.onLogin(text, say);
			else say(`<success ${SASL}/>`);
		} else if (text.includes(BIND)) {
			const id = /id="([^"]+)"/.exec(text)?.[1];
			const resource = /<resource>(.*)<\/resource>/.exec(text)?.[1];
			link.send(
				`<iq type="result" id="${id}"><bind ${BIND}><jid>push@localhost/${resource}</jid></bind></iq>`,
			);
		} else if (text.startsWith("<enable")) {
			link.send(options.enabled ?? `<enabled ${SM} id="session" resume="true"/>`);
		} else if (text.startsWith("<resume")) {
			const resume =
				options.onResume ?? ((_h, double) => double.send(`<resumed ${SM} h="0" previd="session"/>`));
			resume(Number(/h="(\d+)"/.exec(text)?.[1]), double);
		}
	}

	const server = Bun.serve<Link>({
		port: 0,
		hostname: "127.0.0.1",
		...(options.tls && { tls: { key: options.tls.key, cert: options.tls.cert } }),
		fetch(request, self) {
			const headers = { "Sec-WebSocket-Protocol": "xmpp" };
			return self.upgrade(request, { data: { authenticated: false }, headers })
				? undefined
				: new Response(null, { status: 400 });
		},
		websocket: {
			data: { authenticated: false },
			backpressureLimit: 2 ** 28,
			open: (link) => void links.push(link),
			async message(link, message) {
				received.push(String(message));
				for (const look of [...waiting]) look();
				options.onMessage?.(String(message), double, (xml) => void link.send(xml));
				await answer(link, String(message));
			},
		},
	});

	const double: XmppDouble = {
		service: options.tls ? `wss://localhost:${server.port}/` : `ws://127.0.0.1:${server.port}/`,
		received,
		connections: () => links.length,
		send: (xml) => void links.at(-1)?.send(xml),
		cut: () => links.at(-1)?.terminate(),
		close: (code) => links.at(-1)?.close(code),
		until(pattern) {
			return new Promise((resolve) => {
				const look = () => {
					const found = received.find((text) => pattern.test(text));
					if (found === undefined) return;
					waiting.delete(look);
					resolve(found);
				};
				waiting.add(look);
				look();
			});
		},
		stop: () => void server.stop(true),
	};
	return double;
}
