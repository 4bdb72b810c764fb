/** The browser of a site's page: what it lacks, whom it asks, and when a service worker is one. */
import { describe, expect, test } from "bun:test";
import { siteBrowserOf } from "../../../src/web/site/site-browser.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Mobile Safari/604.1";

/** A window with all that push needs, but for what is left out. */
function browserWith({
	serviceWorker = {},
	userAgent = FIREFOX,
	...changes
}: { serviceWorker?: object | undefined; userAgent?: string } & Record<string, unknown> = {}) {
	const navigator = { userAgent, maxTouchPoints: 0, ...(serviceWorker && { serviceWorker }) };
	const location = new URL("https://chat.example/talk?room=1#juliet");
	const all = { isSecureContext: true, PushManager: {}, Notification: {}, navigator, location, ...changes };
	const window = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
	return siteBrowserOf(window as never);
}

describe("there is no push", () => {
	test.each([
		["on a page without TLS", { isSecureContext: false }, "insecure"],
		["where there is no push service", { PushManager: undefined }, "unsupported"],
		["where there are no notifications", { Notification: undefined }, "unsupported"],
		["on an iPhone outside of the home screen", { userAgent: IPHONE, PushManager: undefined }, "home-screen"],
	])("%s", (_, changes, why) => {
		expect(browserWith(changes).obstacle() as string).toBe(why);
	});

	test("and nothing else forbids it", () => {
		expect(browserWith().obstacle()).toBeUndefined();
	});
});

test.each([
	["granted", []],
	["denied", []],
	["default", ["asked"]],
])("whoever said %s before is asked %p", async (permission, expected) => {
	const did: string[] = [];
	const requestPermission = async () => {
		did.push("asked");
		return "granted";
	};
	const answer = await browserWith({ Notification: { permission, requestPermission } }).askPermission();
	expect(did).toEqual(expected);
	expect(answer as string).toBe(permission === "default" ? "granted" : permission);
});

describe("a service worker", () => {
	/** One that is being installed. */
	function coming() {
		const worker = Object.assign(new EventTarget(), { state: "installing" });
		const become = (state: string) => {
			worker.state = state;
			worker.dispatchEvent(new Event("statechange"));
		};
		const registration = { active: null, waiting: null, installing: worker };
		const browser = browserWith({ serviceWorker: { register: async () => registration } });
		return { registration, become, made: browser.serviceWorker("sw.js") };
	}

	test("is waited for until it is active", async () => {
		const { registration, become, made } = coming();
		let isMade = false;
		void made.then(() => {
			isMade = true;
		});
		await Bun.sleep(0);
		become("installed");
		await Bun.sleep(0);
		expect(isMade).toBe(false);
		become("activated");
		expect((await made) as unknown).toBe(registration);
	});

	test("that could not be installed is none", async () => {
		const { become, made } = coming();
		await Bun.sleep(0);
		become("redundant");
		await expect(made).rejects.toThrow("could not be installed");
	});

	test("that is there already is not waited for", async () => {
		const registration = { active: {}, waiting: null, installing: new EventTarget() };
		const browser = browserWith({ serviceWorker: { register: async () => registration } });
		expect((await browser.serviceWorker("sw.js")) as unknown).toBe(registration);
	});
});

test("unsubscribing asks the service worker that serves the URL, and never fails", async () => {
	const asked: unknown[] = [];
	const pushManager = {
		getSubscription: async () => ({
			async unsubscribe() {
				asked.push("unsubscribe");
				throw new DOMException("away", "AbortError");
			},
		}),
	};
	const getRegistration = async (url: unknown) => {
		asked.push(url);
		return { pushManager };
	};
	await browserWith({ serviceWorker: { getRegistration } }).unsubscribe("/push/sw.js");
	expect(asked).toEqual(["/push/sw.js", "unsubscribe"]);
	await browserWith({ serviceWorker: { getRegistration: async () => undefined } }).unsubscribe();
});

test("the page is known without what follows its #, and the browser by its usual name", () => {
	const browser = browserWith();
	expect(browser.url().href).toBe("https://chat.example/talk?room=1");
	expect(browser.name()).toBe("Firefox, Linux");
});
