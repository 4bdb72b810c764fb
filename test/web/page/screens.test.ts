/** What a person sees and presses, on a document without a browser. */
import { afterAll, describe, expect, test } from "bun:test";
import { createContentKey } from "../../../src/web/content-key.ts";
import type { FaultReason } from "../../../src/web/kit/fault.ts";
import type { PageEffects } from "../../../src/web/page/create-page.ts";
import { openDom } from "./dom.ts";
import {
	ACCOUNT,
	ADDRESS,
	failing,
	fakeAddress,
	fakeApi,
	fakeBrowser,
	fakeClock,
	fakeDevices,
	fakeEffects,
	fakeKit,
	fakeSession,
	gate,
	LISTED,
	NOW,
	OWN,
	PASSWORD,
	SETTINGS,
	SHOWN,
} from "./fakes.ts";

const dom = openDom();
afterAll(dom.close);

async function signIn(with_: Partial<PageEffects> = {}) {
	const drawn = await dom.draw(fakeEffects(with_));
	drawn.type("#jid", ACCOUNT);
	drawn.type("#pw", PASSWORD);
	await drawn.send();
	return drawn;
}

describe("an invite", () => {
	const needed = failing({ kind: "invite-needed", address: ADDRESS, domain: "example.net" });

	test("is said before anybody signs in, and its link opens in a page that is open already", async () => {
		const page = await dom.draw(fakeEffects({ invite: "A".repeat(22) }));
		expect(page.text()).toContain("You have an invite to push.example.net.");
		const address = fakeAddress("#/devices");
		const open = await dom.draw(fakeEffects({ address }));
		expect(open.text()).not.toContain("You have an invite");
		address.open("#invite=AAAAAAAAAAAAAAAAAAAAAA");
		await open.until("You have an invite to push.example.net.");
		expect(address.hash()).toBe("#/set-up");
	});

	test("is asked for where it is needed, and what is wrong with it is said at the field", async () => {
		const session = fakeSession({ registerBrowser: needed });
		const page = await signIn({ kit: fakeKit([session]) });
		await page.until("Allow notifications");
		await page.send();
		await page.until("You need an invite");
		expect(page.text()).toContain("push.example.net does not take accounts of example.net without one.");
		session.registerBrowser = failing({ kind: "no-invite", reason: "There is no such invite." });
		page.type("#invite", "0000-0000-0000");
		await page.send();
		await page.until("This invite does not let you in. There is no such invite.");
	});
});

