/**
 * What happens to a user whose app sleeps, as a table: what then arrives at the device, and whether the user's server
 * still has push enabled; by real servers, as they come, over both of Reveille's transports.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import type { User } from "../peers/user.ts";
import { registerByCommand, runCommand } from "./ad-hoc.ts";
import { names, openScene, type Scene, type ServerName, type Sleeper, type Transport } from "./scene.ts";

const PUBSUB = "http://jabber.org/protocol/pubsub";

/** Long enough for many messages to come in one. */
const PUSH_INTERVAL_MS = 1_000;
const MANY = 20;

/** The one it happens to, and who writes. */
interface Happening {
	scene: Scene;
	alice: User;
	sleeper: Sleeper;
}

interface Row {
	what: string;
	/** How the app went to sleep. Default: closed, logged out. `cut`: its connection broke, its session waits. */
	app?: "cut";
	happens(happening: Happening): Promise<unknown>;
	/** What each push says, opened by the device, beside its node. */
	arrives: Record<ServerName, { class: string; count?: number; body?: string }[]>;
	/** The last push came so many ms after the first, or more. Default: at once is soon enough. */
	spanMs?: number;
	/** Whether the server publishes for the next message, too. */
	keeps: Record<ServerName, boolean>;
}

const always = { prosody: true, ejabberd: true };
const never = { prosody: false, ejabberd: false };
const nothing = { prosody: [], ejabberd: [] };
// Stock servers publish a text of their own in place of the message's. ejabberd counts nothing.
const wakeUp = {
	prosody: { class: "high", count: 1, body: "New Message!" },
	ejabberd: { class: "high", body: "New message" },
};
const silent = { prosody: { class: "low", count: 1 }, ejabberd: { class: "low" } };
const once = <P>(push: Record<ServerName, P>) => ({ prosody: [push.prosody], ejabberd: [push.ejabberd] });

const write = ({ alice, sleeper }: Happening) => alice.sendMessage(sleeper.jid, "Wake up!");
const subscribe = ({ alice, sleeper }: Happening) =>
	alice.send(xml("presence", { type: "subscribe", to: sleeper.jid }));

/** OMEMO (XEP-0384): no body that a server could look at. */
const writeEncrypted = ({ alice, sleeper }: Happening) =>
	alice.send(
		xml(
			"message",
			{ type: "chat", to: sleeper.jid },
			xml("encrypted", { xmlns: "eu.siacs.conversations.axolotl" }, xml("payload", {}, "c2VjcmV0")),
			xml("store", { xmlns: "urn:xmpp:hints" }),
		),
	);

/** Neither server reads it, but an app that runs does. */
const toldOfTheEnd = ({ address }: Sleeper) => [address.node, "none"];
async function hearOfTheEnd(other: User) {
	const message = await other.waitForStanza((stanza) => stanza.getChild("pubsub", PUBSUB) !== undefined);
	const pubsub = message.getChild("pubsub", PUBSUB);
	return [pubsub?.attrs.node, pubsub?.getChild("affiliation")?.attrs.affiliation];
}

const rows: Row[] = [
	{
		what: "a message with a body",
		happens: write,
		arrives: once(wakeUp),
		keeps: always,
	},
	{
		what: "a message with a body, its connection cut",
		app: "cut",
		happens: write,
		arrives: once(wakeUp),
		keeps: always,
	},
	{
		what: "a message without a body",
		happens: ({ alice, sleeper }) => alice.sendBodiless(sleeper.jid),
		arrives: once(silent),
		keeps: always,
	},
	{
		what: "an encrypted message, which has no body either",
		happens: writeEncrypted,
		arrives: once(wakeUp),
		keeps: always,
	},
	{
		what: `${MANY} messages within the interval (the first at once, the last at its end)`,
		async happens(happening) {
			for (let sent = 0; sent < MANY; sent++) await write(happening);
		},
		arrives: { prosody: [wakeUp.prosody, wakeUp.prosody], ejabberd: [wakeUp.ejabberd, wakeUp.ejabberd] },
		// Less the way of the first.
		// Where the first one came late, less.
		spanMs: PUSH_INTERVAL_MS * 0.5,
		keeps: always,
	},
	{
		what: "a subscription request",
		happens: subscribe,
		// Neither server publishes it: both keep it for when the app comes.
		arrives: nothing,
		keeps: always,
	},
	{
		what: "a subscription request, its connection cut",
		app: "cut",
		happens: subscribe,
		arrives: once(silent),
		keeps: always,
	},
	{
		what: "a message after push was disabled",
		async happens(happening) {
			const { scene, sleeper } = happening;
			const app = await scene.login(sleeper.name);
			await app.disablePush(sleeper.address);
			await app.goOffline();
			await write(happening);
		},
		arrives: nothing,
		keeps: never,
	},
	{
		what: "a message after another device unregistered it by command",
		async happens(happening) {
			const { scene, sleeper } = happening;
			const other = await scene.login(sleeper.name);
			await comeOnline(other);
			await runCommand(other, scene.address, "unregister-push", { nodes: sleeper.address.node });
			expect(await hearOfTheEnd(other)).toEqual(toldOfTheEnd(sleeper));
			await other.goOffline();
			expect(await scene.server.pushEnabled(sleeper.name)).toHaveLength(1);
			await write(happening);
		},
		arrives: nothing,
		// The first error of Prosody's sixteen.
		keeps: { prosody: true, ejabberd: false },
	},
	{
		what: "a message after it was unregistered over HTTP with its device secret",
		async happens(happening) {
			const { scene, sleeper } = happening;
			const other = await scene.login(sleeper.name);
			await comeOnline(other);
			const { node, deviceSecret } = sleeper.address;
			expect((await scene.reveille.api("DELETE", `/registrations/${node}`, deviceSecret)).status).toBe(204);
			expect(await hearOfTheEnd(other)).toEqual(toldOfTheEnd(sleeper));
			await other.goOffline();
			expect(await scene.server.pushEnabled(sleeper.name)).toHaveLength(1);
			await write(happening);
		},
		arrives: nothing,
		keeps: { prosody: true, ejabberd: false },
	},
];

