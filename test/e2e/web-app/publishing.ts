/** Publishes to a browser's registration that say whatever a test wants, with the secret that its page handed in. */

import type { User } from "../../peers/user.ts";
import { options, parse, publishIq } from "../../xmpp/parse.ts";
import type { Relay } from "./relay.ts";

export interface Address {
	jid: string;
	node: string;
	secret: string;
}

/** What the page gave the user's server last (XEP-0357 §5). */
export function enabledThrough({ said }: Relay): Address {
	const enable = parse(said.findLast((element) => element.includes("<enable")) ?? "<none/>").getChild(
		"enable",
	);
	const fields = enable?.getChild("x")?.getChildren("field") ?? [];
	const secret = fields.find(({ attrs }) => attrs.var === "secret")?.getChildText("value");
	const { jid, node } = enable?.attrs ?? {};
	if (!jid || !node || !secret) throw new Error("the page enabled nothing");
	return { jid, node, secret };
}

/** @param notification what is in the `<notification/>` */
export async function publishTo(
	user: User,
	{ jid, node, secret }: Address,
	notification: string,
): Promise<void> {
	const pubsub = parse(publishIq(notification, options({ secret }))).getChild("pubsub");
	const publish = pubsub?.getChild("publish");
	if (!pubsub || !publish) throw new Error("no publish");
	publish.attrs.node = node;
	await user.iq("set", pubsub, jid);
}
