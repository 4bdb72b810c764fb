/** The web app's service worker in a real Firefox: what it shows of pushes that came through a real Reveille. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import type { Devices, OwnDevice, WorkerMessage } from "../../src/web/devices.ts";
import { selfSigned } from "../peers/certificates.ts";
import { type LaunchedFirefox, launchFirefox } from "../peers/firefox.ts";
import { clickAlert, SYSTEM_ACCESS } from "../peers/firefox-alert.ts";
import type { Registered } from "../peers/reveille.ts";
import type { User } from "../peers/user.ts";
import type { SubscriptionJson } from "../peers/web-push-device.ts";
import { options, parse, publishIq, summary } from "../xmpp/parse.ts";
import { openScene, type Scene } from "./scene.ts";

/** What the page of page.ts has. */
declare const devices: Devices;
declare const heard: WorkerMessage[];

const ACCOUNT = "bob@example.org";
const CALL = '<encrypted xmlns="tigase:push:encrypt:0" iv="aXY=" type="voip">Zm9v</encrypted>';
const event = (name: string) => `<event xmlns="http://tigase.org/protocol/account#event" name="${name}"/>`;

/** Another origin than Reveille's, that serves the service worker below a page of its own, and passes the API on. */
async function startSite(reveilleUrl: string) {
	const { outputs } = await Bun.build({
		entrypoints: [join(import.meta.dir, "web-worker/page.ts")],
		target: "browser",
		minify: true,
	});
	const script = await outputs[0]?.text();
	const bundle = JSON.parse(readFileSync(join(import.meta.dir, "../../dist/web.json"), "utf8"));
	const worker = Bun.gunzipSync(Buffer.from(bundle.files["sw.js"].gzip, "base64"));
	const text = { "Content-Type": "text/javascript" };
	const site = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		routes: {
			"/app/": new Response(
				'<!doctype html><title>Page</title><script type="module" src="page.js"></script>',
				{
					headers: { "Content-Type": "text/html" },
				},
			),
			"/app/page.js": new Response(script, { headers: text }),
			"/app/sw.js": new Response(worker, { headers: text }),
		},
		fetch(request) {
			const { pathname } = new URL(request.url);
			return pathname.startsWith("/api/v1/")
				? fetch(new Request(reveilleUrl + pathname, request))
				: new Response(null, { status: 404 });
		},
	});
	return { url: `http://127.0.0.1:${site.port}/app/`, stop: () => site.stop(true) };
}

let scene: Scene;
let site: Awaited<ReturnType<typeof startSite>>;
let firefox: LaunchedFirefox;
let page: Page;
let alice: User;
let subscription: SubscriptionJson;
let registered: Registered;

beforeAll(async () => {
	scene = await openScene("prosody", { settings: { PUSH_INTERVAL_MS: "0" } });
	site = await startSite(scene.reveille.url);
	firefox = await launchFirefox({
		pushServerUrl: scene.endpoint.browserUrl,
		...SYSTEM_ACCESS,
		acceptInsecureCerts: true,
	});
	({ page } = firefox);
	await page.goto(site.url);
	const key = await scene.reveille.vapidPublicKey();
	subscription = (await page.evaluate(async (applicationServerKey) => {
		const heard: WorkerMessage[] = [];
		Object.assign(globalThis, { heard });
		navigator.serviceWorker.addEventListener("message", ({ data }) => heard.push(data));
		await navigator.serviceWorker.register("/app/sw.js");
		const { pushManager } = await navigator.serviceWorker.ready;
		return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).toJSON();
	}, key)) as SubscriptionJson;
	registered = await scene.reveille.register(subscription);
	alice = await scene.login("alice");
}, 120_000);
afterAll(async () => {
	await firefox?.close();
	await site?.stop();
	await scene?.stop();
}, 60_000);

