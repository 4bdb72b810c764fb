/** An operator asks why somebody gets no pushes, and one page answers: each cause played with a real Prosody. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type {
	FoundEvents,
	Overview,
	RegistrationView,
	Session,
	TestPush,
} from "../../src/web/console/wire.ts";
import type { Registered } from "../peers/reveille.ts";
import { startUbuntuPushServer } from "../peers/ubuntu-push-server.ts";
import type { User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { registerByCommand, runCommand } from "./ad-hoc.ts";
import { openScene, type Scene } from "./scene.ts";

const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";
const USERS = ["well", "silent", "secret", "node", "gone", "barred", "shut"];

interface Romeo {
	jid: string;
	device: WebPushDevice;
	address: Registered;
}

const ubuntu = startUbuntuPushServer();
let scene: Scene;
let ask: (path: string, json?: unknown) => Promise<Response>;
const romeos = new Map<string, Romeo>();

beforeAll(async () => {
	scene = await openScene("prosody", {
		users: USERS,
		settings: { ADMIN_TOKEN, PUSH_INTERVAL_MS: "0", UBUNTU_URL: ubuntu.url },
	});
	const { url } = scene.reveille;
	const Origin = new URL(url).origin;
	const signedIn = await fetch(`${url}/admin/api/session`, {
		method: "POST",
		headers: { Origin, "Content-Type": "application/json" },
		body: JSON.stringify({ token: ADMIN_TOKEN }),
	});
	const { formToken } = (await signedIn.json()) as Session;
	const Cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
	ask = (path, json) =>
		fetch(`${url}/admin/api/${path}`, {
			headers: { Cookie, Origin, "X-Form-Token": formToken, "Content-Type": "application/json" },
			...(json !== undefined && { method: "POST", body: JSON.stringify(json) }),
		});
	for (const name of USERS) romeos.set(name, await asleep(name));
}, 60_000);
afterAll(async () => {
	await scene?.stop();
	await ubuntu.stop().catch(() => {});
}, 60_000);

/** What a user's server was told to publish to; undefined: nothing. */
const toldTo: Record<string, (address: Registered) => Registered | undefined> = {
	silent: () => undefined,
	secret: (address) => ({ ...address, secret: "not-the-secret" }),
	node: (address) => ({ ...address, node: "a-node-of-nobody" }),
};

async function asleep(name: string): Promise<Romeo> {
	const user = await scene.login(name);
	await user.online();
	const device = scene.endpoint.createSubscription({
		applicationServerKey: await scene.reveille.vapidPublicKey(),
	});
	const address =
		name === "shut" ? await phoneOf(user) : await registerByCommand(user, scene.address, device);
	const told = name in toldTo ? toldTo[name]?.(address) : address;
	if (told) await user.enablePush(told);
	await user.goOffline();
	return { jid: user.bareJid, device, address };
}

/** At a push service whose app has one gate for all. */
async function phoneOf(user: User): Promise<Registered> {
	const applicationId = "com.example.chat_chat";
	const {
		jid = "",
		node = "",
		secret = "",
	} = await runCommand(user, scene.address, "register-push-ubuntu", {
		token: ubuntu.createPhone({ appId: applicationId }),
		"application-id": applicationId,
		"device-id": "phone",
	});
	return { jid, node, secret, deviceSecret: "" };
}

const romeo = (name: string): Romeo => {
	const found = romeos.get(name);
	if (!found) throw new Error(name);
	return found;
};
async function view(name: string): Promise<RegistrationView> {
	const answer = await ask(`registrations/${romeo(name).address.node}`);
	if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
	return (await answer.json()) as RegistrationView;
}
async function untilTitle(name: string, title: RegExp): Promise<RegistrationView> {
	for (;;) {
		const seen = await view(name);
		if (title.test(seen.title)) return seen;
		await Bun.sleep(50);
	}
}
async function write(name: string) {
	const alice = await scene.login("alice");
	await alice.sendMessage(romeo(name).jid, "Wherefore art thou?");
	await alice.goOffline();
}
const DOMAIN = () => scene.server.host.replaceAll(".", "\\.");

test("all is well, and the last push is shown with the time of its legs", async () => {
	await write("well");
	const { last, state, owner } = await untilTitle("well", /^well is woken/);
	expect([state, owner]).toEqual(["ok", romeo("well").jid]);
	expect(last?.legs.map(({ name }) => name)).toContain(scene.server.host);
	expect(last?.legs.some(({ ms }) => ms !== undefined)).toBe(true);
});

test("his server never published", async () => {
	await write("silent");
	expect((await view("silent")).title).toMatch(new RegExp(`^${DOMAIN()} never published for .* of silent$`));
});

test("his server publishes with a wrong secret", async () => {
	await write("secret");
	await untilTitle(
		"secret",
		new RegExp(`^secret gets no pushes here: ${DOMAIN()} publishes with a wrong secret$`),
	);
});

test("his server publishes to a wrong node", async () => {
	await write("node");
	await untilTitle("node", new RegExp(`^node gets no pushes here: ${DOMAIN()} publishes to a wrong node$`));
});

test("his device is gone: the row is gone, and the event is there", async () => {
	scene.endpoint.unsubscribe(romeo("gone").device.subscription.endpoint);
	await write("gone");
	const { isEnded, text } = await untilTitle("gone", /^gone gets no pushes here: .* is gone$/);
	expect(isEnded).toBe(true);
	expect(text).toContain("410");
});

test("he is barred: what he had ended, his server is told so, and he may not register", async () => {
	const { jid, device } = romeo("barred");
	expect(await (await ask("bars/count", { who: jid })).json()).toMatchObject({ registrations: 1, people: 1 });
	expect((await ask("bars", { who: jid, reason: "too many publishes" })).status).toBe(201);
	const { isBarred } = await untilTitle(
		"barred",
		new RegExp(`^barred gets no pushes here: you barred ${jid}$`),
	);
	expect(isBarred).toBe(true);
	const user = await scene.login("barred");
	await expect(registerByCommand(user, scene.address, device)).rejects.toThrow();
	await user.goOffline();
});

test("the gate of his app is shut", async () => {
	const { address } = romeo("shut");
	await ubuntu.stop();
	for (let i = 0; i < 6; i++) await write("shut");
	const { state, text } = await untilTitle("shut", /^Pushes of shut wait: the gate of ubuntu is shut$/);
	expect(state).toBe("warn");
	expect(text).toContain("nothing takes connections there");
	const overview = (await (await ask("overview")).json()) as Overview;
	expect(overview.gates).toMatchObject([{ app: "ubuntu", state: expect.stringMatching(/shut|trying/) }]);
	expect(overview.title).toBe("The push service of ubuntu fails");
	const tested = (await (await ask(`registrations/${address.node}/test`, {})).json()) as TestPush;
	expect(tested.title).toStartWith("It waits, and is tried again by itself");
}, 60_000);

test("a test push is timed, and everything done is listed", async () => {
	const tested = (await (
		await ask(`registrations/${romeo("well").address.node}/test`, {})
	).json()) as TestPush;
	expect(tested.legs.map(({ name }) => name).slice(0, 3)).toEqual(["Console", "Reveille", "Gate"]);
	const { events } = (await (await ask("events?kind=action")).json()) as FoundEvents;
	expect(events.map(({ reason }) => reason)).toEqual([
		expect.stringContaining("Sent a test push"),
		expect.stringContaining("Sent a test push: It waits"),
		"Barred, which ended 1 registration",
		"Signed in",
	]);
	expect(scene.reveille.log()).not.toContain(romeo("barred").jid);
});
