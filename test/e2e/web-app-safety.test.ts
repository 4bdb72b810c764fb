/** What leaves the page, what gets in, and what goes on when something changes behind it: in a real Firefox. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { escapeXML } from "@xmpp/xml";
import { en } from "../../src/web/page/texts/en.ts";
import { summary } from "../xmpp/parse.ts";
import { openScene, type Scene } from "./scene.ts";
import { enabledThrough, publishTo } from "./web-app/publishing.ts";
import { setUp } from "./web-app/reading.ts";
import { type Recorder, startRecorder } from "./web-app/recorder.ts";
import { type Relay, startRelay } from "./web-app/relay.ts";
import { type FirefoxVisitor, startVisitor, type Visitor, visitorAt } from "./web-app/visitor.ts";

/** A word that nothing else says. */
const PASSWORD = "wherefore-4711";
/** Would run, as HTML. */
const HOSTILE = `<img src="x" onerror="alert('got in')">`;

let scene: Scene;
let relay: Relay;
/** What Reveille is asked, by pages and by the service worker, whichever tab they are of. */
let recorder: Recorder;
let visitor: FirefoxVisitor;
/** By the pages. The policy of the service worker allows no other place than these (web-app-policy.test.ts). */
const asked: { url: string; sent: string }[] = [];
const dialogs: string[] = [];

beforeAll(async () => {
	scene = await openScene("prosody", {
		users: [],
		xmpp: { pushWith: { body: true, sender: true } },
		settings: { PUSH_INTERVAL_MS: "0" },
	});
	await scene.server.addUsers(["bob", "juliet"], PASSWORD);
	relay = startRelay(scene.server.websocketUrl);
	recorder = startRecorder(scene.reveille.url);
	visitor = await startVisitor({ pushServerUrl: scene.endpoint.browserUrl });
	await watch(visitor);
}, 90_000);
afterAll(async () => {
	await visitor?.close();
	await recorder?.stop();
	await relay?.stop();
	await scene?.stop();
}, 60_000);

/** Takes down what a tab asks, and what its policy blocks. */
async function watch({ page }: Visitor) {
	page.on("request", (request) => {
		asked.push({ url: request.url(), sent: JSON.stringify(request.headers()) });
	});
	page.on("dialog", (dialog) => {
		dialogs.push(dialog.message());
		void dialog.dismiss();
	});
	await page.evaluateOnNewDocument(() => {
		// Of all documents of the origin.
		document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
			const before = localStorage.getItem("violations") ?? "";
			localStorage.setItem("violations", `${before}${violatedDirective} ${blockedURI}\n`);
		});
	});
}

const violations = () => visitor.page.evaluate(() => localStorage.getItem("violations"));

const account = (name: string) => ({
	jid: `${name}@${scene.server.host}`,
	password: PASSWORD,
	server: relay.url,
});

/** In whatever was sent: the password, and what a login without SCRAM sends in its place. */
function expectNoPassword(texts: readonly string[]) {
	for (const text of texts) {
		expect(text).not.toContain(PASSWORD);
		for (const name of ["bob", "juliet"]) expect(text).not.toContain(btoa(`\0${name}\0${PASSWORD}`));
	}
}

test("the page asks nobody but Reveille and the user's server", async () => {
	await setUp(visitor, recorder.url, account("bob"));
	expect(await violations()).toBeNull();

	const { host } = scene.server;
	const places = new Set(asked.map(({ url }) => new URL(url).origin));
	const { origin } = new URL(relay.url.replace("ws:", "http:"));
	expect([...places].sort()).toEqual([recorder.url, origin, `https://${host}`].sort());
	const elsewhere = asked.filter(({ url }) => new URL(url).origin === `https://${host}`);
	expect(elsewhere.map(({ url }) => new URL(url).pathname).sort()).toEqual([
		"/.well-known/host-meta",
		"/.well-known/host-meta.json",
	]);
	const said = relay.said.join("\n");
	expect(said).toContain("SCRAM-SHA-");
	// Two logins, and no presence: the server must go on to publish.
	expect(relay.said.filter((element) => element.startsWith("<auth"))).toHaveLength(2);
	expect(said).not.toContain("<presence");
}, 90_000);

test("what others write is text: a name, a body, a nickname, the address bar", async () => {
	const { page } = visitor;
	await visitor.click(en.test.devices);
	await visitor.untilHeading(en.devices.title);
	const [name = ""] = await page.$$eval("li.item a", (links) => links.map((link) => link.textContent));
	await visitor.click(name);
	await visitor.untilHeading(name);
	await visitor.type(en.device.nameLabel, HOSTILE);
	await visitor.click(en.device.rename);
	await visitor.untilHeading(HOSTILE);
	expect(await page.$$("main img")).toEqual([]);

	await page.goto("about:blank");
	const alice = await scene.login("alice", "<b>alice</b>");
	await alice.sendMessage(`bob@${scene.server.host}`, HOSTILE);
	await visitor.open(recorder.url);
	expect(await visitor.untilNotified(({ body }) => body.includes("img"))).toEqual({
		title: `alice@${scene.server.host}`,
		body: HOSTILE,
	});
	for (const hash of [
		`#/device/${HOSTILE}`,
		`#/devices/${encodeURIComponent(HOSTILE)}`,
		"#/device/%E0%A4%A",
	]) {
		await page.goto("about:blank");
		await visitor.open(recorder.url, hash);
		expect(await page.$$("main img")).toEqual([]);
	}
	expect(dialogs).toEqual([]);
	expect(await violations()).toBeNull();
}, 90_000);

