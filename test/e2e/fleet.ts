/** Several connectors on one database, and a publisher that counts its answers. */
import { afterAll, afterEach } from "bun:test";
import xml, { type Element } from "@xmpp/xml";
import { generateVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import type { PushClass } from "../../src/types.ts";
import { type FcmServer, startFcmServer } from "../peers/fcm-server.ts";
import { type Registered, type Reveille, startReveille } from "../peers/reveille.ts";
import { startSqld } from "../peers/sqld.ts";
import { connectUser, type PushAddress } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { startServer } from "./scene.ts";

/** A device that was registered for no user. */
export type Address = Registered;

/** The push service of a test file, and what each of its tests leaves to be ended: the last first. */
export function providerOfFile(): { provider: FcmServer; ends: (() => unknown)[] } {
	const provider = startFcmServer();
	const ends: (() => unknown)[] = [];
	afterEach(async () => {
		provider.respondNormally();
		for (const end of ends.splice(0).reverse()) await end();
		provider.clear();
	}, 60_000);
	afterAll(() => provider.stop());
	return { provider, ends };
}

/** What all connectors of a fleet have in common. */
export const fleetSettings = async (databaseUrl: string, provider: FcmServer) => ({
	DATABASE_URL: databaseUrl,
	FCM_URL: provider.url,
	FCM_SERVICE_ACCOUNT: provider.serviceAccount,
	SECRET_KEY: "the-key-that-all-connectors-derive-secrets-from",
	VAPID_PRIVATE_KEY: await generateVapidKey(),
	REGISTRATION_TOKEN: "the-registration-token-of-all-connectors",
	ADMIN_TOKEN: "the-token-of-those-who-look-at-metrics",
	LOG_LEVEL: "info",
});

/** Settings of a connector that is one of several components of a domain. */
export const asComponent = (server: XmppServer) => ({
	XMPP_SERVICE: server.componentUrl,
	XMPP_DOMAIN: COMPONENT.domain,
	XMPP_PASSWORD: COMPONENT.secret,
	// Who is anybody registers without a token then.
	REGISTRATION_TOKEN: "",
});

/** A libSQL server, which the list ends. @returns its URL */
export async function startDatabase(ends: (() => unknown)[]): Promise<string> {
	const sqld = await startSqld();
	ends.push(() => sqld.stop());
	return sqld.httpUrl;
}

/** What several connectors are together. */
export const COMPONENT = { domain: "push.example.org", secret: "the component's secret" };

/** An ejabberd, which knows the component and the list ends. @param extraConfig lines of ejabberd.yml */
export async function startEjabberd(ends: (() => unknown)[], extraConfig?: string): Promise<XmppServer> {
	const server = await startServer("ejabberd", {
		components: [COMPONENT],
		...(extraConfig !== undefined && { extraConfig }),
	});
	ends.push(() => server.stop());
	await server.addUsers(["alice", "carol"], "secret");
	return server;
}

/** Starts a connector with a data folder of its own, which the list ends. */
export async function startOne(
	settings: Record<string, string>,
	ends: (() => unknown)[],
	until: "ready" | "health" = "ready",
): Promise<Reveille> {
	const one = await startReveille({ settings }, until);
	ends.push(() => one.stop());
	return one;
}

/** Registers devices over HTTP, some at once. */
export async function registerMany(
	count: number,
	at: Reveille,
	provider: FcmServer,
	token = "no token",
): Promise<Address[]> {
	const made: Address[] = [];
	let asked = 0;
	const register = async () => {
		while (asked++ < count)
			made.push(await at.registerDevice({ app: "fcm", token: provider.createDevice() }, token));
	};
	await Promise.all(Array.from({ length: 8 }, register));
	return made;
}

/** How often each count was pushed. */
export function pushedCounts(provider: FcmServer): Map<number, number> {
	const counts = new Map<number, number>();
	for (const { message } of provider.pushes) {
		const count = Number(message.data?.count);
		counts.set(count, (counts.get(count) ?? 0) + 1);
	}
	return counts;
}

export async function metric(of: Reveille, line: string): Promise<number> {
	const headers = { Authorization: "Bearer the-token-of-those-who-look-at-metrics" };
	const text = await (await fetch(`${of.url}/metrics`, { headers })).text();
	const found = text.split("\n").find((each) => each.startsWith(`${line} `));
	return Number(found?.split(" ")[1] ?? 0);
}

/** A user who publishes by hand, as a server would, and is told every answer. */
export interface Publisher {
	/** Publishes with a count that tells it from all others. @param pushClass default: `high` */
	publish(address: PushAddress, count: number, pushClass?: PushClass): void;
	/** By count: `result`, or the error's type and condition. */
	readonly answers: ReadonlyMap<number, string>;
}

const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));

