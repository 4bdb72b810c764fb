/**
 * Converse.js of npm with the kit for sites, in a real Firefox: on the page of examples/converse, and on the one that
 * ejabberd's mod_conversejs makes. It is woken with its tab closed.
 */
import { afterEach, expect, test } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { type LaunchedFirefox, launchFirefox } from "../peers/firefox.ts";
import { SYSTEM_ACCESS } from "../peers/firefox-alert.ts";
import { type TemporaryFolder, temporaryFolder } from "../peers/folder.ts";
import { openScene, type Scene, type SceneOptions, type ServerName } from "./scene.ts";
import { html, type Site, script, shownAt, startSite } from "./site-kit/site.ts";

const ROOT = join(import.meta.dir, "../../");
/** Its npm package holds all that it loads. */
const DIST = join(ROOT, "node_modules/converse.js/dist");
const MAX_MS = 30_000;

/** What Converse.js gives its plug-ins, on the page of the test. */
declare const api: { user: { logout(): Promise<void> }; waitUntil(event: string): Promise<void> };

/** A plug-in of the site's own: the kit's is let in beside those that a site lists. */
const OWN_PLUGIN = `
converse.plugins.add("own", { initialize() { window.api = this._converse.api; } });
converse.initialize({
	whitelisted_plugins: ["own"],`;

let scene: Scene | undefined;
let site: Site | undefined;
let firefox: LaunchedFirefox | undefined;
let folder: TemporaryFolder | undefined;
afterEach(async () => {
	await firefox?.close();
	await site?.stop();
	await scene?.stop();
	folder?.remove();
	firefox = undefined;
	site = undefined;
	scene = undefined;
	folder = undefined;
}, 60_000);

/** A file of the example, with the addresses of this scene. */
function exampleFor({ server, reveille, address }: Scene, name: string): string {
	return readFileSync(join(ROOT, "examples/converse", name), "utf8")
		.replaceAll("https://push.example.net", reveille.url)
		.replaceAll("push@example.net/push", address)
		.replaceAll("wss://example.net:5281/xmpp-websocket", server.websocketUrl);
}

const open = (program: ServerName, xmpp: SceneOptions["xmpp"] = {}) =>
	openScene(program, {
		xmpp: { ...xmpp, pushWith: { body: true, sender: true } },
		settings: { PUSH_INTERVAL_MS: "0" },
	});

const QUESTION = "Shall this browser tell you of new messages, also when this page is closed?";
const SAYS = `xpath///*[normalize-space(.)='${QUESTION}']`;

/** As people do. */
async function logIn(tab: Page, jid: string): Promise<void> {
	tab.setDefaultTimeout(MAX_MS);
	const type = async (name: string, text: string) => {
		const field = await tab.waitForSelector(`xpath///input[@name='${name}']`, { visible: true });
		await field?.click({ count: 3 });
		await field?.type(text);
	};
	await type("jid", jid);
	await type("password", "secret");
	await tab.keyboard.press("Enter");
}

/** For OMEMO it needs a file of its own folder, and not of the plug-in's. @returns its URL, to be awaited after the login */
const omemoFile = (tab: Page) =>
	tab
		.waitForResponse((answer) => answer.url().endsWith("/curve25519_compiled.wasm"), { timeout: MAX_MS })
		.then((answer) => (answer.ok() ? answer.url() : `${answer.status()} ${answer.url()}`));

async function agree(tab: Page): Promise<void> {
	await tab.waitForSelector(SAYS, { visible: true });
	const yes = await tab.waitForSelector("xpath///button[normalize-space(.)='Confirm']", { visible: true });
	await yes?.click();
}

/** What a message to a closed tab does. @param empty a page in the service worker's scope */
async function wakesClosed(tab: Page, { server, login, address }: Scene, empty: string) {
	await server.untilPushEnabled("bob", ({ length }) => length > 0, MAX_MS);
	const [enabled] = await server.pushEnabled("bob");
	expect(enabled?.jid).toBe(address);
	await tab.close();
	const alice = await login("alice");
	await alice.sendMessage(`bob@${server.host}`, "Wake up, Converse!");
	await site?.woken();
	if (!firefox) throw new Error("no browser");
	const shown = await shownAt(firefox, empty, ({ body }) => body === "Wake up, Converse!");
	expect(shown.title).toBe(`alice@${server.host}`);
	await alice.goOffline();
}

/** A site with the chat at /chat/. @param scripts in place of files of its `dist` */
function startChat(its: Scene, page: string, scripts: Readonly<Record<string, string>> = {}): Site {
	const started: Site = startSite(
		(path) => {
			if (path === "/chat/") return html(page);
			if (path === "/chat/sw.js") return script(started.worker);
			const own = scripts[path];
			if (own !== undefined) return script(own);
			const file = path.startsWith("/chat/dist/") ? path.slice("/chat/dist/".length) : undefined;
			return file === undefined ? undefined : new Response(Bun.file(join(DIST, file)));
		},
		exampleFor(its, "sw.js"),
	);
	return started;
}

