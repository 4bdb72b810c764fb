/** A site of others with Strophe.js or xmpp.js, as docs/sites.md says, in a real Firefox at a real server. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { type LaunchedFirefox, launchFirefox } from "../peers/firefox.ts";
import { clickAlert, SYSTEM_ACCESS } from "../peers/firefox-alert.ts";
import { openScene, type Scene, type ServerName } from "./scene.ts";
import { copiedWorker, html, type Site, script, shownAt, startSite } from "./site-kit/site.ts";

/** A library and how the site logs in with it, as one file. */
async function libraryOf(name: string): Promise<Blob> {
	const { outputs } = await Bun.build({
		entrypoints: [join(import.meta.dir, `site-kit/${name}.ts`)],
		target: "browser",
		minify: true,
	});
	const [output] = outputs;
	if (!output) throw new Error("nothing was built");
	return new Blob([await output.arrayBuffer()]);
}

/** The page, with what docs/sites.md tells to write. */
const page = ({ server, reveille, address }: Scene) => `
<button id="wake">Wake me</button><button id="leave">No more</button><pre id="said"></pre>
<script type="module">
import { disablePush, enablePush } from "${reveille.url}/app/push.js";
import { connect } from "/library.js";
const reveille = "${address}";
const connection = await connect("${server.websocketUrl}", "bob@${server.host}", "secret");
const say = (what) => { document.getElementById("said").textContent = what; };
const on = (id, act) => { document.getElementById(id).onclick = () =>
	act().then((kept) => say(JSON.stringify(kept ?? "done")), ({ code, message }) => say(code + ": " + message)); };
on("wake", () => enablePush({ connection, reveille }));
on("leave", () => disablePush({ connection, reveille }));
say("ready");
</script>`;

async function click(tab: Page, name: string): Promise<string> {
	await tab.waitForFunction(() => document.getElementById("said")?.textContent !== "");
	await tab.evaluate(() => {
		document.getElementById("said")?.replaceChildren();
	});
	const button = await tab.waitForSelector(`xpath///button[.='${name}']`);
	await button?.click();
	await tab.waitForFunction(() => document.getElementById("said")?.textContent !== "");
	return tab.evaluate(() => document.getElementById("said")?.textContent ?? "");
}

/** Has the test of one library, one server, and one way to get the service worker run. */
export function testSite(
	library: "strophe" | "xmpp-js",
	program: ServerName,
	worker: "copied" | "imported",
): void {
	let scene: Scene | undefined;
	let site: Site | undefined;
	let firefox: LaunchedFirefox | undefined;
	afterEach(async () => {
		await firefox?.close();
		await site?.stop();
		await scene?.stop();
	}, 60_000);
	test(`a site with ${library}, at ${program}: woken with its tab closed, until it leaves`, async () => {
		scene = await openScene(program, {
			xmpp: { pushWith: { body: true, sender: true } },
			settings: { PUSH_INTERVAL_MS: "0" },
		});
		const { server, reveille, endpoint, address } = scene;
		const bundle = await libraryOf(library);
		const content = page(scene);
		site = startSite(
			(path) => (path === "/chat" ? html(content) : path === "/library.js" ? script(bundle) : undefined),
			worker === "copied" ? copiedWorker() : `importScripts("${reveille.url}/app/site-sw.js");`,
		);
		firefox = await launchFirefox({ pushServerUrl: endpoint.browserUrl, ...SYSTEM_ACCESS });
		const { browser } = firefox;

		const tab = await browser.newPage();
		const asked: string[] = [];
		tab.on("request", (request) => {
			if (request.url().startsWith(reveille.url)) asked.push(new URL(request.url()).pathname);
		});
		await tab.goto(new URL("/chat", site.url).href);
		const said = await click(tab, "Wake me");
		const kept = JSON.parse(said);
		expect(kept).toMatchObject({ account: `bob@${server.host}`, jid: address, name: "Firefox, Linux" });
		expect(await server.pushEnabled("bob")).toEqual([{ jid: address, node: kept.node }]);
		// Once more, as at the next login: it is the same device.
		expect(JSON.parse(await click(tab, "Wake me")).node).toBe(kept.node);
		expect(await server.pushEnabled("bob")).toHaveLength(1);
		// All that the page asks goes over its own connection.
		expect(asked).toEqual(["/app/push.js"]);
		await tab.close();

		const alice = await scene.login("alice");
		await alice.sendMessage(`bob@${server.host}`, "Wake up, site!");
		await site.woken();
		const shown = await shownAt(
			firefox,
			new URL("/empty", site.url).href,
			({ body }) => body === "Wake up, site!",
		);
		expect(shown.title).toBe(`alice@${server.host}`);

		// A tap opens the page that enabled push.
		const chat = new URL("/chat", site.url).href;
		const opened = browser.waitForTarget((target) => target.url() === chat, { timeout: 20_000 });
		await clickAlert(browser);
		await opened;

		const again = await browser.newPage();
		await again.goto(new URL("/chat", site.url).href);
		expect(await click(again, "No more")).toBe('"done"');
		expect(await server.pushEnabled("bob")).toEqual([]);
		expect(
			await again.evaluate(async () => {
				const registration = await navigator.serviceWorker.getRegistration();
				return (await registration?.pushManager.getSubscription()) ?? null;
			}),
		).toBeNull();
		const { status } = await reveille.api("GET", `/registrations/${kept.node}`, kept.deviceSecret);
		expect([404, 410]).toContain(status);
		await alice.goOffline();
	}, 120_000);
}