describe("the set-up", () => {
	test("from the address to a test push that was shown, and on to the devices", async () => {
		const browser = fakeBrowser();
		const address = fakeAddress();
		const published = gate();
		const session = fakeSession({
			list: async () => LISTED,
			async publishTest({ node }) {
				await published.promise;
				browser.says({ kind: "test-shown", node, at: 0, tookMs: 412 });
			},
		});
		const page = await signIn({ browser, address, kit: fakeKit([fakeSession(), session]) });
		await page.until("Allow notifications");
		expect(page.find<HTMLInputElement>("#name").value).toBe("Firefox, Linux");
		expect(address.hash()).toBe("#/set-up/allow");
		await page.send();
		await page.until("A test push is on its way");
		published.open();
		await page.until("It works: you will be woken");
		expect(page.text()).toContain("The test push took 412 ms, from your server to this browser.");
		expect(page.text()).toContain("Your server, example.net41 ms");
		expect(address.hash()).toBe("#/set-up/test");
		page.page.go({ at: "devices" });
		await page.until("Your devices");
		expect(page.text()).toContain("4 devices are woken");
		expect(page.text()).toContain("This device");
	});

	test("the focus goes to the heading of the next screen, and the window is called like it", async () => {
		const page = await dom.draw(fakeEffects());
		expect(page.root.contains(document.activeElement)).toBe(false);
		page.type("#jid", ACCOUNT);
		page.type("#pw", PASSWORD);
		await page.send();
		await page.until("Allow notifications");
		expect(document.activeElement?.textContent).toBe("Allow notifications");
		expect(document.title).toBe("Allow notifications · Reveille");
	});

	test("the password's field is empty as soon as it was read", async () => {
		const login = gate<never>();
		const kit = fakeKit([], { logIn: () => login.promise });
		const page = await dom.draw(fakeEffects({ kit }));
		const field = page.find<HTMLInputElement>("#pw");
		page.type("#jid", ACCOUNT);
		page.type("#pw", PASSWORD);
		await page.send();
		expect(field.value).toBe("");
		expect(page.root.innerHTML).not.toContain(PASSWORD);
	});

	const domain = "example.net";
	test.each<[FaultReason, string]>([
		[{ kind: "wrong-password", domain }, "example.net does not accept this password. Type it again."],
		[{ kind: "domain-unknown", domain }, "it does not serve example.net"],
		[{ kind: "no-server-known", domain }, "Where is your server?"],
		[
			{ kind: "server-unreachable", service: "wss://a.example:5281/ws" },
			"Open https://a.example:5281 in this browser",
		],
		[{ kind: "no-push", domain }, "Push is missing at example.net."],
		[{ kind: "no-safe-login", domain }, "Your password was not sent."],
		[{ kind: "server-unproven", domain }, "The server did not prove that it is example.net."],
		[
			{ kind: "login-refused", domain, reason: "account-disabled" },
			"refuses to sign you in: account-disabled.",
		],
		[{ kind: "disconnected", domain }, "The connection to example.net was lost"],
	])("%p says %p", async (reason, words) => {
		const page = await signIn({ kit: fakeKit([], { logIn: failing(reason) }) });
		await page.until(words);
	});

	test("what a browser can show of a server that does not answer opens beside the page", async () => {
		const logIn = failing({ kind: "server-unreachable", service: "wss://a.example:5281/ws" });
		const page = await signIn({ kit: fakeKit([], { logIn }) });
		await page.until("accept it there");
		const link = page.find(".error a");
		expect(link.getAttribute("href")).toBe("https://a.example:5281");
		expect(link.getAttribute("target")).toBe("_blank");
		expect(link.getAttribute("rel")).toBe("noopener noreferrer");
	});

	test.each<[FaultReason, string]>([
		[
			{ kind: "not-allowed", address: ADDRESS, domain },
			"Ask the operator of this page to allow your server.",
		],
		[{ kind: "reveille-away", address: ADDRESS }, "push.example.net does not answer."],
	])("registering: %p says %p", async (reason, words) => {
		const page = await signIn({ kit: fakeKit([fakeSession({ registerBrowser: failing(reason) })]) });
		await page.until("Allow notifications");
		await page.send();
		await page.until(words);
	});

	test("the cure can be copied, and the server asked again", async () => {
		const browser = fakeBrowser();
		let push = false;
		const session = fakeSession({ features: async () => ({ push, encrypts: false }) });
		const page = await signIn({ browser, kit: fakeKit([session]) });
		await page.until("Your server cannot send pushes yet");
		page.find("[aria-label='Copy: the lines for ejabberd']").click();
		expect(browser.copied).toEqual(["# modules:\n  mod_stream_mgmt: {}\n  mod_push: {}"]);
		push = true;
		await page.press("Ask again");
		await page.until("Allow notifications");
	});

	test("a browser that was told to block, with the way to change it", async () => {
		let answer: NotificationPermission = "denied";
		const page = await signIn({ browser: fakeBrowser({ askPermission: async () => answer }) });
		await page.until("Allow notifications");
		await page.send();
		await page.until("“Block” was chosen for push.example.net.");
		answer = "default";
		await page.press("Try again");
		await page.send();
		await page.until("The question was closed without an answer.");
	});

	test("a test push that the push service refuses", async () => {
		const clock = fakeClock();
		const said = [SHOWN];
		const api = fakeApi({
			show: async () => said.shift() ?? { ...SHOWN, lastErrorAt: NOW, lastError: "503" },
		});
		const page = await signIn({ api, clock });
		await page.until("Allow notifications");
		await page.send();
		await page.until("on its way");
		clock.pass(30_000);
		await page.until("The push service of Mozilla did not take the push.");
		expect(page.text()).toContain("It says: 503");
		expect(page.text()).toContain("stopped at push-service: 503");
	});

	test("the back button gives a set-up up", async () => {
		const address = fakeAddress();
		const page = await signIn({ address });
		await page.until("Allow notifications");
		address.back();
		await page.until("Be woken by your messages");
		expect(page.find<HTMLInputElement>("#jid").value).toBe(ACCOUNT);
	});
});

describe("what is in the way", () => {
	test.each<[string, Partial<PageEffects>]>([
		["This page needs https", { browser: fakeBrowser({ secure: false }) }],
		["Put this page on your Home Screen", { browser: fakeBrowser({ appleMobile: true, push: false }) }],
		["This browser cannot be woken", { browser: fakeBrowser({ serviceWorkers: false }) }],
		["This browser has no push", { browser: fakeBrowser({ push: false }) }],
		["This browser keeps nothing for this page", { devices: undefined }],
		["Reveille does not answer", { settings: undefined }],
		[
			"Web Push is off here",
			{ settings: { version: "1", ntfy: false, servers: {}, open: "", address: ADDRESS } },
		],
		[
			"No XMPP server is connected",
			{ settings: { version: "1", ntfy: false, servers: {}, open: "", vapidPublicKey: "k" } },
		],
	])("%p", async (title, with_) => {
		const page = await dom.draw(fakeEffects(with_));
		expect(page.text()).toContain(title);
		expect(page.root.querySelector("input[type=password]")).toBeNull();
	});

	test("devices that are there can be managed all the same", async () => {
		const page = await dom.draw(fakeEffects({ settings: undefined, devices: fakeDevices(OWN) }));
		expect(page.text()).toContain(OWN.name);
	});
});