test.each([
	["an address", summary({ "last-message-sender": escapeXML(HOSTILE), "last-message-body": "One" }), "One"],
	[
		"a nickname in a room",
		`${summary({ "last-message-sender": "room@muc.example/x", "last-message-body": "Two" })}
		<groupchat xmlns="http://tigase.org/protocol/muc#offline"><nickname>${escapeXML(HOSTILE)}</nickname></groupchat>`,
		"Two",
	],
])(
	"%s with markup in it is text",
	async (_, notification, body) => {
		await publishTo(await scene.login("alice"), enabledThrough(relay), notification);
		const shown = await visitor.untilNotified((one) => one.body.includes(body));
		expect(shown.title + shown.body).toContain(HOSTILE);
		await visitor.page.goto("about:blank");
		await visitor.open(recorder.url);
		expect(await visitor.page.$$("main img")).toEqual([]);
		expect(dialogs).toEqual([]);
		expect(await violations()).toBeNull();
	},
	60_000,
);

test("a second account: both are woken, by one subscription", async () => {
	await setUp(visitor, recorder.url, account("juliet"));
	await visitor.page.goto("about:blank");
	const alice = await scene.login("alice");
	for (const name of ["bob", "juliet"])
		await alice.sendMessage(`${name}@${scene.server.host}`, `Wake up, ${name}!`);
	await visitor.open(recorder.url);
	for (const name of ["bob", "juliet"])
		await visitor.untilNotified(({ body }) => body.includes(`Wake up, ${name}!`));
	const kept = await visitor.devices();
	expect(kept.map((device) => device.account).sort()).toEqual([account("bob").jid, account("juliet").jid]);
	expect(new Set(kept.map(({ endpoint }) => endpoint)).size).toBe(1);
}, 90_000);

test("a subscription that the browser lost is made anew at the next opening, for both accounts", async () => {
	const { page } = visitor;
	const [before] = await visitor.devices();
	await page.evaluate(async () => {
		const { pushManager } = await navigator.serviceWorker.ready;
		await (await pushManager.getSubscription())?.unsubscribe();
	});
	await page.goto("about:blank");
	await visitor.open(recorder.url);
	await visitor.untilDevices((devices) => devices.every(({ endpoint }) => endpoint !== before?.endpoint));
	await page.goto("about:blank");
	const alice = await scene.login("alice");
	for (const name of ["bob", "juliet"])
		await alice.sendMessage(`${name}@${scene.server.host}`, `Once more, ${name}!`);
	await visitor.open(recorder.url);
	for (const name of ["bob", "juliet"])
		await visitor.untilNotified(({ body }) => body.includes(`Once more, ${name}!`));
}, 90_000);

test("two tabs: what one changes the other shows, and a device that one ended is in neither", async () => {
	const other = visitorAt(await visitor.firefox.browser.newPage());
	await watch(other);
	const juliet = account("juliet").jid;
	for (const tab of [visitor, other]) {
		await tab.page.bringToFront();
		await tab.page.goto("about:blank");
		await tab.open(recorder.url, `#/devices/${encodeURIComponent(juliet)}`);
		await tab.untilHeading(en.devices.title);
	}
	const kept = await visitor.devices();
	const device = kept.find((one) => one.account === juliet);
	await other.click(device?.name ?? "");
	await other.untilHeading(device?.name ?? "");
	await other.type(en.device.nameLabel, "The other tab");
	await other.click(en.device.rename);
	await other.untilHeading("The other tab");
	await visitor.untilSaid("The other tab");

	await visitor.page.bringToFront();
	await visitor.click("The other tab");
	await visitor.untilHeading("The other tab");
	await visitor.click(en.device.end);
	await visitor.click(en.device.end, "dialog");
	await visitor.untilDevices((devices) => devices.every((one) => one.account !== juliet));
	await other.untilHeading(en.device.notHere);
	expect((await visitor.devices()).map((one) => one.account)).toEqual([account("bob").jid]);
	expect(await violations()).toBeNull();
}, 90_000);

test("after all this, nothing that left the browser had the password in it", async () => {
	const paths = new Set(
		recorder.asked.map(({ method, path }) => `${method} ${path.replace(/(?<=registrations.)[^/]+/, "NODE")}`),
	);
	expect([...paths].sort()).toEqual([
		"DELETE /api/v1/registrations/NODE",
		"GET /api/v1/registrations/NODE",
		"GET /app/",
		"GET /app/apple-touch-icon.png",
		"GET /app/icon-192.png",
		"GET /app/logo.svg",
		"GET /app/main.js",
		"GET /app/settings.json",
		"GET /app/style.css",
		"GET /app/sw.js",
		"PUT /api/v1/registrations/NODE",
	]);
	const { origin } = new URL(relay.url.replace("ws:", "http:"));
	const places = new Set(asked.map(({ url }) => new URL(url).origin));
	expect([...places].sort()).toEqual([recorder.url, origin, `https://${scene.server.host}`].sort());
	expect(recorder.asked.some(({ body }) => body !== "")).toBe(true);
	expectNoPassword([
		...relay.said,
		...asked.flatMap(({ url, sent }) => [url, sent]),
		...recorder.asked.flatMap(({ path, headers, body }) => [path, headers, body]),
	]);
});
