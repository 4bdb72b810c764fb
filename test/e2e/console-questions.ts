/**
 * An operator's questions, each answered by one page: with a real Firefox, a real XMPP server, and each cause of no
 * pushes played. `REVEILLE_SHOTS` names a folder for pictures.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FoundEvents, InviteView, Overview, RegistrationView } from "../../src/web/console/wire.ts";
import { startFcmServer } from "../peers/fcm-server.ts";
import { type LaunchedFirefox, launchFirefox } from "../peers/firefox.ts";
import type { Registered } from "../peers/reveille.ts";
import { startUbuntuPushServer } from "../peers/ubuntu-push-server.ts";
import { connectUser, type User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { registerByCommand, runCommand } from "./ad-hoc.ts";
import { type Operator, signIn } from "./console/operator.ts";
import { openScene, type Scene, type ServerName } from "./scene.ts";

const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";
const USERS = ["well", "silent", "secret", "node", "gone", "barred", "shut", "clock", "ended"];
const ELSEWHERE = "elsewhere.example";
const HOST = "example.org";
const DAY_MS = 86_400_000;
const HOURS_MS = 3 * 3_600_000;

interface Romeo {
	jid: string;
	device: WebPushDevice;
	address: Registered;
}

/** @param server where those who are asked about have their accounts */
export function askQuestions(server: ServerName): void {
	const ubuntu = startUbuntuPushServer();
	const fcm = startFcmServer();
	let scene: Scene;
	let firefox: LaunchedFirefox;
	let operator: Operator;
	const romeos = new Map<string, Romeo>();

	beforeAll(async () => {
		// As Google answers to who signs in another time: it does not say so, but for the hour of its answer.
		fcm.respondToTokenRequestsWith(() =>
			Response.json(
				{ error: "invalid_grant", error_description: "Invalid JWT" },
				{ status: 400, headers: { Date: new Date(Date.now() + HOURS_MS).toUTCString() } },
			),
		);
		[scene, firefox] = await Promise.all([
			openScene(server, {
				users: USERS,
				xmpp: { hosts: [HOST, ELSEWHERE] },
				settings: {
					ADMIN_TOKEN,
					PUSH_INTERVAL_MS: "0",
					UBUNTU_URL: ubuntu.url,
					FCM_URL: fcm.url,
					FCM_SERVICE_ACCOUNT: fcm.serviceAccount,
				},
			}),
			launchFirefox({
				pushServerUrl: "ws://127.0.0.1:9/",
				preferences: { "intl.accept_languages": "en-GB" },
			}),
		]);
		await scene.server.addUsers(["juliet"], "secret", ELSEWHERE);
		await firefox.page.setViewport({ width: 1280, height: 800 });
		operator = await signIn(firefox.page, scene.reveille.url, ADMIN_TOKEN);
		await looks("overview-new");
		const found = await Promise.all(USERS.map(async (name) => [name, await asleep(name)] as const));
		for (const [name, one] of found) romeos.set(name, one);
	}, 60_000);
	afterAll(async () => {
		await firefox?.close();
		await scene?.stop();
		await fcm.stop();
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
		const device = await newDevice();
		const address = await registered(name, user, device);
		const told = name in toldTo ? toldTo[name]?.(address) : address;
		if (told) await user.enablePush(told);
		// As many as make a gate shut at once.
		for (let more = 1; name === "shut" && more < 6; more++)
			await user.enablePush(await registered(name, user, device, `phone ${more}`));
		await user.goOffline();
		return { jid: user.bareJid, device, address };
	}

	const newDevice = async () =>
		scene.endpoint.createSubscription({ applicationServerKey: await scene.reveille.vapidPublicKey() });

	function registered(name: string, user: User, device: WebPushDevice, id = "phone"): Promise<Registered> {
		if (name === "clock")
			return phoneOf(user, "register-push-fcm", { token: fcm.createDevice(), "android-id": "phone" });
		if (name !== "shut") return registerByCommand(user, scene.address, device, { "device-name": "Phone" });
		const applicationId = "com.example.chat_chat";
		const token = ubuntu.createPhone({ appId: applicationId });
		return phoneOf(user, "register-push-ubuntu", {
			token,
			"application-id": applicationId,
			"device-id": id,
		});
	}

	/** At a push service whose app has one gate for all. */
	async function phoneOf(user: User, command: string, fields: Record<string, string>): Promise<Registered> {
		const { jid = "", node = "", secret = "" } = await runCommand(user, scene.address, command, fields);
		return { jid, node, secret, deviceSecret: "" };
	}

	const romeo = (name: string): Romeo => {
		const found = romeos.get(name);
		if (!found) throw new Error(name);
		return found;
	};
	const pageOf = (name: string) => `registrations/${romeo(name).address.node}`;

	/** Waits until it is known, and reads the page of his device as it is then. */
	async function untilRead(name: string, title: RegExp): Promise<RegistrationView> {
		const view = await operator.until<RegistrationView>(pageOf(name), (seen) => title.test(seen.title));
		await operator.goTo(pageOf(name));
		await operator.untilSaid(new RegExp(title.source.replaceAll(/^\^|\$$/g, "")));
		await looks(name);
		return view;
	}

	async function write(name: string) {
		const alice = await scene.login("alice");
		await alice.sendMessage(romeo(name).jid, "Wherefore art thou?");
		await alice.goOffline();
	}

	async function looks(name: string): Promise<void> {
		const folder = process.env.REVEILLE_SHOTS;
		if (!folder) return;
		mkdirSync(folder, { recursive: true });
		for (const width of [1280, 360]) {
			await firefox.page.setViewport({ width, height: 800 });
			await firefox.page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
		}
		await firefox.page.setViewport({ width: 1280, height: 800 });
	}

	test("why does romeo get no pushes: his device is gone since yesterday, and the row with it", async () => {
		scene.endpoint.unsubscribe(romeo("gone").device.subscription.endpoint);
		await write("gone");
		await operator.until<RegistrationView>(pageOf("gone"), ({ isEnded }) => isEnded);
		// A day goes by.
		await scene.reveille.halt();
		const database = new Database(join(scene.reveille.dataFolder, "reveille.db"));
		expect(database.run("UPDATE events SET at = at - ?", [DAY_MS]).changes).toBeGreaterThan(0);
		expect(
			database.query("SELECT count(*) AS n FROM registrations WHERE owner = ?").get(romeo("gone").jid),
		).toEqual({ n: 0 });
		database.close();
		await scene.reveille.start();
		const { text } = await untilRead("gone", /^gone gets no pushes here: .* is gone$/);
		expect(text).toContain("410");
		expect(text).toContain("1 day ago");
	}, 30_000);

	test("who is registered: found by the beginning of an address", async () => {
		await operator.goTo("registrations");
		await operator.untilSaid("registrations");
		await operator.page.type("#begins", "wel");
		await operator.press("Find");
		await operator.untilSaid("1 registration that begins with “wel”");
		expect(await operator.said()).toContain(romeo("well").jid);
		await looks("registrations");
	});

	test("all is well: the last push is shown with the time of its legs, and so is a test push", async () => {
		await write("well");
		const { last, state } = await untilRead("well", /^well is woken/);
		expect(state).toBe("ok");
		expect(last?.legs.map(({ name }) => name)).toContain(HOST);
		expect(last?.legs.some(({ ms }) => ms !== undefined)).toBe(true);
		scene.endpoint.clear();
		await operator.press("Send a test push");
		await operator.untilSaid(/took it\. Look whether/);
		await scene.endpoint.waitForPush(
			({ endpoint }) => endpoint === romeo("well").device.subscription.endpoint,
		);
		const legs = await operator.page.$$eval('[aria-label="The way of the test push"] li', (all) =>
			all.map(({ textContent }) => textContent),
		);
		expect(legs.map((leg) => leg.replace(/[\d.].*$/, ""))).toEqual([
			expect.stringMatching(/^Console/),
			expect.stringMatching(/^Reveille/),
			expect.stringMatching(/^Gate/),
			expect.any(String),
			expect.any(String),
		]);
		expect(legs[3]).toMatch(/Took it.*ms$/);
		await looks("test-push");
	});

	test("why does romeo get no pushes: his server never published", async () => {
		await write("silent");
		await untilRead("silent", /^example\.org never published for .* of silent$/);
	});

	test("why does romeo get no pushes: his server publishes with a wrong secret, and tells it live", async () => {
		await operator.goTo("events");
		await operator.untilSaid("Live");
		await write("secret");
		await operator.untilSaid("Wrong secret");
		await looks("events-live");
		await untilRead("secret", /^secret gets no pushes here: example\.org publishes with a wrong secret$/);
	});

	test("why does romeo get no pushes: his server publishes to a wrong node", async () => {
		await write("node");
		await untilRead("node", /^node gets no pushes here: example\.org publishes to a wrong node$/);
	});

	test("why does romeo get no pushes: he is barred; lifted, he is woken again", async () => {
		const { jid, device } = romeo("barred");
		await operator.goTo("barred");
		await operator.page.type("#who", jid);
		await operator.press("Show what it ends");
		await operator.untilSaid("1 registration ends at once");
		await operator.page.type("#reason", "too many publishes");
		await operator.press(`Bar ${jid}`);
		await operator.untilSaid(`${jid} is barred. 1 registration ended.`);
		const { isBarred } = await untilRead(
			"barred",
			new RegExp(`^barred gets no pushes here: you barred ${jid}$`),
		);
		expect(isBarred).toBe(true);
		const user = await scene.login("barred");
		await expect(registerByCommand(user, scene.address, device)).rejects.toThrow();

		await operator.goTo("barred");
		await operator.press(`Lift ${jid}`);
		await operator.untilSaid(`${jid} can register again.`);
		const address = await registerByCommand(user, scene.address, device);
		await user.enablePush(address);
		await user.goOffline();
		romeos.set("barred", { jid, device, address });
		await write("barred");
		await untilRead("barred", /^barred is woken/);
	});

	test("why does romeo get no pushes: a clock is wrong", async () => {
		await write("clock");
		const { text } = await untilRead("clock", /^clock gets no pushes here: a clock is wrong/);
		expect(text).toContain("180 minutes");
	});

	test("remove one: his server is told at its next publish, and the page tells of that", async () => {
		await operator.goTo(pageOf("ended"));
		await operator.press("End it");
		await operator.untilSaid("1 registration ends at once");
		await (await operator.page.waitForSelector("dialog .sure"))?.click();
		await operator.untilSaid("The registration has ended.");
		await write("ended");
		const { text } = await operator.until<RegistrationView>(pageOf("ended"), (seen) =>
			seen.text.includes("has published since"),
		);
		expect(text).toContain("was told that the device is gone");
		await untilRead("ended", /^ended gets no pushes here: you ended /);
	});

	test("why does romeo get no pushes: the gate of his app is shut", async () => {
		await ubuntu.stop();
		await write("shut");
		const { text } = await untilRead("shut", /^Pushes of shut wait: the gate of ubuntu is shut$/);
		expect(text).toContain("nothing takes connections there");
		const { gates, troubles } = await operator.ask<Overview>("overview");
		expect(gates.map(({ app }) => app)).toContain("ubuntu");
		expect(troubles.map(({ title }) => title)).toContain("ubuntu is tried again by itself");
		await operator.press("Send a test push");
		await operator.untilSaid("It waits, and is tried again by itself");
		await operator.goTo("overview");
		await operator.untilSaid("Connectors");
		await looks("overview-troubled");
		await operator.goTo("services");
		await operator.untilSaid("Shut gates");
		await looks("services");
	}, 30_000);

	test("how many failed today, and why", async () => {
		await operator.goTo("events");
		await operator.untilSaid(/Today pushes failed \d+ times?(: |, \d+ of them because )\w+ was answered “/);
		await looks("events");
		const { events } = await operator.ask<FoundEvents>("events?kind=action");
		expect(events.map(({ reason }) => reason).toReversed()).toEqual([
			"Signed in",
			expect.stringContaining("Sent a test push"),
			"Barred, which ended 1 registration",
			"Lifted the bar",
			"Ended in the console",
			expect.stringContaining("Sent a test push: It waits"),
		]);
		expect(scene.reveille.log()).not.toContain(romeo("barred").jid);
	});

	test("an invite is made, and somebody of another server comes in by it", async () => {
		await operator.goTo("invites");
		await operator.page.type("#for", ELSEWHERE);
		await operator.press("Make an invite");
		await operator.untilSaid("Your new invite");
		await looks("invite-made");
		const code = /Code, for an iPhone\s+(\S+)/.exec(await operator.said())?.[1] ?? "";
		const juliet = await connectUser({
			service: scene.server.websocketUrl,
			domain: ELSEWHERE,
			username: "juliet",
			password: "secret",
		});
		const device = await newDevice();
		await expect(registerByCommand(juliet, scene.address, device)).rejects.toThrow();
		await registerByCommand(juliet, scene.address, device, { invite: code });
		await juliet.goOffline();
		const [invite] = await operator.ask<InviteView[]>("invites");
		expect(invite).toMatchObject({ used: 1, uses: 1, state: "used up" });
		await operator.goTo("invites");
		await operator.untilSaid("1 of 1");
	});
}
