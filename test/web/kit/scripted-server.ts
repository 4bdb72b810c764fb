/** An XMPP server over WebSocket that says what a test wants it to say, and hears nobody's password. */
import type { ServerWebSocket } from "bun";
import { StanzaParser } from "../../../src/syntax/stanza-parser.ts";
import type { Element } from "../../../src/syntax/xml.ts";

export interface ScriptedServer {
	readonly url: string;
	/** All that came. */
	readonly heard: readonly Element[];
	/** Resolves when the latest connection has ended. */
	left(): Promise<void>;
	/** Says something to all that are connected. */
	say(text: string): void;
	/** Cuts all connections. */
	cut(): void;
	stop(): void;
}

/** What is answered to an element; undefined: as a good server does, which lets everybody in by PLAIN. */
export type Script = (element: Element, turn: number) => readonly string[] | undefined;

export const HOST = "example.org";
export const OPEN = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='${HOST}' version='1.0'/>`;
export const features = (inner: string) =>
	`<stream:features xmlns:stream='http://etherx.jabber.org/streams'>${inner}</stream:features>`;
export const mechanisms = (...names: string[]) =>
	features(
		`<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${names.map((name) => `<mechanism>${name}</mechanism>`).join("")}</mechanisms>`,
	);
export const sasl = (name: string, inner = "") =>
	`<${name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${inner}</${name}>`;
export const streamError = (condition: string, text = "") =>
	`<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>${text && `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${text}</text>`}</stream:error>`;
export const result = (iq: Element, inner = "") =>
	`<iq xmlns='jabber:client' type='result' id='${iq.attrs.id}'>${inner}</iq>`;
export const failure = (iq: Element, type: string, condition: string, text = "") =>
	`<iq xmlns='jabber:client' type='error' id='${iq.attrs.id}'>${errorElement(type, condition, text)}</iq>`;
export const errorElement = (type: string, condition: string, text = "") =>
	`<error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>${text && `<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>${text}</text>`}</error>`;

/** What one whole element is. @throws where it is none */
export function elementOf(text: string): Element {
	let found: Element | undefined;
	const parser = new StanzaParser(
		{
			onElement(element) {
				found = element;
			},
			onSkipped() {},
			onFault() {},
		},
		{ hasHeader: false },
	);
	parser.write(text);
	if (!found) throw new Error(`no element: ${text}`);
	return found;
}

/** What a server does that lets everybody in. @param turn how many streams were opened */
function good(element: Element, turn: number): readonly string[] {
	switch (element.getName()) {
		case "open":
			return [
				OPEN,
				turn === 1 ? mechanisms("PLAIN") : features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"),
			];
		case "auth":
			return [sasl("success")];
		case "close":
			return ["<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"];
		case "iq": {
			if (!element.getChild("bind")) return [];
			const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@${HOST}/r1</jid></bind>`;
			return [result(element, bind)];
		}
		default:
			return [];
	}
}

export function startScriptedServer(script: Script = () => undefined): ScriptedServer {
	const heard: Element[] = [];
	const sockets = new Set<ServerWebSocket<{ turn: number }>>();
	let left = Promise.withResolvers<void>();
	const server = Bun.serve<{ turn: number }>({
		port: 0,
		hostname: "127.0.0.1",
		fetch: (request, self) =>
			self.upgrade(request, { data: { turn: 0 }, headers: { "Sec-WebSocket-Protocol": "xmpp" } })
				? undefined
				: new Response(null, { status: 400 }),
		websocket: {
			open(socket) {
				sockets.add(socket);
				left = Promise.withResolvers();
			},
			close(socket) {
				sockets.delete(socket);
				left.resolve();
			},
			message(socket, message) {
				const element = elementOf(String(message));
				heard.push(element);
				if (element.getName() === "open") socket.data.turn++;
				const { turn } = socket.data;
				const said = script(element, turn) ?? good(element, turn);
				for (const text of said) socket.send(text);
				if (element.getName() === "close" && said.length > 0) socket.close();
			},
		},
	});
	return {
		url: `ws://127.0.0.1:${server.port}/`,
		heard,
		left: () => left.promise,
		say(text) {
			for (const socket of sockets) socket.send(text);
		},
		cut() {
			for (const socket of sockets) socket.terminate();
		},
		stop: () => void server.stop(true),
	};
}
