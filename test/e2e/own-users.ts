/** Own users: a Prosody with mod_privilege, a Reveille that is its component, and a backend that vouches for users. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
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

/** A Prosody that permits it. @param extra further lines of its configuration */
export function startPermittingProsody(extra = "", modules: readonly string[] = []): Promise<XmppServer> {
	return startProsody({
		hosts: ["example.org", "example.com"],
		components: [COMPONENT],
		modulesEnabled: ["privilege", ...modules],
		componentModules: ["privilege", ...modules],
		extraConfig: `${PERMISSION}\n${extra}`,
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