test("a device says whether its server encrypts for it", async () => {
	const { key } = await createContentKey();
	for (const [own, words] of [
		[OWN, "As your server publishes them"],
		[{ ...OWN, contentKey: key }, "Encrypted by your server for this browser"],
	] as const) {
		const address = fakeAddress(`#/device/${OWN.node}`);
		const page = await dom.draw(fakeEffects({ address, devices: fakeDevices(own) }));
		await page.until(`Sender and text${words}`);
	}
});

describe("without a password", () => {
	const copying = async (with_: Partial<PageEffects> = {}) => {
		const page = await dom.draw(fakeEffects({ address: fakeAddress("#/copy"), ...with_ }));
		page.type("#jid", ACCOUNT);
		await page.send();
		return page;
	};

	test("three values, where everybody may register; the browser is a device from then on", async () => {
		const devices = fakeDevices();
		const page = await copying({ devices });
		await page.until("Copy these three values");
		for (const value of ["push.example.net", "node-1", "secret-1"]) expect(page.text()).toContain(value);
		expect(devices.there.get("node-1")?.account).toBe(ACCOUNT);
	});

	test("else the command, with what it asks for", async () => {
		const registration = { isOpen: async () => false, register: failing({ kind: "http-away" }) };
		const page = await copying({ registration });
		await page.until("Register this browser in your client");
		expect(page.text()).toContain("register-push-webpush");
		expect(page.text()).toContain("https://updates.push.services.mozilla.com/wpush/v2/one");
	});

	test("what fails is said at the field", async () => {
		const registration = { isOpen: failing({ kind: "http-away" }), register: failing({ kind: "http-away" }) };
		await (await copying({ registration })).until("Reveille does not answer.");
	});

	test("a browser that never subscribes is not waited for longer than 30 s", async () => {
		const clock = fakeClock();
		const page = await copying({ clock, browser: fakeBrowser({ subscribe: () => gate<never>().promise }) });
		clock.pass(30_000);
		await page.until("push service");
	});

	test("where Reveille is away while the browser subscribes, the push service is not blamed", async () => {
		const browser = fakeBrowser({ subscribe: failing({ kind: "http-away" }) });
		await (await copying({ browser })).until("Reveille does not answer.");
	});
});

describe("the devices", () => {
	test("later: this one alone, until the password is given again", async () => {
		const session = fakeSession({ list: async () => LISTED });
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(OWN), kit: fakeKit([session]) }));
		await page.until("Last push 4 minutes ago.");
		expect(page.text()).toContain("Give your password to see them.");
		expect(page.text()).not.toContain("Add an ntfy topic");
		page.type("#pw", PASSWORD);
		await page.send();
		await page.until("iPhone");
		expect(page.text()).toContain("The last push failed: The server is too busy (503).");
		expect(page.text()).toContain("Add an ntfy topic");
	});

	test("those that came by another app server's commands are there too, without a name by their nodes", async () => {
		const others = ["fcm", "apns"].map((app) => ({ node: `node-of-${app}`, name: "", app }));
		const session = fakeSession({ list: async () => [...LISTED, ...others] });
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(OWN), kit: fakeKit([session]) }));
		page.type("#pw", PASSWORD);
		await page.send();
		await page.until("iPhone");
		for (const { node } of others) expect(page.text()).toContain(node);
	});

	test("a wrong password is said at its field", async () => {
		const kit = fakeKit([], { logIn: failing({ kind: "wrong-password", domain: "example.net" }) });
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(OWN), kit }));
		page.type("#pw", "wrong");
		await page.send();
		await page.until("example.net does not accept this password.");
	});

	test("an ntfy topic, checked before it is sent", async () => {
		const session = fakeSession({ list: async () => LISTED });
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(OWN), kit: fakeKit([session]) }));
		page.type("#pw", PASSWORD);
		await page.send();
		await page.until("Add an ntfy topic");
		page.type("#topic", "http://ntfy.example.net/romeo");
		await page.send("details form");
		await page.until("It begins with https://");
		page.type("#topic", "https://ntfy.example.net/romeo");
		await page.send("details form");
		await page.until("The topic is added");
		expect(session.asked).toContain("topic https://ntfy.example.net/romeo");
	});

	test("offline, blocked, and an account without a device", async () => {
		const offline = fakeBrowser({ online: () => false });
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(OWN), browser: offline }));
		expect(page.text()).toContain("You are offline.");
		const blocked = fakeBrowser({ permission: () => "denied" });
		const other = await dom.draw(fakeEffects({ devices: fakeDevices(OWN), browser: blocked }));
		expect(other.text()).toContain("This browser blocks notifications.");
		const empty = await dom.draw(fakeEffects());
		await empty.page.accounts.signedIn(fakeSession());
		empty.page.go({ at: "devices" });
		await empty.until("Nothing is woken yet");
	});

	test("two accounts, each with its own", async () => {
		const second = { ...OWN, node: "node-9", account: "juliet@example.org", name: "Balcony" };
		const address = fakeAddress();
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(OWN, second), address }));
		expect(page.text()).not.toContain("Balcony");
		address.open("#/devices/juliet%40example.org");
		await page.until("Balcony");
	});

	test("what another tab changed is seen when this one is looked at", async () => {
		const devices = fakeDevices(OWN);
		const browser = fakeBrowser();
		const page = await dom.draw(fakeEffects({ devices, browser }));
		await devices.put({ ...OWN, name: "Renamed elsewhere" });
		browser.returns();
		await page.until("Renamed elsewhere");
	});
});

