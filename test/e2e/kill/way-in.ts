/** The XMPP server in front of Reveille, as a run sees it. */
import { type Element, Parser } from "@xmpp/xml";
import { component, startComponentDouble } from "../../connector/component-double.ts";
import type { XmppServer } from "../../peers/xmpp-server.ts";
import { noteAnswer, publishOf, startPublisher } from "../fleet.ts";
import type { Transport } from "../scene.ts";
import type { Publish } from "./ledger.ts";

export interface WayIn {
	/** How Reveille is connected. */
	readonly settings: Record<string, string | undefined>;
	/** Whether a publish reaches anybody, now or later. */
	isOpen(): boolean;
	publish(publish: Publish): void;
	/** By count: `result`, or the error's type and condition. */
	readonly answers: ReadonlyMap<number, string>;
	stop(): unknown;
}

/** A server's component socket (XEP-0114) and nothing behind it: what nobody takes is lost. */
export async function wayOfDouble(): Promise<WayIn> {
	const answers = new Map<number, string>();
	let online = 0;
	let parsed = 0;
	let parser = new Parser();
	const server = await startComponentDouble({
		echoesPings: true,
		onHandshake(connection) {
			online = connection;
			return "<handshake/>";
		},
		onText(text, connection) {
			if (connection !== parsed) {
				parser = new Parser();
				parser.on("element", (stanza: Element) => noteAnswer(stanza, answers));
				// It was killed while it wrote.
				parser.on("error", () => {});
				parsed = connection;
			}
			parser.write(text);
		},
	});
	const { service, domain, password } = component(server.service);
	return {
		settings: { XMPP_SERVICE: service, XMPP_DOMAIN: domain, XMPP_PASSWORD: password },
		isOpen: () => server.isConnected() && online === server.connections(),
		publish: ({ count, device, class: pushClass }) =>
			server.send(publishOf(device, count, pushClass).toString()),
		answers,
		stop: () => server.stop(),
	};
}

/** A real server, and a user who publishes by hand. @param publisher one of its users */
export async function wayOfServer(
	server: XmppServer,
	transport: Transport,
	publisher: string,
): Promise<WayIn> {
	const ends: (() => unknown)[] = [];
	const { publish, answers } = await startPublisher(server, publisher, ends);
	const [{ domain, secret } = { domain: "", secret: "" }] = server.components;
	return {
		settings:
			transport === "component"
				? { XMPP_SERVICE: server.componentUrl, XMPP_DOMAIN: domain, XMPP_PASSWORD: secret }
				: {
						XMPP_SERVICE: server.websocketUrl,
						XMPP_DOMAIN: server.host,
						XMPP_USERNAME: "push",
						XMPP_PASSWORD: "secret",
					},
		// What comes while nobody is there the server keeps, or bounces.
		isOpen: () => true,
		publish: ({ count, device, class: pushClass }) => publish(device, count, pushClass),
		answers,
		stop: () => ends[0]?.(),
	};
}
