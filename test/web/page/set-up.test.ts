/** The set-up apart from its screens: the order of its steps, each failure, and where the password stays. */
import { describe, expect, test } from "bun:test";
import { IDBFactory } from "fake-indexeddb";
import { Fault, type FaultReason } from "../../../src/web/kit/fault.ts";
import type { Session } from "../../../src/web/kit/kit.ts";
import type { Browser } from "../../../src/web/page/browser.ts";
import { createSetUp, type SetUpEffects } from "../../../src/web/page/set-up.ts";
import { createDevices } from "../../../src/web/store/devices-store.ts";
import {
	ACCOUNT,
	ADDRESS,
	failing,
	fakeApi,
	fakeBrowser,
	fakeClock,
	fakeDevices,
	fakeKit,
	fakeSession,
	gate,
	OWN,
	PASSWORD,
	REGISTERED,
	SHOWN,
} from "./fakes.ts";

function scene(with_: Partial<SetUpEffects> = {}) {
	const handed: Session[] = [];
	const effects: SetUpEffects = {
		kit: fakeKit(),
		api: fakeApi(),
		devices: fakeDevices(),
		browser: fakeBrowser(),
		clock: fakeClock(),
		reveille: { address: ADDRESS, vapidPublicKey: "key", servers: {} },
		invite: () => undefined,
		newId: () => "new-id",
		testBody: () => "Test push 1",
		signedIn: (session) => void handed.push(session),
		changed() {},
		...with_,
	};
	const setUp = createSetUp(effects);
	const at = () => setUp.state.value;
	/** Waits for a state. */
	const reach = (name: string) =>
		new Promise<void>((resolve) => {
			const end = setUp.state.subscribe((state) => {
				if (state.at !== name) return;
				queueMicrotask(() => end());
				resolve();
			});
		});
	return { setUp, at, reach, handed, effects };
}

/** A browser that shows the test as soon as it is published. */
function showing(session: ReturnType<typeof fakeSession>, browser: ReturnType<typeof fakeBrowser>) {
	const publish = session.publishTest;
	session.publishTest = async (registered, body) => {
		await publish(registered, body);
		browser.says({ kind: "test-shown", node: registered.node, at: 0, tookMs: 412 });
	};
}

test.each([
	[true, { title: "Reveille", navigate: "https://push.example.net/app/" }],
	[false, undefined],
])("on a page that is https: %p, what Safari shows without a service worker is %j", async (https, wanted) => {
	const given: unknown[] = [];
	const session = fakeSession({
		registerBrowser: async (_, { declarative }) => {
			given.push(declarative);
			throw new Fault({ kind: "reveille-refused", reason: "enough" });
		},
	});
	const { setUp } = scene({ kit: fakeKit([session]), browser: { ...fakeBrowser(), https } });
	await setUp.signIn(ACCOUNT, PASSWORD);
	await setUp.allow("Laptop");
	expect(given).toEqual([wanted]);
});

test("the whole way: two logins, and the first one is closed before the second", async () => {
	const [first, second] = [fakeSession(), fakeSession()];
	const browser = fakeBrowser();
	showing(second, browser);
	const kit = fakeKit([first, second]);
	const devices = fakeDevices();
	const { setUp, at, handed } = scene({ kit, browser, devices });
	await setUp.signIn(` ${ACCOUNT} `, PASSWORD);
	expect(at()).toEqual({ at: "allow", domain: "example.net", dismissed: false });
	await setUp.allow("Laptop");
	expect(first.asked).toEqual([`register ${ADDRESS} Laptop new-id`, "enable node-1", "close"]);
	expect(second.asked).toEqual(["publish Test push 1"]);
	expect(handed).toEqual([second]);
	expect(kit.logins.map(({ jid, password }) => [jid, password])).toEqual([
		[ACCOUNT, PASSWORD],
		[ACCOUNT, PASSWORD],
	]);
	expect(at()).toMatchObject({
		at: "tested",
		result: { kind: "shown", tookMs: 412, legs: { server: 41, reveille: 0, pushService: 371 } },
	});
	expect(devices.there.get("node-1")).toMatchObject({
		account: ACCOUNT,
		name: "Laptop",
		deviceId: "new-id",
		wantsLow: false,
	});
});

