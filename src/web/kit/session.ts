/** A login at the account's server: what it can do, and what it is told (XEP-0357). */

import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { encodeBase64, utf8 } from "../../sasl/base64.ts";
import { type Element, xml } from "../../syntax/xml.ts";
import { accountOver } from "./account.ts";
import type { Connection } from "./connection.ts";
import type { KitDeps } from "./deps.ts";
import { formElement } from "./forms.ts";
import type { IqCaller } from "./iq-caller.ts";
import type { Registered, Session } from "./kit.ts";
import { NS } from "./namespaces.ts";

export interface SessionDeps {
	connection: Connection;
	iq: IqCaller;
	/** The full JID that the server bound. */
	jid: string;
	now: KitDeps["now"];
}

export function createSession({ connection, iq, jid, now }: SessionDeps): Session {
	const [account = ""] = jid.split("/", 1);
	const { reveille, ...over } = accountOver(account, iq);

	return {
		account,
		...over,

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

/** A publish as the account's server sends it for a message (XEP-0357 §7). */
function publishElement({ node, secret }: Registered, body: string): Element {
	const summary = formElement({ "message-count": "1", "last-message-body": body }, NS.pushSummary);
	const item = xml("item", {}, xml("notification", { xmlns: NS.push }, summary));
	const options =
		secret === undefined ? [] : [xml("publish-options", {}, formElement({ secret }, NS.publishOptions))];
	return xml("pubsub", { xmlns: NS.pubsub }, xml("publish", { node }, item), ...options);
}
