/** An external component (XEP-0114) by hand, so that a server's side is tried without a library of ours. */
import { createHash } from "node:crypto";
import { createConnection } from "node:net";
import xml, { type Element, Parser } from "@xmpp/xml";
import type { ComponentAccount, XmppServer } from "./xmpp-server.ts";

/** A connected component. */
export interface Component {
	/** Every stanza that comes is given to this; what it returns is sent. */
	onStanza(answer: (stanza: Element) => Element | undefined): void;
	send(stanza: Element): void;
	/** Sends text just as it is. */
	write(xml: string): void;
	/** Whether the server still listens. */
	isOpen(): boolean;
	/** Ends the connection at once. */
	destroy(): void;
	/** Resolves when the server has closed the connection. */
	close(): Promise<void>;
}

const NAMESPACES = `xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams"`;

/**
 * XEP-0114 §3.
 *
 * @throws when the server refuses, with its stream error
 */
export function connectComponent(server: XmppServer, account: ComponentAccount): Promise<Component> {
	const { domain, secret } = account;
	return new Promise((resolve, reject) => {
		const socket = createConnection({ host: "127.0.0.1", port: server.ports.component });
		const closed = new Promise<void>((done) => socket.once("close", () => done()));
		const parser = new Parser();
		let onStanza: (stanza: Element) => Element | undefined = () => undefined;
		const component: Component = {
			onStanza(answer) {
				onStanza = answer;
			},
			send: (stanza) => void socket.write(stanza.toString()),
			write: (xml) => void socket.write(xml),
			isOpen: () => socket.writable,
			destroy: () => void socket.destroy(),
			close() {
				socket.end("</stream:stream>");
				return closed;
			},
		};
		socket.once("error", reject);
		socket.on("data", (data) => parser.write(data.toString()));
		socket.write(`<stream:stream ${NAMESPACES} to="${domain}">`);
		parser.on("start", ({ attrs }: Element) => {
			const proof = createHash("sha1").update(`${attrs.id}${secret}`).digest("hex");
			component.send(xml("handshake", {}, proof));
		});
		parser.on("element", (element: Element) => {
			if (element.is("handshake")) return resolve(component);
			if (element.name === "stream:error") {
				socket.end();
				return reject(new Error(element.toString()));
			}
			const answer = onStanza(element);
			if (answer) component.send(answer);
		});
	});
}