test("setting a browser up again replaces its device, under the same id", async () => {
	const devices = fakeDevices({ ...OWN, node: "old-node" });
	const [session, second] = [fakeSession(), fakeSession()];
	const browser = fakeBrowser();
	showing(second, browser);
	const { setUp } = scene({ devices, browser, kit: fakeKit([session, second]) });
	await setUp.signIn(ACCOUNT, PASSWORD);
	await setUp.allow("Laptop");
	expect(session.asked[0]).toBe(`register ${ADDRESS} Laptop device-1`);
	expect([...devices.there.keys()]).toEqual(["node-1"]);
});

describe("what is typed", () => {
	test.each(["", "romeo", "@example.net", "ro meo@example.net", "example.net"])(
		"%p is no address",
		async (jid) => {
			const kit = fakeKit();
			const { setUp, at } = scene({ kit });
			await setUp.signIn(jid, PASSWORD);
			expect(at()).toEqual({ at: "sign-in", jid, mistake: "jid" });
			expect(kit.logins).toEqual([]);
		},
	);

	test("without a password nobody is asked", async () => {
		const { setUp, at } = scene();
		await setUp.signIn(ACCOUNT, "");
		expect(at()).toEqual({ at: "sign-in", jid: ACCOUNT, mistake: "password" });
	});

	test("a server's address is wss, and ws where the page itself is http", async () => {
		const none = { findServer: failing({ kind: "no-server-known", domain: "example.net" }) };
		for (const https of [true, false]) {
			const kit = fakeKit([fakeSession()], none);
			const { setUp, at } = scene({ kit, browser: fakeBrowser({ https }) });
			await setUp.signIn(ACCOUNT, PASSWORD);
			await setUp.tryAddress("https://example.net/ws");
			expect(at()).toMatchObject({ at: "address", mistake: "not-wss" });
			await setUp.tryAddress("ws://localhost:5280/ws");
			expect(at().at).toBe(https ? "address" : "allow");
			if (!https) continue;
			await setUp.tryAddress(" wss://xmpp.example.net/ws ");
			expect(at().at).toBe("allow");
			expect(kit.logins.at(-1)?.services).toEqual(["wss://xmpp.example.net/ws"]);
		}
	});

	test("the address that was typed is kept with the device", async () => {
		const devices = fakeDevices();
		const session = fakeSession();
		const browser = fakeBrowser();
		showing(session, browser);
		const kit = fakeKit([fakeSession(), session], {
			findServer: failing({ kind: "no-server-known", domain: "example.net" }),
		});
		const { setUp } = scene({ kit, devices, browser });
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.tryAddress("wss://xmpp.example.net/ws");
		await setUp.allow("Laptop");
		expect(devices.there.get("node-1")?.service).toBe("wss://xmpp.example.net/ws");
	});
});

describe("what fails while the server is found", () => {
	const domain = "example.net";
	const cases: [FaultReason, string][] = [
		[{ kind: "wrong-password", domain }, "sign-in"],
		[{ kind: "domain-unknown", domain }, "sign-in"],
		[{ kind: "server-unreachable", service: "wss://example.net/ws" }, "address"],
		[{ kind: "no-push", domain }, "missing"],
		[{ kind: "login-refused", domain, reason: "account-disabled" }, "stopped"],
		[{ kind: "no-safe-login", domain }, "stopped"],
		[{ kind: "server-unproven", domain }, "stopped"],
		[{ kind: "disconnected", domain }, "stopped"],
	];
	test.each(cases)("%p is shown at %p", async (reason, screen) => {
		const { setUp, at } = scene({ kit: fakeKit([], { logIn: failing(reason) }) });
		await setUp.signIn(ACCOUNT, PASSWORD);
		expect(at().at as string).toBe(screen);
		const state = at();
		if (state.at === "stopped") expect(state).toMatchObject({ fault: reason, step: "server" });
		if (state.at === "sign-in" || state.at === "address") expect(state.mistake).toEqual(reason);
	});

	test("a server without push is asked again over a new login", async () => {
		let push = false;
		const session = () => fakeSession({ features: async () => ({ push, encrypts: false }) });
		const kit = fakeKit([session(), session()]);
		const { setUp, at } = scene({ kit });
		await setUp.signIn(ACCOUNT, PASSWORD);
		expect(at()).toEqual({ at: "missing", domain });
		push = true;
		await setUp.again();
		expect(at().at).toBe("allow");
		expect(kit.logins.length).toBe(2);
	});
});

