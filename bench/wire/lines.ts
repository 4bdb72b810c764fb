/** How the load reaches who is measured: as the XMPP server that they connect to, or through one as its component. */
import { createHash } from "node:crypto";
import { ACCOUNT, COMPONENT } from "./names.ts";

/** What the load needs of a connection. */
export interface Line {
	write(texts: string[]): void;
}

/** What a connection tells the load. */
export interface Load {
	/** It can be written to. */
	opened(line: Line): void;
	/** Whole tags that came. */
	onText(text: string): void;
}

const STREAM = "xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'";

/** Takes as many bytes as it says. */
interface Writable {
	write(bytes: Uint8Array): number;
}

/** A component's stream, whichever side opened it: what comes in pieces is put together, what waits is kept. */
class Stream {
	readonly #pending: Uint8Array[] = [];
	readonly #encoder = new TextEncoder();
	readonly #decoder = new TextDecoder();
	#rest = "";

	/** @returns all whole tags so far */
	read(data: Uint8Array): string {
		const text = this.#rest + this.#decoder.decode(data, { stream: true });
		const end = text.lastIndexOf(">") + 1;
		this.#rest = text.slice(end);
		return text.slice(0, end);
	}

	write(socket: Writable, text: string): void {
		this.#pending.push(this.#encoder.encode(text));
		this.flush(socket);
	}

	flush(socket: Writable): void {
		for (let first = this.#pending[0]; first; first = this.#pending[0]) {
			const written = socket.write(first);
			if (written < first.length) {
				this.#pending[0] = first.subarray(Math.max(written, 0));
				return;
			}
			this.#pending.shift();
		}
	}
}

/** Lets a component in (XEP-0114), whatever its password. @returns where */
export function acceptComponent({ opened, onText }: Load): string {
	const stream = new Stream();
	let isOpen = false;
	const listener = Bun.listen({
		hostname: "127.0.0.1",
		port: 0,
		socket: {
			drain: (socket) => stream.flush(socket),
			data(socket, data) {
				const text = stream.read(data);
				if (text.endsWith("</stream:stream>")) return void socket.end("</stream:stream>");
				if (isOpen) return onText(text);
				if (text.includes("<stream:stream"))
					socket.write(`<?xml version='1.0'?><stream:stream ${STREAM} from='${COMPONENT}' id='1'>`);
				if (!text.includes("</handshake>")) return;
				socket.write("<handshake/>");
				isOpen = true;
				opened({ write: (texts) => stream.write(socket, texts.join("")) });
			},
		},
	});
	return `xmpp://127.0.0.1:${listener.port}`;
}

/** An XMPP server between the load and who is measured. */
export interface Through {
	/** Where components connect. */
	port: number;
	/** The load's own, which it publishes from. */
	domain: string;
	password: string;
	/** Where who is measured connects, as Reveille's XMPP_SERVICE, … */
	service: string;
	/** … and its JID there. */
	to: string;
}

/** Connects to a server as its component (XEP-0114 §3). */
export function connectComponent({ port, domain, password }: Through, { opened, onText }: Load): void {
	const stream = new Stream();
	let isOpen = false;
	void Bun.connect({
		hostname: "127.0.0.1",
		port,
		socket: {
			open: (socket) => void socket.write(`<stream:stream ${STREAM} to='${domain}'>`),
			drain: (socket) => stream.flush(socket),
			data(socket, data) {
				const text = stream.read(data);
				if (isOpen) return onText(text);
				const id = /<stream:stream [^>]*\bid=["']([^"']+)/.exec(text)?.[1];
				if (id !== undefined) {
					const proof = createHash("sha1").update(`${id}${password}`).digest("hex");
					socket.write(`<handshake>${proof}</handshake>`);
				} else if (text.includes("<handshake")) {
					isOpen = true;
					opened({ write: (texts) => stream.write(socket, texts.join("")) });
				} else if (text.includes("<stream:error")) throw new Error(`the server refuses the load: ${text}`);
			},
			close() {
				throw new Error("the server closed the load's connection");
			},
		},
	});
}

const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const SM = "urn:xmpp:sm:3";
const features = (inner: string) =>
	`<stream:features xmlns:stream="http://etherx.jabber.org/streams">${inner}</stream:features>`;

/** What is known of one connection of an account. */
interface Session {
	isKnown: boolean;
	resource: string;
	/** Stanzas that came from it since it enabled counting. */
	received: number;
}

/**
 * Lets an account in over WebSocket (RFC 7395), whatever its password. The load begins with the session that binds the
 * resource of ACCOUNT; before it a connector asks from another resource who has its address: nobody has.
 * @returns where
 */
export function acceptWebSocket({ opened, onText }: Load): string {
	const [bare, resource] = ACCOUNT.split("/");
	let isOpen = false;
	const server = Bun.serve<Session>({
		hostname: "127.0.0.1",
		port: 0,
		fetch: (request, self) =>
			self.upgrade(request, {
				headers: { "Sec-WebSocket-Protocol": "xmpp" },
				data: { isKnown: false, resource: "", received: 0 },
			})
				? undefined
				: new Response(null, { status: 400 }),
		websocket: {
			message(link, message) {
				const text = String(message);
				if (/^<(?:iq|message|presence)/.test(text)) link.data.received++;
				if (isOpen && text.startsWith("<iq")) return onText(text);
				if (text.startsWith("<close")) return link.close();
				if (text.startsWith("<open")) {
					link.send(
						`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="example.org" id="1" version="1.0"/>`,
					);
					link.send(
						link.data.isKnown
							? features(`<bind xmlns="${BIND}"/><sm xmlns="${SM}"/>`)
							: features(`<mechanisms xmlns="${SASL}"><mechanism>PLAIN</mechanism></mechanisms>`),
					);
				} else if (text.startsWith("<auth")) {
					link.data.isKnown = true;
					link.send(`<success xmlns="${SASL}"/>`);
				} else if (text.includes(BIND)) {
					link.data.resource = /<resource[^>]*>([^<]+)</.exec(text)?.[1] ?? "none";
					const jid = `${bare}/${link.data.resource}`;
					link.send(
						`<iq type="result" id="${idOf(text)}"><bind xmlns="${BIND}"><jid>${jid}</jid></bind></iq>`,
					);
				} else if (text.startsWith("<iq")) {
					link.send(
						`<iq type="error" id="${idOf(text)}" from="${ACCOUNT}"><error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`,
					);
				} else if (text.startsWith("<enable")) {
					link.data.received = 0;
					link.send(`<enabled xmlns="${SM}" id="session" resume="true"/>`);
					if (link.data.resource !== resource) return;
					isOpen = true;
					opened({
						write(texts) {
							for (const publish of texts) link.send(publish);
						},
					});
				} else if (text.startsWith("<resume")) {
					// Nothing is kept here: who was measured before left its session behind.
					link.send(`<failed xmlns="${SM}"/>`);
				} else if (text.startsWith("<r")) {
					link.send(`<a xmlns="${SM}" h="${link.data.received}"/>`);
				}
			},
		},
	});
	return `ws://127.0.0.1:${server.port}/`;
}

const idOf = (text: string) => /id="([^"]+)"/.exec(text)?.[1] ?? "";