function device(changes: Partial<OwnDevice> = {}): OwnDevice {
	const { jid, node, deviceSecret } = registered;
	const { endpoint } = subscription;
	const at = Date.now();
	const times = { registeredAt: at, renewedAt: at };
	return {
		jid,
		node,
		deviceSecret,
		endpoint,
		account: ACCOUNT,
		name: "Fox",
		wantsLow: true,
		...times,
		...changes,
	};
}

beforeEach(async () => {
	await page.evaluate(async (kept) => {
		for (const { node } of await devices.all()) await devices.remove(node);
		await devices.put(kept);
		await devices.setLanguage("en");
		await devices.setOpenTemplate("xmpp:{jid}");
		await devices.setOpenedAt(Date.now());
		heard.length = 0;
		const registration = await navigator.serviceWorker.ready;
		for (const one of await registration.getNotifications()) one.close();
	}, device());
}, 30_000);

/** Publishes as a user's server would, and waits until the service worker has spoken of it. */
async function push(notification: string, to: Pick<Registered, "jid" | "node" | "secret"> = registered) {
	const spoken = await page.evaluate(() => heard.length);
	const { jid, node, secret = "" } = to;
	const pubsub = parse(publishIq(notification, options({ secret }))).getChild("pubsub");
	const publish = pubsub?.getChild("publish");
	if (!pubsub || !publish) throw new Error("no publish");
	publish.attrs.node = node;
	await alice.iq("set", pubsub, jid);
	return spoken;
}

const wokenBy = async (notification: string) => {
	const spoken = await push(notification);
	await page.waitForFunction((before) => heard.length > before, { timeout: 30_000 }, spoken);
};

const shown = () =>
	page.evaluate(async () => {
		const all = await (await navigator.serviceWorker.ready).getNotifications();
		return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
	});
const words = async () => (await shown()).map(({ title, body }) => [title, body]);
const said = () => page.evaluate(() => heard);
const kept = () => page.evaluate((node) => devices.get(node), registered.node);

const message = (sender: string, body: string) =>
	summary({ "message-count": "1", "last-message-sender": sender, "last-message-body": body });