describe("an invite", () => {
	/** Reveille lets in whoever shows this one, once. */
	function guarded(right: string) {
		const shown: (string | undefined)[] = [];
		const session = () =>
			fakeSession({
				async registerBrowser(_, { invite }) {
					shown.push(invite);
					if (invite === right) return REGISTERED;
					throw new Fault(
						invite === undefined
							? { kind: "invite-needed", address: ADDRESS, domain: "example.net" }
							: { kind: "no-invite", reason: "There is no such invite." },
					);
				},
			});
		return { shown, kit: fakeKit([session(), session()]) };
	}
	async function asked(invite?: string) {
		const { shown, kit } = guarded("7QMX-0V4H-T9KD");
		const devices = fakeDevices();
		const built = scene({
			kit,
			devices,
			invite: () => invite,
			clock: { ...fakeClock(), after: async () => {} },
		});
		await built.setUp.signIn(ACCOUNT, PASSWORD);
		await built.setUp.allow("Laptop");
		return { ...built, shown, devices };
	}

	test("is asked for where the account is not let in, and goes on with it", async () => {
		const { setUp, at, shown, devices } = await asked();
		expect(at()).toEqual({ at: "invite", domain: "example.net" });
		expect(devices.there.size).toBe(0);
		await setUp.showInvite("ZZZZ");
		expect(at()).toEqual({
			at: "invite",
			domain: "example.net",
			mistake: { kind: "no-invite", reason: "There is no such invite." },
		});
		await setUp.showInvite(" 7QMX-0V4H-T9KD ");
		expect(at().at).toBe("tested");
		expect(shown).toEqual([undefined, "ZZZZ", "7QMX-0V4H-T9KD"]);
		expect(devices.there.get("node-1")?.account).toBe(ACCOUNT);
	});

	test("is not lost with what cannot be enabled: the next try renews the registration that used it up", async () => {
		const reason: FaultReason = { kind: "enable-refused", domain: "example.net", reason: "not now" };
		const ended: string[] = [];
		const first = fakeSession({ enable: failing(reason) });
		const api = fakeApi({ end: async ({ node }) => void ended.push(node) });
		const devices = fakeDevices();
		const invite = () => "7QMX-0V4H-T9KD";
		const { setUp, at } = scene({ kit: fakeKit([first]), api, devices, invite });
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.allow("Laptop");
		expect(at()).toMatchObject({ at: "stopped", fault: reason });
		expect(first.asked.at(-1)).toBe("disable push.example.net node-1");
		expect(ended).toEqual([]);
		expect(devices.there.size).toBe(0);
	});

	test("of a link is shown without asking, and a pasted link is its secret", async () => {
		const { at, shown } = await asked("7QMX-0V4H-T9KD");
		expect(at().at).toBe("tested");
		expect(shown).toEqual(["7QMX-0V4H-T9KD"]);
		const other = await asked("used-up");
		expect(other.at().at).toBe("invite");
		await other.setUp.showInvite("https://push.example.net/app/#invite=7QMX-0V4H-T9KD");
		expect(other.at().at).toBe("tested");
	});
});

