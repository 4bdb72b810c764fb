/** What fails once the page is open, or once a device is set up, met with a real Firefox. */
import { afterEach, expect, test } from "bun:test";
import { registrationBounds } from "../../src/limits/bounds/registrations.ts";
import { quotaReason } from "../../src/registering/register.ts";
import { en } from "../../src/web/page/texts/en.ts";
import { freePort } from "../peers/ports.ts";
import { startReveille } from "../peers/reveille.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWebSocketProxy } from "../peers/websocket-proxy.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { openScene, type Scene, type SceneOptions, startServer } from "./scene.ts";
import { enabledThrough, publishTo } from "./web-app/publishing.ts";
import { hears, looks, setUp, signedIn, signIn } from "./web-app/reading.ts";
import { startRelay } from "./web-app/relay.ts";
import { type FirefoxVisitor, startVisitor } from "./web-app/visitor.ts";

const HOST = "example.org";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function visit(options: SceneOptions = {}): Promise<{ scene: Scene; visitor: FirefoxVisitor }> {
	const scene = await openScene("prosody", options);
	ends.push(() => scene.stop());
	const visitor = await startVisitor({ pushServerUrl: scene.endpoint.browserUrl });
	ends.push(() => visitor.close());
	return { scene, visitor };
}

/** Bob's browser is set up, and the page is opened later. */
async function later({ reveille, server }: Scene, visitor: FirefoxVisitor, service = server.websocketUrl) {
	const who = { jid: `bob@${HOST}`, password: "secret", server: service };
	await setUp(visitor, reveille.url, who);
	await visitor.page.goto("about:blank");
	await visitor.open(reveille.url);
	await visitor.untilHeading(en.devices.title);
	const [device] = await visitor.devices();
	if (!device) throw new Error("the browser keeps no device");
	return device;
}

test("the operator's word about a domain's server leads nowhere", async () => {
	const service = `ws://127.0.0.1:${await freePort()}/xmpp-websocket`;
	const { scene, visitor } = await visit({ settings: { WEB_APP_SERVERS: `${HOST}=${service}` } });
	await signIn(visitor, scene.reveille.url);
	await hears(visitor, { kind: "server-unreachable", service });
}, 90_000);

test("Reveille lost its XMPP server when it is needed", async () => {
	const server = await startServer("prosody");
	ends.push(() => server.stop());
	await server.addUsers(["push", "bob"], "secret");
	const between = startWebSocketProxy(server.websocketUrl, (message) => message);
	const reveille = await startReveille({ server, settings: { XMPP_SERVICE: between.url } });
	ends.push(() => reveille.stop());
	const endpoint = startWebPushServer();
	ends.push(() => endpoint.stop());
	const visitor = await startVisitor({ pushServerUrl: endpoint.browserUrl });
	ends.push(() => visitor.close());
	await signedIn(visitor, { reveille, server });
	between.stop();
	await visitor.click(en.allow.go);
	await hears(visitor, { kind: "reveille-away", address: `push@${HOST}/push` });
	expect(await server.pushEnabled("bob")).toEqual([]);
}, 120_000);

test("the account has as many devices as it may", async () => {
	const { scene, visitor } = await visit();
	const bob = await scene.login("bob");
	for (let made = 0; made < registrationBounds.perOwner.is; made++) {
		const device = scene.endpoint.createSubscription({
			applicationServerKey: await scene.reveille.vapidPublicKey(),
		});
		await registerByCommand(bob, scene.address, device, {
			"device-id": `device-${made}`,
			"device-name": `Device ${made}`,
		});
	}
	await bob.goOffline();
	await signedIn(visitor, scene);
	await visitor.click(en.allow.go);
	await hears(visitor, { kind: "not-now", reason: quotaReason("owner").reason });
	expect(await scene.server.pushEnabled("bob")).toEqual([]);
}, 120_000);

test("Reveille is away while the page is open, and back when it is asked again", async () => {
	const { scene, visitor } = await visit();
	const { name } = await later(scene, visitor);
	await scene.reveille.halt();
	await visitor.click(name);
	await visitor.untilHeading(name);
	await visitor.click(en.device.all);
	await visitor.untilHeading(en.devices.title);
	await hears(visitor, { kind: "http-away" });
	await scene.reveille.start();
	await visitor.click(en.devices.again);
	await visitor.page.waitForFunction(() => document.querySelector("[role=alert]") === null);
}, 120_000);

test("the device was ended elsewhere", async () => {
	const { scene, visitor } = await visit();
	const { node, name, deviceSecret } = await later(scene, visitor);
	const ended = await scene.reveille.api("DELETE", `/registrations/${node}`, deviceSecret);
	expect(ended.ok).toBe(true);
	await visitor.page.goto("about:blank");
	await visitor.open(scene.reveille.url);
	await visitor.untilSaid(en.devices.gone);
	await looks(visitor, "ended-elsewhere");
	await visitor.click(name);
	await visitor.untilSaid(en.device.leadEnded);
	await visitor.untilSaid(en.devices.gone);
	await looks(visitor, "ended-elsewhere-device");
	await visitor.click(en.device.forget);
	await visitor.page.waitForFunction(() => !location.hash.includes("/device/"));
	await visitor.untilDevices((devices) => devices.length === 0);
}, 120_000);

test("the account was removed from its server", async () => {
	const { scene, visitor } = await visit();
	const relay = startRelay(scene.server.websocketUrl);
	ends.push(() => relay.stop());
	const { name } = await later(scene, visitor, relay.url);
	const event = `<event xmlns="http://tigase.org/protocol/account#event" name="account-removed"/>`;
	await publishTo(await scene.login("bob"), enabledThrough(relay), event);
	await visitor.untilSaid(en.devices.accountRemoved);
	await looks(visitor, "account-removed");
	await visitor.click(name);
	await visitor.untilSaid(en.device.leadEnded);
	await looks(visitor, "account-removed-device");
}, 120_000);