describe("a push is shown:", () => {
	test("messages of one sender together, with a count, and each sender apart", async () => {
		await wokenBy(message("juliet@example.net/balcony", "Romeo!"));
		expect(await words()).toEqual([["juliet@example.net", "Romeo!"]]);
		await wokenBy(message("juliet@example.net/garden", "Wherefore art thou &lt;b>Romeo&lt;/b>?"));
		await wokenBy(message("mercutio@example.net", "A plague!"));
		expect((await words()).sort()).toEqual([
			["juliet@example.net (2 messages)", "Wherefore art thou <b>Romeo</b>?"],
			["mercutio@example.net", "A plague!"],
		]);
		expect((await shown()).map(({ data }) => data.url).sort()).toEqual([
			"xmpp:juliet@example.net",
			"xmpp:mercutio@example.net",
		]);
		// Firefox says of a notification that was replaced that it was closed.
		await wokenBy(message("juliet@example.net/garden", "Romeo?"));
		expect((await kept())?.unread).toEqual({ "juliet@example.net": 3, "mercutio@example.net": 1 });
	}, 60_000);

	test("a message without text, in German", async () => {
		await page.evaluate(() => devices.setLanguage("de"));
		await wokenBy(summary({ "message-count": "1", "last-message-body": "New Message!" }));
		expect(await words()).toEqual([
			["Neue Nachricht", "Eine Nachricht für bob@example.org. Tippen, um sie zu lesen."],
		]);
	}, 60_000);

	test("a call", async () => {
		await wokenBy(CALL);
		expect(await words()).toEqual([["A call", "Tap to answer in your chat app."]]);
	}, 60_000);

	test("a test that the page waits for, with the time that it took", async () => {
		const body = "Test 4711";
		const startedAt = Date.now();
		const { node } = registered;
		await page.evaluate((test) => devices.setPendingTest(test), { node, body, startedAt });
		await wokenBy(summary({ "message-count": "1", "last-message-body": body }));
		const [told] = await said();
		if (told?.kind !== "test-shown") throw new Error(told?.kind);
		expect(told.node).toBe(node);
		expect(told.tookMs).toBeGreaterThan(0);
		expect(told.tookMs).toBeLessThanOrEqual(Date.now() - startedAt);
		expect(await words()).toEqual([["It works", `This test push took ${told.tookMs} ms.`]]);
		expect((await kept())?.lastTest?.tookMs).toBe(told.tookMs);
	}, 60_000);

	test("Reveille's own test push", async () => {
		const { node, deviceSecret } = registered;
		await page.evaluate((test) => devices.setPendingTest(test), { node, startedAt: Date.now() });
		await scene.reveille.api("POST", `/registrations/${node}/test`, deviceSecret);
		await page.waitForFunction(() => heard.length > 0, { timeout: 30_000 });
		expect((await words()).map(([title]) => title)).toEqual(["It works"]);
	}, 60_000);

	test("the end of the account, after which the device is marked", async () => {
		await wokenBy(event("account-removed"));
		expect(await words()).toEqual([
			["This device is not woken any more", "bob@example.org was removed from its server."],
		]);
		expect((await kept())?.ended?.why).toBe("account-removed");
		expect(await said()).toEqual([{ kind: "changed" }]);
	}, 60_000);

	test("what is not known, in general words", async () => {
		await wokenBy(event("moon-rose"));
		expect(await words()).toEqual([["Something new", "Your chat app shows what it is."]]);
	}, 60_000);

	test("what has no content at all", async () => {
		const { keys: _, ...keyless } = subscription;
		const bare = await scene.reveille.register(keyless as SubscriptionJson);
		await push(message("juliet@example.net", "Romeo!"), bare);
		await page.waitForFunction(
			async () => (await (await navigator.serviceWorker.ready).getNotifications()).length > 0,
			{ timeout: 30_000, polling: 100 },
		);
		expect(await words()).toEqual([["Something new", "Your chat app shows what it is."]]);
	}, 60_000);
});

describe("a click on it", () => {
	/** What was opened beside the page. */
	const opened = async (begins: string) => {
		const target = await firefox.browser.waitForTarget((its) => its.url().startsWith(begins), {
			timeout: 20_000,
		});
		const url = target.url();
		await (await target.page())?.close();
		return url;
	};

	test("opens the chat in the operator's web app, and its messages are looked at", async () => {
		const certificate = selfSigned({ host: "127.0.0.1" });
		const [{ key, cert }] = certificate.made as [(typeof certificate.made)[number]];
		const chat = Bun.serve({
			hostname: "127.0.0.1",
			port: 0,
			tls: { key, cert },
			fetch: () =>
				new Response("<!doctype html><title>Chat</title>", { headers: { "Content-Type": "text/html" } }),
		});
		const origin = `https://127.0.0.1:${chat.port}`;
		try {
			await page.evaluate((template) => devices.setOpenTemplate(template), `${origin}/{account}/{jid}`);
			await wokenBy(message("juliet@example.net/balcony", "Romeo!"));
			await clickAlert(firefox.browser);
			expect(await opened(origin)).toBe(`${origin}/bob%40example.org/juliet%40example.net`);
			await page.waitForFunction(() => heard.some(({ kind }) => kind === "changed"), { timeout: 20_000 });
			expect((await kept())?.unread).toEqual({});
			expect(await shown()).toEqual([]);
		} finally {
			await chat.stop(true);
			certificate.remove();
		}
	}, 60_000);

	test("leads to the device on the page that is open", async () => {
		await wokenBy(event("account-removed"));
		await clickAlert(firefox.browser);
		const there = `#/device/${encodeURIComponent(registered.node)}`;
		await page.waitForFunction((hash) => location.hash === hash, { timeout: 20_000 }, there);
		expect(await firefox.browser.pages()).toHaveLength(1);
	}, 60_000);
});