describe("what fails after the tap", () => {
	async function allowed(with_: Partial<SetUpEffects>) {
		const built = scene(with_);
		await built.setUp.signIn(ACCOUNT, PASSWORD);
		await built.setUp.allow("Laptop");
		return built;
	}

	test("a question that is denied, or closed", async () => {
		for (const [answer, state] of [
			["denied", { at: "denied", domain: "example.net" }],
			["default", { at: "allow", domain: "example.net", dismissed: true }],
		] as const) {
			const browser = fakeBrowser({ askPermission: async () => answer });
			const session = fakeSession();
			const { at } = await allowed({ browser, kit: fakeKit([session]) });
			expect(at()).toEqual(state);
			expect(session.asked).toEqual([]);
		}
	});

	test("a browser that reaches no push service", async () => {
		const subscribe: Browser["subscribe"] = async () => {
			throw new Error("push service error");
		};
		const { at } = await allowed({ browser: fakeBrowser({ subscribe }) });
		expect(at()).toMatchObject({
			at: "stopped",
			step: "allow",
			fault: { kind: "push-service-away", reason: "push service error" },
		});
	});

	test("a browser that never answers is not waited for longer than 30 s", async () => {
		const clock = fakeClock();
		const browser = fakeBrowser({ subscribe: () => gate<never>().promise });
		const { setUp, at, reach } = scene({ browser, clock });
		await setUp.signIn(ACCOUNT, PASSWORD);
		const done = setUp.allow("Laptop");
		await reach("registering");
		clock.pass(30_000);
		await done;
		expect(at()).toMatchObject({ at: "stopped", fault: { kind: "push-service-away" } });
	});

	test.each<FaultReason>([
		{ kind: "reveille-away", address: ADDRESS },
		{ kind: "not-allowed", address: ADDRESS, domain: "example.net" },
		{ kind: "reveille-refused", reason: "no" },
		{ kind: "not-now", reason: "soon" },
	])("registering: %p", async (reason) => {
		const session = fakeSession({ registerBrowser: failing(reason) });
		const devices = fakeDevices();
		const { at } = await allowed({ kit: fakeKit([session]), devices });
		expect(at()).toMatchObject({ at: "stopped", fault: reason, step: "allow" });
		expect(devices.there.size).toBe(0);
	});

	test("what cannot be enabled is ended at Reveille and not kept", async () => {
		const reason: FaultReason = { kind: "enable-refused", domain: "example.net", reason: "forbidden" };
		const session = fakeSession({ enable: failing(reason) });
		const devices = fakeDevices();
		const { at } = await allowed({ kit: fakeKit([session]), devices });
		expect(at()).toMatchObject({ at: "stopped", fault: reason });
		expect(session.asked.at(-1)).toBe("end node-1");
		expect(devices.there.size).toBe(0);
	});

	test("a first login that was lost while a person read is made again", async () => {
		const [first, second, third] = [fakeSession(), fakeSession(), fakeSession()];
		const browser = fakeBrowser();
		showing(third, browser);
		const { setUp, at } = scene({ kit: fakeKit([first, second, third]), browser });
		await setUp.signIn(ACCOUNT, PASSWORD);
		first.lose();
		await setUp.allow("Laptop");
		expect(at().at).toBe("tested");
		expect(first.asked).toEqual([]);
		expect(second.asked).toContain("enable node-1");
	});

	test("a second login that fails is tried again, and nothing is registered twice", async () => {
		const [first, second] = [fakeSession(), fakeSession()];
		const browser = fakeBrowser();
		showing(second, browser);
		let logins = 0;
		const kit = fakeKit([], {
			async logIn() {
				logins++;
				if (logins === 2) return failing({ kind: "disconnected", domain: "example.net" })();
				return logins === 1 ? first : second;
			},
		});
		const { setUp, at } = scene({ kit, browser });
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.allow("Laptop");
		expect(at()).toMatchObject({ at: "stopped", step: "allow" });
		await setUp.again();
		expect(at().at).toBe("tested");
		expect([...first.asked, ...second.asked].filter((asked) => asked.startsWith("register"))).toHaveLength(1);
	});
});

describe("stopping", () => {
	test("ends the search, and what comes later is not heard", async () => {
		const found = gate<readonly string[]>();
		const kit = fakeKit([fakeSession()], { findServer: () => found.promise });
		const { setUp, at } = scene({ kit });
		const running = setUp.signIn(ACCOUNT, PASSWORD);
		expect(at().at).toBe("finding");
		setUp.stop();
		found.open(["wss://late.example.net"]);
		await running;
		expect(at()).toEqual({ at: "sign-in", jid: ACCOUNT });
		expect(kit.logins).toEqual([]);
	});

	test("a login that comes too late is closed", async () => {
		const login = gate<Session>();
		const session = fakeSession();
		const kit = fakeKit([], { logIn: () => login.promise });
		const { setUp, reach } = scene({ kit });
		const running = setUp.signIn(ACCOUNT, PASSWORD);
		await reach("finding");
		await Promise.resolve();
		setUp.stop();
		login.open(session);
		await running;
		expect(session.asked).toEqual(["close"]);
	});

	test("leaves the second login to the list of devices", async () => {
		const session = fakeSession();
		const second = fakeSession();
		const browser = fakeBrowser();
		showing(second, browser);
		const { setUp } = scene({ kit: fakeKit([session, second]), browser });
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.allow("Laptop");
		setUp.stop();
		expect(second.asked).not.toContain("close");
	});
});

test("the password is in no state and in no device", async () => {
	const devices = fakeDevices();
	const session = fakeSession();
	const browser = fakeBrowser();
	showing(session, browser);
	const { setUp } = scene({ devices, browser, kit: fakeKit([fakeSession(), session]) });
	const seen: string[] = [];
	setUp.state.subscribe((state) => void seen.push(JSON.stringify(state)));
	await setUp.signIn(ACCOUNT, PASSWORD);
	await setUp.allow("Laptop");
	expect(seen.length).toBeGreaterThan(6);
	expect(seen.join()).not.toContain(PASSWORD);
	expect(JSON.stringify([...devices.there.values()])).not.toContain(PASSWORD);
});

