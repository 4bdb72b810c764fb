/** Users of any domain at a server that a test speaks for: they register by command, and it publishes for them. */
import { type Element, Parser } from "@xmpp/xml";
import type { PushClass } from "../../src/types.ts";
import { type ComponentDouble, startComponentDouble } from "../connector/component-double.ts";
import { publishOf } from "../e2e/fleet.ts";
import { asComponentOf } from "../faults/wire.ts";
import { type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";

/** What a command or a publish was answered. */
export interface Answered {
	/** `result`, or the error's type and condition: `cancel/item-not-found`. */
	said: string;
	/** The values of a form in it. */
	values: Readonly<Record<string, string>>;
}

/** Where to publish: what registering answered. */
export interface Target {
	node?: string;
	secret?: string;
}

export interface Crowd {
	readonly reveille: Reveille;
	readonly double: ComponentDouble;
	/** Registers a device by a command. @param to default: our domain */
	register(owner: string, command: string, fields: Record<string, string>, to?: string): Promise<Answered>;
	/** @param from the domain that publishes: the owner's, if there is one */
	publish(to: Target, from?: string, pushClass?: PushClass): Promise<Answered>;
	/** A request over HTTP from a network: so many of them are a /48. */
	ask(method: string, path: string, network: number, json?: object, secret?: string): Promise<Response>;
	stop(): Promise<void>;
}

/** How many networks (/64) one /48 has here: it may write 600 times at once. */
export const SITE = 500;

const ADDRESS = "push.example.org";

export async function startCrowd(settings: ReveilleOptions["settings"] = {}): Promise<Crowd> {
	const waiting = new Map<string, (answered: Answered) => void>();
	const parsers = new Map<number, Parser>();

	/** @param connection its number: each has a stream of its own */
	function read(text: string, connection: number) {
		const parser = parsers.get(connection) ?? new Parser();
		if (!parsers.has(connection)) {
			parser.on("error", () => {});
			parser.on("element", note);
			parsers.set(connection, parser);
		}
		parser.write(text);
	}

	function note(stanza: Element) {
		const { id, type } = stanza.attrs;
		if (stanza.name !== "iq" || (type !== "result" && type !== "error")) return;
		waiting.get(id)?.(answeredBy(stanza));
		waiting.delete(id);
	}

	const double = await startComponentDouble({ echoesPings: true, onText: read });
	const reveille = await startReveille(
		{ settings: { ...asComponentOf(double), LOG_LEVEL: "info", ...settings } },
		"ready",
	).catch((error: unknown) => {
		double.stop();
		throw error;
	});
	let asked = 0;
	const send = (stanza: (id: string) => string) => {
		const id = `crowd-${++asked}`;
		return new Promise<Answered>((resolve) => {
			waiting.set(id, resolve);
			double.send(stanza(id));
		});
	};

	return {
		reveille,
		double,
		register: (owner, command, fields, to = ADDRESS) =>
			send((id) => commandOf(id, `${owner}/phone`, to, command, fields)),
		publish: ({ node = "", secret = "" }, from = "example.net", pushClass = "high") =>
			send((id) => {
				const stanza = publishOf({ jid: ADDRESS, node, secret }, 0, pushClass);
				Object.assign(stanza.attrs, { id, from });
				return stanza.toString();
			}),
		ask: (method, path, network, json, secret) =>
			fetch(`${reveille.url}/api/v1${path}`, {
				method,
				headers: {
					"X-Forwarded-For": `2001:db8:${Math.floor(network / SITE).toString(16)}:${(network % SITE).toString(16)}::1`,
					...(json && { "Content-Type": "application/json" }),
					...(secret !== undefined && { Authorization: `Bearer ${secret}` }),
				},
				...(json && { body: JSON.stringify(json) }),
			}),
		async stop() {
			await reveille.stop();
			double.stop();
		},
	};
}

function answeredBy(stanza: Element): Answered {
	const error = stanza.getChild("error");
	const form = stanza.getChild("command")?.getChild("x");
	const fields = form?.getChildren("field") ?? [];
	return {
		said: error ? `${error.attrs.type}/${error.getChildElements()[0]?.getName()}` : stanza.attrs.type,
		values: Object.fromEntries(fields.map((field) => [field.attrs.var, field.getChildText("value") ?? ""])),
	};
}

function commandOf(
	id: string,
	from: string,
	to: string,
	node: string,
	fields: Record<string, string>,
): string {
	const form = Object.entries(fields).map(
		([name, value]) => `<field var="${name}"><value>${value}</value></field>`,
	);
	return (
		`<iq type="set" id="${id}" from="${from}" to="${to}"><command xmlns="http://jabber.org/protocol/commands" ` +
		`node="${node}" action="execute"><x xmlns="jabber:x:data" type="submit">${form.join("")}</x></command></iq>`
	);
}

/** What a device of nobody's registers with. */
export const deviceAt = (endpoint: string) => ({
	token: endpoint,
	// RFC 8291 §5.
	p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	auth: "BTBZMqHH6r4Tts7J_aSIgg",
});

/** The same, as the JSON API takes it. */
export function subscriptionAt(endpoint: string) {
	const { p256dh, auth } = deviceAt(endpoint);
	return { subscription: { endpoint, keys: { p256dh, auth } } };
}

/** Does something so many times, some at once. */
export async function inMasses(
	count: number,
	act: (index: number) => Promise<unknown>,
	atOnce = 32,
): Promise<void> {
	let next = 0;
	const go = async () => {
		while (next < count) await act(next++);
	};
	await Promise.all(Array.from({ length: atOnce }, go));
}
