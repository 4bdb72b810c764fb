/** What the stranger's deeds are made of: stanzas, registrations, publishes. */
import type { PushClass } from "../../../src/types.ts";
import type { PushAddress } from "../../peers/user.ts";
import type { WebPushServer } from "../../peers/web-push-server.ts";
import { evenly, publishOf } from "../fleet.ts";
import type { Siege } from "./siege.ts";
import { SITE } from "./stranger.ts";

export interface Deed {
	/** A sentence's end, with the stranger as its subject. */
	readonly what: string;
	/** Pushes meanwhile may be late, or lost: why is said where it stands. Default: false. */
	readonly mayDelay?: boolean;
	/** @throws where it did more than it may, or could not be done at all */
	do(siege: Siege): Promise<unknown>;
}

/** Where to publish, and what a device may do with its registration. */
export type Address = PushAddress & { secret: string; deviceSecret?: string };

const PUBSUB = "http://jabber.org/protocol/pubsub";

export const MEGABYTE = 1_000_000;

export const ping = (to: string, id: string) =>
	`<iq type="get" to="${to}" id="${id}"><ping xmlns="urn:xmpp:ping"/></iq>`;

/** An ad-hoc command. @param from whom it claims to be from, as only a server may */
export const command = (to: string, id: string, name: string, fields: string, from?: string) =>
	`<iq type="set" to="${to}"${from === undefined ? "" : ` from="${from}"`} id="${id}">` +
	`<command xmlns="http://jabber.org/protocol/commands" node="${name}" action="execute">` +
	`<x xmlns="jabber:x:data" type="submit">${fields}</x></command></iq>`;

export const field = (name: string, ...values: string[]) =>
	`<field var="${name}">${values.map((value) => `<value>${value}</value>`).join("")}</field>`;

/** A publish of so long a text, or sealed content. */
export function longPublish(to: Address, id: string, pushClass: "high" | "voip", length: number): string {
	const long = "x".repeat(length);
	const form = (...fields: string[]) => `<x xmlns="jabber:x:data" type="submit">${fields.join("")}</x>`;
	const content =
		pushClass === "voip"
			? `<encrypted xmlns="tigase:push:encrypt:0" iv="aXY=" type="voip">${long}</encrypted>`
			: form(field("FORM_TYPE", "urn:xmpp:push:summary"), field("last-message-body", long));
	const options = form(field("FORM_TYPE", `${PUBSUB}#publish-options`), field("secret", to.secret));
	return (
		`<iq type="set" to="${to.jid}" id="${id}"><pubsub xmlns="${PUBSUB}"><publish node="${to.node}"><item>` +
		`<notification xmlns="urn:xmpp:push:0">${content}</notification></item></publish>` +
		`<publish-options>${options}</publish-options></pubsub></iq>`
	);
}

let published = 0;

/** Publishes once. @returns the stanza's id */
export async function publish({ stranger }: Siege, to: Address, pushClass: PushClass): Promise<string> {
	const id = ++published;
	await stranger.say(publishOf(to, id, pushClass).toString());
	return String(id);
}

/** Publishes to each in turn, so many a second, for so long, and one of them was answered */
export async function publishInTurn(
	siege: Siege,
	addresses: readonly Address[],
	rate: { perSecond: number; seconds: number; classes?: readonly PushClass[] },
): Promise<void> {
	const { perSecond, seconds, classes = ["voip"] } = rate;
	const ids: Promise<string>[] = [];
	await evenly(perSecond, seconds, (index) => {
		const to = addresses[index % addresses.length];
		if (to) ids.push(publish(siege, to, classes[index % classes.length] ?? "voip"));
	});
	const sent = await Promise.all(ids);
	await siege.stranger.answered(sent);
}

/** Registers devices over HTTP, each from another network of one /48 of the stranger's. */
export const registerAll = (
	{ stranger }: Siege,
	count: number,
	bodyOf: (index: number) => object,
	site = 0,
): Promise<Address[]> =>
	Promise.all(
		Array.from({ length: count }, (_, index) => stranger.register(bodyOf(index), site * SITE + index)),
	);

/** What a browser hands in. @param service who made its keys: nobody has the other half */
export const subscriptionAt = (endpoint: string, { scene }: Siege) => ({
	subscription: { endpoint, keys: scene.endpoint.createSubscription().subscription.keys },
});

/** A device that can be delivered to. */
export async function deviceAt(service: WebPushServer, { scene }: Siege) {
	return service.createSubscription({ applicationServerKey: await scene.reveille.vapidPublicKey() });
}
