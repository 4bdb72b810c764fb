/** Reveille itself as the component of an XMPP server that a test speaks for: publishes, and what each is answered. */
import { type ComponentDouble, startComponentDouble } from "../connector/component-double.ts";
import { type Registered, type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";

/** Where to publish. */
export type Target = Pick<Registered, "node" | "secret" | "deviceSecret">;

/** What a publish was answered. */
export interface Answered {
	/** `done`, or the type of the error and its condition, such as `cancel item-not-found`. */
	said: string;
	/** How long it took. */
	ms: number;
}

export interface Wire {
	readonly reveille: Reveille;
	readonly double: ComponentDouble;
	/** Registers a device over HTTP. @param body as `POST /registrations` takes it */
	register(body: object): Promise<Target>;
	/** Publishes a message. @param text what it says */
	publish(to: Target, text?: string): Promise<Answered>;
	stop(): Promise<void>;
}

/** A component is there for everybody, and so is registering over HTTP. */
export const NO_TOKEN = "no token";

const SERVER = "example.net";

/** Settings of a process that is the double's component. */
export const asComponentOf = ({ service }: ComponentDouble) => ({
	XMPP_SERVICE: service,
	XMPP_DOMAIN: "push.example.org",
	XMPP_PASSWORD: "the secret",
	PUSH_INTERVAL_MS: "0",
});

export async function startWire(settings: ReveilleOptions["settings"] = {}): Promise<Wire> {
	const double = await startComponentDouble({ echoesPings: true });
	const reveille = await startReveille(
		{ settings: { ...asComponentOf(double), ...settings } },
		"ready",
	).catch((error: unknown) => {
		double.stop();
		throw error;
	});
	return {
		reveille,
		double,
		register: (body) => reveille.registerDevice(body, NO_TOKEN),
		publish: publisher(double),
		async stop() {
			await reveille.stop();
			double.stop();
		},
	};
}

/** @returns publishes as the server's push module does, and waits for the answer */
export function publisher(double: ComponentDouble): Wire["publish"] {
	let published = 0;
	return async ({ node, secret }, text = "Wake up!") => {
		const id = `publish-${++published}`;
		const from = double.received().length;
		const started = performance.now();
		double.send(publishOf(id, node, secret, text));
		const answer = await double.until(new RegExp(`<iq [^>]*id="${id}"[^>]*?(/>|>.*?</iq>)`, "s"), from);
		return { said: wordsOf(answer), ms: performance.now() - started };
	};
}

/** The stanza. */
export const publishOf = (id: string, node: string, secret: string, text: string) =>
	`<iq type="set" id="${id}" from="${SERVER}" to="push.example.org"><pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="${node}"><item><notification xmlns="urn:xmpp:push:0"><x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>urn:xmpp:push:summary</value></field><field var="message-count"><value>1</value></field><field var="last-message-body"><value>${text}</value></field></x></notification></item></publish><publish-options><x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var="secret"><value>${secret}</value></field></x></publish-options></pubsub></iq>`;

function wordsOf(answer: string): string {
	if (/ type="result"/.test(answer)) return "done";
	const type = /<error [^>]*type="([^"]*)"/.exec(answer)?.[1];
	const condition = /<([a-z-]+) [^>]*urn:ietf:params:xml:ns:xmpp-stanzas/.exec(answer)?.[1];
	return `${type} ${condition}`;
}
