/**
 * Somebody who means harm: with an account at the same server, with a component there (as a server of his own would
 * be, he writes as whom he likes of his domain), and with nothing but HTTP from a /48 of his own.
 */
import type { Element } from "@xmpp/xml";
import { type Component, connectComponent } from "../../peers/component.ts";
import type { PushAddress, User } from "../../peers/user.ts";
import type { ComponentAccount } from "../../peers/xmpp-server.ts";
import type { Scene } from "../scene.ts";

export const NAME = "mallory";
/** The component's domain: under another registrable one than the users'. */
export const COMPONENT: ComponentAccount = { domain: "mallory.example", secret: "the stranger's secret" };

/** How many networks (/64) of his are one /48. */
export const SITE = 0x10000;
/** How long he waits for an answer, ms. */
const PATIENCE_MS = 120_000;
/** The third group of his first network's address. */
const NETWORK = 0xbad0;

export interface Stranger {
	/** Sends XML from his account, just as it is; logs in again where his server has shut him out. */
	say(xml: string): Promise<void>;
	/** The same from his component, where stanzas name whom they are from. */
	sayAsServer(xml: string): Promise<void>;
	/** What his IQs were answered, by their ids: `result`, or an error's type and condition. */
	readonly answers: ReadonlyMap<string, string>;
	/** Resolves when one of these IQs was answered: what he does reaches Reveille. @throws at the deadline */
	answered(ids: readonly string[]): Promise<void>;
	/** A request. @param init.network from which of his networks: `SITE` of them are a /48. Default: the first */
	ask(
		method: string,
		path: string,
		init?: { network?: number; json?: unknown; secret?: string },
	): Promise<Response>;
	/** Registers over HTTP. @throws with what was answered instead of 201 */
	register(body: object, network?: number): Promise<PushAddress & { secret: string; deviceSecret?: string }>;
	leave(): Promise<void>;
	/** Ends his connections at once, with all that waits in them. What he says later is lost. */
	cutOff(): Promise<void>;
}

export async function letStrangerIn(scene: Scene): Promise<Stranger> {
	const answers = new Map<string, string>();
	let account: User | undefined;
	let component: Component | undefined;
	let isCutOff = false;

	const note = (stanza: Element) => {
		const { type, id } = stanza.attrs;
		if (stanza.name !== "iq" || (type !== "result" && type !== "error")) return;
		const error = stanza.getChild("error");
		answers.set(id, error ? `${error.attrs.type}/${error.getChildElements()[0]?.getName()}` : type);
	};

	async function loggedIn(): Promise<User> {
		if (account?.client.status === "online") return account;
		account = await scene.login(NAME);
		account.client.on("stanza", note);
		return account;
	}

	async function connected(): Promise<Component> {
		if (component?.isOpen()) return component;
		const made = await connectComponent(scene.server, COMPONENT);
		made.onStanza((stanza) => {
			note(stanza);
			return undefined;
		});
		component = made;
		return made;
	}

	const ask: Stranger["ask"] = (method, path, { network = 0, json, secret } = {}) => {
		const [site, part] = [Math.floor(network / SITE), network % SITE];
		return fetch(scene.reveille.url + path, {
			method,
			headers: {
				"X-Forwarded-For": `2001:db8:${(NETWORK + site).toString(16)}:${part.toString(16)}::1`,
				...(json !== undefined && { "Content-Type": "application/json" }),
				...(secret !== undefined && { Authorization: `Bearer ${secret}` }),
			},
			...(json !== undefined && { body: JSON.stringify(json) }),
		});
	};

	return {
		answers,
		ask,
		async answered(ids) {
			const deadline = performance.now() + PATIENCE_MS;
			while (!ids.some((id) => answers.has(id))) {
				if (performance.now() > deadline) throw new Error(`none of ${ids.length} stanzas was answered`);
				await Bun.sleep(20);
			}
		},
		async say(xml) {
			if (isCutOff) return;
			const user = await loggedIn();
			// RFC 7395 §3.3.3: each message stands for itself.
			await user.client.write(xml.replace(/^<\w+/, '$& xmlns="jabber:client"'));
		},
		async sayAsServer(xml) {
			if (isCutOff) return;
			(await connected()).write(xml);
		},
		async register(body, network = 0) {
			const answer = await ask("POST", "/api/v1/registrations", { network, json: body });
			if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
			return (await answer.json()) as PushAddress & { secret: string };
		},
		async cutOff() {
			isCutOff = true;
			account?.client.socket?.end();
			component?.destroy();
		},
		async leave() {
			if (account?.client.status === "online") await account.goOffline().catch(() => {});
			await component?.close();
		},
	};
}