/** Logs in at the chat, says yes to pushes, closes the tab, and is woken. */
async function logInAndWake(jid: string, at: Site, its: Scene, browser: LaunchedFirefox) {
	const chat = new URL("/chat/", at.url).href;
	const tab = await browser.browser.newPage();
	const omemo = omemoFile(tab);
	await tab.goto(chat);
	await logIn(tab, jid);
	expect(await omemo).toBe(`${chat}dist/curve25519_compiled.wasm`);
	await agree(tab);
	await wakesClosed(tab, its, new URL("empty", chat).href);
}

test.each(["prosody", "ejabberd"] as const)(
	"the example's page, with %s: woken with its tab closed, asked once, and no more after the logout",
	async (program) => {
		scene = await open(program);
		const page = exampleFor(scene, "index.html").replace("converse.initialize({", OWN_PLUGIN);
		site = startChat(scene, page);
		firefox = await launchFirefox({ pushServerUrl: scene.endpoint.browserUrl, ...SYSTEM_ACCESS });
		const jid = `bob@${scene.server.host}`;
		await logInAndWake(jid, site, scene, firefox);

		// Whoever said yes is not asked again; whoever logs out is not woken any more.
		const again = await firefox.browser.newPage();
		await again.goto(new URL("/chat/", site.url).href);
		await logIn(again, jid);
		await again.waitForFunction(() => "reveille" in api);
		await again.evaluate(() => api.waitUntil("statusInitialized"));
		await again.evaluate(() => api.user.logout());
		await scene.server.untilPushEnabled("bob", ({ length }) => length === 0, MAX_MS);
		expect(await again.$(SAYS)).toBeNull();
	},
	150_000,
);

/** As Prosody's mod_conversejs makes it since 2024: each script is a module. */
const pageOfModules = (settings: object) => `<!doctype html>
<link rel="stylesheet" href="/chat/dist/converse.min.css">
<script type="module" src="/chat/dist/mod_conversejs.js"></script>
<script type="module">converse.initialize(${JSON.stringify(settings)})</script>`;

test("a page that loads mod_conversejs.js as a module: woken with its tab closed", async () => {
	scene = await open("prosody");
	const { reveille, server, address } = scene;
	const page = pageOfModules({
		websocket_url: server.websocketUrl,
		discover_connection_methods: false,
		assets_path: "/chat/dist/",
		reveille: address,
		reveille_service: reveille.url,
		reveille_worker: "/chat/sw.js",
	});
	site = startChat(scene, page, { "/chat/dist/mod_conversejs.js": exampleFor(scene, "mod_conversejs.js") });
	firefox = await launchFirefox({ pushServerUrl: scene.endpoint.browserUrl, ...SYSTEM_ACCESS });
	await logInAndWake(`bob@${server.host}`, site, scene, firefox);
}, 150_000);

test("the page of ejabberd's mod_conversejs: woken with its tab closed", async () => {
	folder = temporaryFolder("converse");
	const { path } = folder;
	cpSync(DIST, path, { recursive: true });
	const files = "/files";
	scene = await open("ejabberd", {
		handlers: { "/conversejs": "mod_conversejs", [files]: "mod_http_fileserver" },
		modules: {
			mod_http_fileserver: { docroot: path },
			mod_conversejs: {
				websocket_url: "auto",
				conversejs_script: `${files}/mod_conversejs.js`,
				conversejs_css: `${files}/converse.min.css`,
				conversejs_options: {
					assets_path: `${files}/`,
					reveille: "push@example.org/push",
					reveille_worker: `${files}/sw.js`,
				},
			},
		},
	});
	site = startSite(() => undefined, exampleFor(scene, "sw.js"));
	writeFileSync(join(path, "sw.js"), site.worker);
	writeFileSync(join(path, "mod_conversejs.js"), exampleFor(scene, "mod_conversejs.js"));
	writeFileSync(join(path, "empty.html"), "<!doctype html><title>Empty</title>");
	const { host, websocketUrl } = scene.server;
	firefox = await launchFirefox({
		pushServerUrl: scene.endpoint.browserUrl,
		...SYSTEM_ACCESS,
		preferences: {
			...SYSTEM_ACCESS.preferences,
			// Each of ejabberd's hosts has pages of its own; this one is on this machine.
			"network.dns.localDomains": host,
			"dom.securecontext.allowlist": host,
		},
	});
	const origin = `http://${host}:${new URL(websocketUrl).port}`;
	const tab = await firefox.browser.newPage();
	const omemo = omemoFile(tab);
	await tab.goto(`${origin}/conversejs`);
	await logIn(tab, `bob@${host}`);
	expect(await omemo).toBe(`${origin}${files}/curve25519_compiled.wasm`);
	await agree(tab);
	await wakesClosed(tab, scene, `${origin}${files}/empty.html`);
}, 150_000);
