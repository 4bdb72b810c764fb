/** A login at the account's server: what it can do, and what it is told (XEP-0357). */

import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { encodeBase64, utf8 } from "../../sasl/base64.ts";
import { type Element, xml } from "../../syntax/xml.ts";
import { type Connection, StreamEnded } from "./connection.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";
import { formElement } from "./forms.ts";
import { type IqCaller, NoAnswer, StanzaFailure } from "./iq-caller.ts";
import type { Registered, Session } from "./kit.ts";
import { NS } from "./namespaces.ts";
import { reasonOf } from "./reason.ts";
import { reveilleAt } from "./reveille.ts";

export interface SessionDeps {
	connection: Connection;
	iq: IqCaller;
	/** The full JID that the server bound. */
	jid: string;
	now: KitDeps["now"];
}

export function createSession({ connection, iq, jid, now }: SessionDeps): Session {
	const [account = ""] = jid.split("/", 1);
	const domain = account.slice(account.indexOf("@") + 1);
	const reveille = (address: string) => reveilleAt(address, domain, iq);

	/** Asks the account's own server. @throws {Fault} {StanzaFailure} */
	async function ask(type: "get" | "set", child: Element, to?: string): Promise<Element> {
		try {
			return await iq.request(type, child, to);
		} catch (error) {
			const isLost = error instanceof StreamEnded || error instanceof NoAnswer;
			throw isLost ? new Fault({ kind: "disconnected", domain }) : error;
		}
	}

	/** XEP-0030. A server that does not tell has nothing that is asked for. */
	async function featuresOf(to: string): Promise<readonly string[]> {
		try {
			const answer = await ask("get", xml("query", { xmlns: NS.discoInfo }), to);
			const features = answer.getChild("query", NS.discoInfo)?.getChildren("feature") ?? [];
			return features.map(({ attrs }) => attrs.var);
		} catch (error) {
			if (error instanceof StanzaFailure) return [];
			throw error;
		}
	}

	return {
		account,
		domain,

		async features() {
			const features = (await Promise.all([account, domain].map(featuresOf))).flat();
			const has = (...wanted: string[]) => wanted.every((feature) => features.includes(feature));
			return { push: has(NS.push), encrypts: has(NS.pushEncrypt, NS.pushEncryptAes) };
		},

		registerBrowser(address, { subscription, name, deviceId, classes = [], declarative, invite }) {
			const { endpoint: token, keys } = subscription;
			return reveille(address).register("webpush", {
				token,
				p256dh: keys.p256dh,
				auth: keys.auth,
				"device-id": deviceId,
				"device-name": name,
				classes,
				...declarative,
				...(invite !== undefined && { invite }),
			});
		},

		async registerTopic(address, { topic, name }) {
			const { deviceSecret: _, ...registered } = await reveille(address).register("ntfy", {
				token: topic,
				"device-id": await idOfTopic(topic),
				"device-name": name,
			});
			return registered;
		},

		list: (address) => reveille(address).list(),
		test: (address, node) => reveille(address).test(node),
		rename: (address, node, name) => reveille(address).rename(node, name),
		end: (address, node) => reveille(address).end(node),

		async enable({ jid, node, secret }, contentKey) {
			const options = secret === undefined ? [] : [formElement({ secret }, NS.publishOptions)];
			const encrypt = contentKey === undefined ? [] : [encryptElement(contentKey)];
			try {
				await ask("set", xml("enable", { xmlns: NS.push, jid, node }, ...options, ...encrypt));
			} catch (error) {
				throw error instanceof StanzaFailure ? refused(error, domain) : error;
			}
		},

		async disable(jid, node) {
			try {
				await ask("set", xml("disable", { xmlns: NS.push, jid, node }));
			} catch (error) {
				if (!(error instanceof StanzaFailure)) throw error;
				// What it does not have is disabled.
				if (error.condition !== "item-not-found") throw refused(error, domain);
			}
		},

		async publishTest(registered, body) {
			await reveille(registered.jid).request("set", publishElement(registered, body), {
				about: "registration",
				ms: webKitBounds.publishTime.is,
			});
		},

		async roundTrip(address) {
			const start = now();
			await reveille(address).request("get", xml("query", { xmlns: NS.discoInfo }));
			return now() - start;
		},

		close: connection.close,
		closed: connection.ended.then(() => {}),
	};
}

/** The same topic is the same device, whatever its length. */
async function idOfTopic(topic: string): Promise<string> {
	const hash = await crypto.subtle.digest("SHA-256", utf8(topic));
	return `topic:${encodeBase64(new Uint8Array(hash))}`;
}

const encryptElement = (key: string) => xml("encrypt", { xmlns: NS.pushEncrypt, alg: "aes-128-gcm" }, key);

/** A publish as the account's server sends it for a message (XEP-0357 §7). */
function publishElement({ node, secret }: Registered, body: string): Element {
	const summary = formElement({ "message-count": "1", "last-message-body": body }, NS.pushSummary);
	const item = xml("item", {}, xml("notification", { xmlns: NS.push }, summary));
	const options =
		secret === undefined ? [] : [xml("publish-options", {}, formElement({ secret }, NS.publishOptions))];
	return xml("pubsub", { xmlns: NS.pubsub }, xml("publish", { node }, item), ...options);
}

/** Of a server that was asked for push. */
function refused(failure: StanzaFailure, domain: string): Fault {
	const hasNone = ["feature-not-implemented", "service-unavailable"].includes(failure.condition);
	return hasNone
		? new Fault({ kind: "no-push", domain })
		: new Fault({ kind: "enable-refused", domain, reason: reasonOf(failure) });
}