/** Has one column run. */
export function testMatrix(program: ServerName, transport: Transport): void {
	describe(`${program}, over the ${transport}:`, () => {
		let scene: Scene;
		let alice: User;

		beforeAll(async () => {
			scene = await openColumn(program, transport);
			alice = await scene.login("alice");
		}, 60_000);
		afterAll(() => scene?.stop(), 60_000);

		test.each(
			rows.map((row, index) => {
				const arrives = row.arrives[program].map((push) => push.class).join(", ") || "nothing";
				const keeps = row.keeps[program] ? "push is kept" : "no push any more";
				return [row.what, arrives, keeps, row, index] as const;
			}),
		)(
			"%s: %s arrives, %s",
			async (_what, _arrives, _keeps, row, index) => {
				const [witness] = (await scene.sleepers(`witness${index}`)) as [Sleeper];
				const sleeper = await fallAsleep(scene, `sleeper${index}`, row.app);
				const isTo =
					({ device }: Sleeper) =>
					({ endpoint }: { endpoint: string }) =>
						endpoint === device.subscription.endpoint;

				await row.happens({ scene, alice, sleeper });

				const expected = row.arrives[program];
				await scene.endpoint.waitForPushes(expected.length, isTo(sleeper));
				// The server handles what alice sends in its order: once this one is through, nothing more will come.
				await alice.sendMessage(witness.jid, "Are they all through?");
				await scene.endpoint.waitForPush(isTo(witness));
				const pushes = scene.endpoint.pushes.filter(isTo(sleeper));
				const arrived = pushes.map((push) => ({
					...scene.read(push, sleeper),
					urgency: push.headers.get("urgency"),
				}));
				const { node } = sleeper.address;
				expect<unknown>(arrived).toEqual(expected.map((push) => ({ node, urgency: push.class, ...push })));
				const spanMs = (pushes.at(-1)?.at ?? 0) - (pushes[0]?.at ?? 0);
				expect(spanMs).toBeGreaterThanOrEqual(row.spanMs ?? 0);
				await scene.server.untilPushEnabled(
					sleeper.name,
					({ length }) => length === (row.keeps[program] ? 1 : 0),
				);
			},
			30_000,
		);
	});
}

const openColumn = (program: ServerName, transport: Transport) =>
	openScene(program, {
		transport,
		users: [...names(rows.length, "sleeper"), ...names(rows.length, "witness")],
		xmpp: { limits: "none" },
		settings: { PUSH_INTERVAL_MS: String(PUSH_INTERVAL_MS) },
	});

/** As an app does: with the roster, without which no subscription request comes (RFC 6121 §2.2). */
async function comeOnline(user: User) {
	await user.iq("get", xml("query", { xmlns: "jabber:iq:roster" }));
	await user.online();
	await user.waitForStanza(({ attrs }) => attrs.from === user.jid);
}

/** Registers a device by command, so that its owner is known, enables push, and leaves. */
async function fallAsleep(scene: Scene, name: string, app: Row["app"]): Promise<Sleeper> {
	const user = await scene.login(name);
	await comeOnline(user);
	const applicationServerKey = await scene.reveille.vapidPublicKey();
	const device = scene.endpoint.createSubscription({ applicationServerKey });
	const address = await registerByCommand(user, scene.address, device);
	await user.enablePush(address);
	await (app === "cut" ? user.cutConnection() : user.goOffline());
	return { name, jid: user.bareJid, device, address };
}
