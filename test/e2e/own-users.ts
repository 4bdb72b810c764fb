/** Own users: a Prosody with mod_privilege, a Reveille that is its component, and a backend that vouches for users. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import { SignJWT } from "jose";
import { type EjabberdOptions, startEjabberd } from "../peers/ejabberd.ts";
import { startProsody } from "../peers/prosody.ts";
import { type Reveille, type ReveilleOptions, startReveille } from "../peers/reveille.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { startWebPushServer, type WebPushServer } from "../peers/web-push-server.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";

export const COMPONENT = { domain: "push.example.org", secret: "the component's secret" };
const SHARED_KEY = "what the backend of the app signs its tokens with";
const AUDIENCE = "https://push.example.org";

/** Enables push for its users, and nothing else. */
const PERMISSION = `privileged_entities = { ["${COMPONENT.domain}"] = { iq = { ["urn:xmpp:push:0"] = "set" } } }`;

/** A Prosody that permits it. @param hostConfig further lines of the first host's section */
function startPermittingProsody(hostConfig = "", modules: readonly string[] = []): Promise<XmppServer> {
	return startProsody({
		hosts: ["example.org", "example.com"],
		components: [COMPONENT],
		modulesEnabled: ["privilege", ...modules],
		componentModules: ["privilege", ...modules],
		extraConfig: `${PERMISSION}\n`,
		hostConfig,
	});
}

/** Takes the permission away, or gives it back: the server is restarted. */
export async function permit(server: XmppServer, isGiven: boolean): Promise<void> {
	const config = readFileSync(server.configPath, "utf8");
	const without = config.replace(`${PERMISSION}\n`, "");
	writeFileSync(server.configPath, isGiven ? `${PERMISSION}\n${without}` : without);
	await server.restart();
}

export interface OwnUsersScene {
	server: XmppServer;
	endpoint: WebPushServer;
	reveille: Reveille;
	login(name: string): Promise<User>;
	/** What the backend signs. */
	jwt(claims: Record<string, unknown>): Promise<string>;
	/** Registers a new device with a JWT. */
	register(claims: Record<string, unknown>): Promise<OwnDevice>;
	device(): Promise<WebPushDevice>;
	stop(): Promise<void>;
}

export interface OwnDevice {
	device: WebPushDevice;
	status: number;
	// biome-ignore lint/suspicious/noExplicitAny: what a client reads of it, the test compares.
	body: any;
}

/** What Reveille is started with. */
export const settingsFor = (server: XmppServer) => ({
	XMPP_SERVICE: server.componentUrl,
	XMPP_DOMAIN: COMPONENT.domain,
	XMPP_PASSWORD: COMPONENT.secret,
	XMPP_ENABLE_FOR: "example.org",
	REGISTRATION: "jwt",
	REGISTRATION_JWT_KEY: SHARED_KEY,
	REGISTRATION_JWT_AUDIENCE: AUDIENCE,
	PUSH_INTERVAL_MS: "0",
	ADMIN_TOKEN: "the-token-of-those-who-look-at-all-of-it",
});

export async function openOwnUsers(
	server: XmppServer,
	settings: ReveilleOptions["settings"] = {},
): Promise<OwnUsersScene> {
	const endpoint = startWebPushServer();
	const reveille = await startReveille({ settings: { ...settingsFor(server), ...settings } }, "ready");
	const users: User[] = [];
	const jwt = (claims: Record<string, unknown>) =>
		new SignJWT(claims)
			.setProtectedHeader({ alg: "HS256" })
			.setAudience(AUDIENCE)
			.setExpirationTime("5 minutes")
			.sign(new TextEncoder().encode(SHARED_KEY));
	const device = async () =>
		endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });

	return {
		server,
		endpoint,
		reveille,
		jwt,
		device,
		async login(name) {
			const [username = "", domain = "example.org"] = name.split("@");
			const user = await connectUser({ service: server.websocketUrl, domain, username, password: "secret" });
			users.push(user);
			return user;
		},
		async register(claims) {
			const its = await device();
			const answer = await reveille.api("POST", "/registrations", await jwt(claims), {
				subscription: its.subscription,
			});
			return { device: its, status: answer.status, body: await answer.json() };
		},
		async stop() {
			for (const user of users) await user.goOffline().catch(() => {});
			await reveille.stop();
			endpoint.stop();
		},
	};
}

const command = (node: string, ...children: Element[]) =>
	xml("command", { xmlns: "http://jabber.org/protocol/commands", node, action: "execute" }, ...children);

/** The names of a user's devices, as the web app asks for them. */
export async function devicesOf(user: User): Promise<string[]> {
	const answer = await user.iq("set", command("list-push-registrations"), COMPONENT.domain);
	const items = answer.getChild("command")?.getChild("x")?.getChildren("item") ?? [];
	const nameOf = (item: Element) =>
		item
			.getChildElements()
			.find(({ attrs }) => attrs.var === "device-name")
			?.getChildText("value") ?? "";
	return items.map(nameOf).toSorted();
}

/** Ends one, as the web app does. */
export async function endDevice(user: User, node: string): Promise<void> {
	const field = xml("field", { var: "nodes" }, xml("value", {}, node));
	const form = xml("x", { xmlns: "jabber:x:data", type: "submit" }, field);
	await user.iq("set", command("unregister-push", form), COMPONENT.domain);
}

/** The server and the scene of a file's tests. */
export function usePermittingProsody(options: {
	hostConfig?: string;
	modules?: readonly string[];
	users: readonly string[];
}): () => OwnUsersScene {
	let server: XmppServer | undefined;
	let scene: OwnUsersScene | undefined;
	beforeAll(async () => {
		server = await startPermittingProsody(options.hostConfig, options.modules);
		await server.addUsers(options.users, "secret");
		await server.addUser("carol", "secret", "example.com");
		scene = await openOwnUsers(server);
	}, 60_000);
	afterAll(async () => {
		await scene?.stop();
		await server?.stop();
	}, 60_000);
	return () => {
		if (!scene) throw new Error("it is not open yet");
		return scene;
	};
}

/** With an ejabberd the start says that push cannot be enabled, and nothing is sent in users' names. */
export function testAtEjabberd(name: string, modules: EjabberdOptions["modules"] = {}): void {
	test(name, async () => {
		const server = await startEjabberd({ components: [COMPONENT], modules });
		const ends: (() => Promise<void>)[] = [() => server.stop()];
		try {
			await server.addUser("romeo", "secret");
			const scene = await openOwnUsers(server);
			ends.push(() => scene.stop());
			await scene.reveille.untilLogged("[enable-at-ejabberd]", 20_000);
			const ready = await fetch(`${scene.reveille.url}/ready`, {
				headers: { Authorization: `Bearer ${settingsFor(server).ADMIN_TOKEN}` },
			});
			expect(JSON.stringify(await ready.json())).toContain(
				"Push cannot be enabled for the users of example.org",
			);
			const { status, body } = await scene.register({ jid: "romeo@example.org" });
			expect([status, body.enabling.state]).toEqual([201, "waiting"]);
			expect(await server.pushEnabled("romeo")).toEqual([]);
		} finally {
			for (const end of ends.reverse()) await end();
		}
	}, 90_000);
}