describe("one device", () => {
	const open = (with_: Partial<PageEffects> = {}) =>
		dom.draw(fakeEffects({ devices: fakeDevices(OWN), address: fakeAddress("#/device/node-1"), ...with_ }));

	test("is renamed, and wakes for calls", async () => {
		const devices = fakeDevices(OWN);
		const page = await open({ devices });
		page.type("#name", "Study");
		await page.send();
		await page.until("The name is changed.");
		expect(devices.there.get("node-1")?.name).toBe("Study");
		page.find<HTMLInputElement>("[name=low]").click();
		await page.until("It is woken for calls too.");
		expect(devices.there.get("node-1")?.wantsLow).toBe(true);
	});

	test("is tested", async () => {
		const browser = fakeBrowser();
		const api = fakeApi({
			async test({ node }) {
				browser.says({ kind: "test-shown", node, at: 0, tookMs: 2_440 });
				return { result: "delivered" };
			},
		});
		const page = await open({ browser, api });
		await page.press("Send a test push");
		await page.until("The test push took 2.4 s.");
	});

	test("ends after a question, and the list says so", async () => {
		const devices = fakeDevices(OWN, { ...OWN, node: "node-2", name: "Other" });
		const page = await open({ devices });
		await page.press("End this device");
		expect(page.text()).toContain(`End “${OWN.name}”?`);
		expect(document.activeElement?.textContent).toBe("Keep it");
		page.find("dialog .sure").click();
		await page.until("has ended at Reveille. Your server notices with the next message.");
		expect([...devices.there.keys()]).toEqual(["node-2"]);
	});

	test("that ended can be set up again, or taken off the list", async () => {
		const devices = fakeDevices({ ...OWN, ended: { at: NOW, why: "account-removed" } });
		const page = await open({ devices });
		expect(page.text()).toContain("The account was removed from its server.");
		await page.press("Take it off the list");
		await page.until("Be woken by your messages");
		expect(devices.there.size).toBe(0);
	});

	test("that is in no list asks for the password", async () => {
		const page = await open({ address: fakeAddress("#/device/nobody") });
		expect(page.text()).toContain("This device is not on the list");
	});
});

test("what strangers write is shown as they wrote it, and is no markup", async () => {
	const evil = `<img src=x onerror="alert(1)">{jid}`;
	const own = { ...OWN, name: evil, account: `"><script>alert(1)</script>@example.net` };
	const listed = [{ node: "n", name: evil, app: evil, lastErrorAt: 1, lastError: evil }];
	for (const hash of ["#/devices", "#/device/node-1"]) {
		const page = await dom.draw(fakeEffects({ devices: fakeDevices(own), address: fakeAddress(hash) }));
		await page.page.accounts.signedIn(fakeSession({ account: own.account, list: async () => listed }));
		await page.until(evil);
		expect(page.root.querySelectorAll("img, script")).toHaveLength(0);
		expect(page.root.querySelectorAll("[style]")).toHaveLength(0);
	}
	const reason = { kind: "login-refused", domain: evil, reason: evil } as const;
	const page = await signIn({ kit: fakeKit([], { logIn: failing(reason) }) });
	await page.until(evil);
	expect(page.root.querySelectorAll("img, script")).toHaveLength(0);
});

test("German from the browser, English by the footer, and the choice is kept", async () => {
	const devices = fakeDevices();
	const spoken: string[] = [];
	const page = await dom.draw(
		fakeEffects({
			devices,
			languages: ["de-DE"],
			settings: SETTINGS,
			setLanguage: (lang) => void spoken.push(lang),
		}),
	);
	expect(page.text()).toContain("Lass dich von deinen Nachrichten wecken");
	await page.press("English");
	expect(page.text()).toContain("Be woken by your messages");
	expect(spoken).toEqual(["de", "en"]);
	expect(devices.lastLanguage).toBe("en");
});
