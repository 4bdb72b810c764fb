/** A web client that nobody here wrote, Converse.js, enables push in a real Firefox and is woken with its tab closed. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { type Firefox, startFirefox } from "../peers/firefox.ts";
import type { PushAddress } from "../peers/user.ts";
import { openScene, type Scene, servers } from "./scene.ts";

/** Its npm package holds all that it loads. */
const DIST = join(import.meta.dir, "../../node_modules/converse.js/dist");

const PAGE = `<!doctype html><meta charset="utf-8"><title>Converse</title>
<link rel="stylesheet" href="/dist/converse.min.css"><body></body>
<script type="module">
import converse from "/dist/converse.min.js";
window.converse = converse;
</script>`;

let scene: Scene | undefined;
let firefox: Firefox | undefined;
afterEach(async () => {
	await firefox?.close();
	await scene?.stop();
	firefox = undefined;
	scene = undefined;
}, 60_000);

/** Nothing leaves this machine, whatever it would like to load. */
const CSP =
	"default-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' data: blob:; connect-src 'self' ws://127.0.0.1:*";

function site({ url }: Request): Response | undefined {
	const { pathname } = new URL(url);
	if (pathname === "/chat")
		return new Response(PAGE, { headers: { "Content-Type": "text/html", "Content-Security-Policy": CSP } });
	// A URL's path has no dots left in it.
	return pathname.startsWith("/dist/") ? new Response(Bun.file(join(DIST, pathname.slice(6)))) : undefined;
}

/** A site with Converse gives it the settings, and what its device got at Reveille. */
const settings = ({ server }: Scene, user: string, address: PushAddress) => ({
	assets_path: "/dist/",
	// Elsewhere it shows its sponsors, whose pictures are on its site.
	view_mode: "overlayed",
	i18n: "en",
	discover_connection_methods: false,
	websocket_url: server.websocketUrl,
	authentication: "login",
	auto_login: true,
	jid: `${user}@${server.host}`,
	password: "secret",
	push_app_servers: [address],
});

test.each([...servers])(
	"with a real %s",
	async (program) => {
		scene = await openScene(program, {
			users: ["fox"],
			xmpp: { pushWith: { body: true, sender: true } },
			settings: { PUSH_INTERVAL_MS: "0" },
		});
		const { server, reveille, endpoint } = scene;
		firefox = await startFirefox({ pushServerUrl: endpoint.browserUrl, site });
		const { page, pageUrl } = firefox;
		const address = await reveille.register(await firefox.subscribe(await reveille.vapidPublicKey()));

		const tab = await page.browser().newPage();
		const asked: URL[] = [];
		tab.on("request", (request) => asked.push(new URL(request.url())));
		await tab.goto(new URL("/chat", pageUrl).href);
		await tab.evaluate(
			(given) =>
				(window as never as { converse: { initialize(given: object): void } }).converse.initialize(given),
			settings(scene, "fox", address),
		);
		const { jid, node } = address;
		await server.untilPushEnabled("fox", (enabled) => enabled.some((one) => one.node === node), 30_000);
		expect(await server.pushEnabled("fox")).toEqual([{ jid, node }]);
		// It works without a network: nothing is asked of anybody else.
		expect(asked.length).toBeGreaterThan(1);
		expect(
			asked.filter(({ protocol, hostname }) => protocol !== "data:" && hostname !== "127.0.0.1"),
		).toEqual([]);

		await page.goto("about:blank");
		await tab.close();
		const alice = await scene.login("alice");
		await alice.sendMessage(`fox@${server.host}`, "Wake up, Converse!");
		const next = async (woken: Firefox) => JSON.parse(await woken.waitForDecrypted(30_000));
		let content = await next(firefox);
		// Prosody publishes, silently, what else the closed tab had not acknowledged.
		while (content.class === "low") content = await next(firefox);
		expect(content).toMatchObject({ node, class: "high", body: "Wake up, Converse!" });
		await alice.goOffline();
	},
	120_000,
);