const form = (type: string, ...fields: Element[]) =>
	xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		xml("field", { var: "FORM_TYPE", type: "hidden" }, xml("value", {}, type)),
		...fields,
	);

/** What makes a publish one of its class, beside the summary. */
const MARKS: Readonly<Record<PushClass, Element[]>> = {
	high: [],
	low: [xml("priority", { xmlns: "tigase:push:priority:0" }, "low")],
	voip: [xml("encrypted", { xmlns: "tigase:push:encrypt:0", iv: "iv", type: "voip" }, "sealed")],
	event: [xml("event", { xmlns: "http://tigase.org/protocol/account#event", name: "account-removed" })],
};

/** What a server publishes of a message; its id is the count. */
export const publishOf = ({ jid, node, secret = "" }: PushAddress, count: number, pushClass: PushClass) =>
	xml("iq", { type: "set", id: String(count), to: jid }, pubsubOf(node, secret, count, pushClass));

const pubsubOf = (node: string, secret: string, count: number, pushClass: PushClass) =>
	xml(
		"pubsub",
		{ xmlns: "http://jabber.org/protocol/pubsub" },
		xml(
			"publish",
			{ node },
			xml(
				"item",
				{},
				xml(
					"notification",
					{ xmlns: "urn:xmpp:push:0" },
					form(
						"urn:xmpp:push:summary",
						field("message-count", String(count)),
						field("last-message-body", "New message"),
					),
					...MARKS[pushClass],
				),
			),
		),
		xml(
			"publish-options",
			{},
			form("http://jabber.org/protocol/pubsub#publish-options", field("secret", secret)),
		),
	);

/** Takes down the answer to a publish, if it is one. */
export function noteAnswer(stanza: Element, answers: Map<number, string>): void {
	if (stanza.name !== "iq" || !/^\d+$/.test(stanza.attrs.id)) return;
	const error = stanza.getChild("error");
	const condition = error?.getChildElements()[0]?.getName();
	answers.set(Number(stanza.attrs.id), error ? `${error.attrs.type}/${condition}` : stanza.attrs.type);
}

/** @param username one of the server's users, whose password is "secret" */
export async function startPublisher(
	server: XmppServer,
	username: string,
	ends: (() => unknown)[],
): Promise<Publisher> {
	const user = await connectUser({
		service: server.websocketUrl,
		domain: server.host,
		username,
		password: "secret",
	});
	ends.push(() => user.goOffline());
	const answers = new Map<number, string>();
	user.client.on("stanza", (stanza: Element) => noteAnswer(stanza, answers));
	return {
		answers,
		publish(address, count, pushClass = "high") {
			void user.send(publishOf(address, count, pushClass));
		},
	};
}

/** Does something so many times a second, evenly, for so long; what a busy machine delays is made up for. */
export async function evenly(
	perSecond: number,
	seconds: number,
	act: (index: number) => unknown,
): Promise<void> {
	const startedAt = performance.now();
	const all = perSecond * seconds;
	for (let done = 0; done < all; ) {
		const due = Math.min(all, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond));
		for (; done < due; done++) act(done);
		await Bun.sleep(20);
	}
}
