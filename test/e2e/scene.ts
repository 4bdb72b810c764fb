/** The whole chain on loopback: a real XMPP server, Reveille beside it, a push service, devices, users. */
import { xml } from "@xmpp/client";
import { type EjabberdOptions, startEjabberd } from "../peers/ejabberd.ts";
import { type ProsodyOptions, startProsody } from "../peers/prosody.ts";
import { type Registered, type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { type ReceivedPush, startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";

export type ServerName = XmppServer["program"];

/** The servers that each story is told on. */
export const servers: readonly ServerName[] = ["prosody", "ejabberd"];

/** How Reveille is connected: with an account over WebSocket, or as a component (XEP-0114). */
export type Transport = "account" | "component";

/** A user whose only device sleeps. */
export interface Sleeper {
	readonly name: string;
	readonly jid: string;
	readonly device: WebPushDevice;
	readonly address: Registered;
}

export interface Scene {
	readonly server: XmppServer;
	readonly reveille: Reveille;
	readonly endpoint: WebPushServer;
	/** Reveille's: where the users' server publishes. */
	readonly address: string;
	/** Logs in as one of the users. @param resource default: chosen by the server */
	login(name: string, resource?: string): Promise<User>;
	/** Registers a device for each user, enables push at the server, and lets them go offline. */
	sleepers(...names: string[]): Promise<Sleeper[]>;
	/** The same with several devices each. */
	sleepersWithDevices(count: number, names: readonly string[]): Promise<Sleeper[]>;
	/** What a push says, opened by its device. */
	read(push: ReceivedPush, sleeper: Sleeper): { class?: string; body?: string };
	stop(): Promise<void>;
}

export interface SceneOptions {
	/** Default: `account`. */
	transport?: Transport;
	users?: readonly string[];
	xmpp?: EjabberdOptions & ProsodyOptions;
	settings?: ReveilleOptions["settings"];
	/** The push service, which ends with the scene. Default: one of its own. */
	endpoint?: WebPushServer;
}

const PASSWORD = "secret";

/** How many users log in at once: a real server on two cores is shared with everything else. */
const LOGINS = 8;

/** A component is there for everybody, and so is registering over HTTP. */
const NO_TOKEN = "no token";

export const startServer = (program: ServerName, options: SceneOptions["xmpp"] = {}): Promise<XmppServer> =>
	(program === "prosody" ? startProsody : startEjabberd)(options);

function componentOf({ components }: XmppServer) {
	const [component] = components;
	if (!component) throw new Error("the server lets no component in");
	return component;
}

/** Reveille's settings that differ from an account's. */
function asComponent(server: XmppServer): NonNullable<ReveilleOptions["settings"]> {
	const { domain, secret } = componentOf(server);
	return {
		XMPP_SERVICE: server.componentUrl,
		XMPP_DOMAIN: domain,
		XMPP_USERNAME: undefined,
		XMPP_PASSWORD: secret,
	};
}

export async function openScene(program: ServerName, options: SceneOptions = {}): Promise<Scene> {
	const { transport = "account" } = options;
	const isComponent = transport === "component";
	const server = await startServer(program, options.xmpp);
	const { endpoint = startWebPushServer() } = options;
	await server.addUsers(["push", "alice", ...(options.users ?? ["bob"])], PASSWORD);
	const settings = { ...(isComponent && asComponent(server)), ...options.settings };
	const reveille = await startReveille({ server, settings });
	const applicationServerKey = await reveille.vapidPublicKey();

	const login = (username: string, resource?: string) =>
		connectUser({
			service: server.websocketUrl,
			domain: server.host,
			username,
			password: PASSWORD,
			...(resource !== undefined && { resource }),
		});

	/** One entry a device. */
	async function fallAsleep(name: string, devices: number): Promise<Sleeper[]> {
		const asleep: Sleeper[] = [];
		const user = await login(name);
		await user.online();
		while (asleep.length < devices) {
			const device = endpoint.createSubscription({ applicationServerKey });
			const address = await reveille.register(device.subscription, isComponent ? NO_TOKEN : undefined);
			await user.enablePush(address);
			asleep.push({ name, jid: user.bareJid, device, address });
		}
		await user.goOffline();
		return asleep;
	}

	async function sleepersWithDevices(count: number, names: readonly string[]): Promise<Sleeper[]> {
		const asleep: Sleeper[][] = [];
		for (let from = 0; from < names.length; from += LOGINS) {
			const some = names.slice(from, from + LOGINS).map((name) => fallAsleep(name, count));
			asleep.push(...(await Promise.all(some)));
		}
		return asleep.flat();
	}

	return {
		server,
		reveille,
		endpoint,
		address: isComponent ? componentOf(server).domain : `push@${server.host}/push`,
		login,
		sleepers: (...names) => sleepersWithDevices(1, names),
		sleepersWithDevices,
		read: (push, { device }) => JSON.parse(device.decryptText(push.body)),
		async stop() {
			await reveille.stop();
			await server.stop();
			await endpoint.stop();
		},
	};
}

/** Sends each a message; resolves when the server has handled them all. */
export async function writeToAll({ login }: Scene, sleepers: readonly Sleeper[]): Promise<void> {
	const alice = await login("alice");
	await Promise.all(sleepers.map(({ jid }) => alice.sendMessage(jid, "Wake up!")));
	// It answers in order.
	await alice.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }), undefined, 60_000);
}

/** `count` names that begin with the same word. */
export const names = (count: number, word = "user"): string[] =>
	Array.from({ length: count }, (_, index) => `${word}${index}`);