test("a test by the device secret, where the second login was lost", async () => {
	const [first, second] = [fakeSession(), fakeSession()];
	const browser = fakeBrowser();
	showing(second, browser);
	const tested: string[] = [];
	const api = fakeApi({
		async test({ node }) {
			tested.push(node);
			browser.says({ kind: "test-shown", node, at: 0, tookMs: 90 });
			return { result: "delivered" };
		},
		show: async () => SHOWN,
	});
	const { setUp, at } = scene({ kit: fakeKit([first, second]), browser, api });
	await setUp.signIn(ACCOUNT, PASSWORD);
	await setUp.allow("Laptop");
	second.lose();
	await Promise.resolve();
	await setUp.testAgain();
	expect(tested).toEqual([REGISTERED.node]);
	expect(at()).toMatchObject({
		at: "tested",
		result: { kind: "shown", tookMs: 90, legs: { pushService: 90 } },
	});
});

describe("while the browser asks for the permission", () => {
	async function asked() {
		const answer = Promise.withResolvers<NotificationPermission>();
		const browser = { ...fakeBrowser(), askPermission: () => answer.promise };
		const [first, second] = [fakeSession(), fakeSession()];
		showing(second, browser);
		const its = scene({ kit: fakeKit([first, second]), browser });
		await its.setUp.signIn(ACCOUNT, PASSWORD);
		return { ...its, answer, first };
	}

	test("a second tap registers nothing a second time", async () => {
		const { setUp, answer, first } = await asked();
		const taps = [setUp.allow("Laptop"), setUp.allow("Laptop")];
		answer.resolve("granted");
		await Promise.all(taps);
		expect(first.asked.filter((what) => what.startsWith("register"))).toHaveLength(1);
	});

	test.each(["granted", "denied"] as const)("who stopped stays at the sign-in: %s", async (said) => {
		const { setUp, at, answer } = await asked();
		const tap = setUp.allow("Laptop");
		setUp.stop();
		answer.resolve(said);
		await tap;
		expect(at()).toEqual({ at: "sign-in", jid: ACCOUNT });
	});
});

describe("no registration is left that nobody here knows", () => {
	function ending() {
		const ended: string[] = [];
		const api = fakeApi({
			end: async ({ node, deviceSecret }) => void ended.push(`${node} ${deviceSecret}`),
		});
		return { ended, api };
	}

	test("one whose enabling was lost with the stream ends over HTTP", async () => {
		const { ended, api } = ending();
		const lost = failing({ kind: "disconnected", domain: "example.net" });
		const { setUp, at } = scene({ api, kit: fakeKit([fakeSession({ enable: lost, end: lost })]) });
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.allow("Laptop");
		expect(at()).toMatchObject({ at: "stopped" });
		expect(ended).toEqual([`${REGISTERED.node} ${REGISTERED.deviceSecret}`]);
	});

	test("one that was set up without a password ends where a login replaces it; the same device's does not", async () => {
		const { ended, api } = ending();
		const browser = fakeBrowser();
		const [first, second] = [fakeSession(), fakeSession()];
		showing(second, browser);
		const devices = fakeDevices();
		const own = { ...OWN, account: ACCOUNT };
		const { deviceId: _, ...copied } = { ...own, node: "node-copied", deviceSecret: "secret-copied" };
		await devices.put(copied);
		await devices.put({ ...own, node: "node-of-a-former-key", deviceId: "id" });
		const { setUp } = scene({ api, browser, devices, kit: fakeKit([first, second]) });
		await setUp.signIn(ACCOUNT, PASSWORD);
		await setUp.allow("Laptop");
		expect(ended).toEqual(["node-copied secret-copied"]);
		expect((await devices.all()).map(({ node }) => node)).toEqual([REGISTERED.node]);
	});
});

test("two tabs that set up one account at once register one device", async () => {
	const devices = createDevices({ indexedDB: new IDBFactory(), now: () => 1 });
	const sessions = [fakeSession(), fakeSession()];
	const tabs = sessions.map((session, index) => {
		const browser = fakeBrowser();
		const second = fakeSession();
		showing(second, browser);
		return scene({ browser, devices, kit: fakeKit([session, second]), newId: () => `id-of-tab-${index}` })
			.setUp;
	});
	await Promise.all(tabs.map((tab) => tab.signIn(ACCOUNT, PASSWORD)));
	await Promise.all(tabs.map((tab) => tab.allow("Laptop")));
	const registered = sessions.map(({ asked }) => asked.find((what) => what.startsWith("register")));
	expect(registered).toEqual(Array(2).fill(`register ${ADDRESS} Laptop id-of-tab-0`));
});
