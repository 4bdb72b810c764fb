/** What stands in somebody's way to being woken, met with a real Firefox: each is said, with what to do. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { sentencesOf } from "../../src/web/page/parts/fault-text.tsx";
import { de } from "../../src/web/page/texts/de.ts";
import { en } from "../../src/web/page/texts/en.ts";
import { selfSigned } from "../peers/certificates.ts";
import { freePort } from "../peers/ports.ts";
import { startReveille } from "../peers/reveille.ts";
import { openScene, type Scene, type SceneOptions } from "./scene.ts";
import { hears, looks, signedIn, signIn, typeAddress } from "./web-app/reading.ts";
import { type FirefoxVisitor, startVisitor, type VisitorOptions } from "./web-app/visitor.ts";

const HOST = "example.org";
const WRONG = { jid: `bob@${HOST}`, password: "wrong" };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function sceneOf(options: SceneOptions): Promise<Scene> {
	const scene = await openScene("prosody", options);
	ends.push(() => scene.stop());
	return scene;
}

async function visitorOf(options: VisitorOptions): Promise<FirefoxVisitor> {
	const visitor = await startVisitor(options);
	ends.push(() => visitor.close());
	return visitor;
}

describe("at a Reveille that is well", () => {
	let scene: Scene;
	let visitor: FirefoxVisitor;
	beforeAll(async () => {
		scene = await openScene("prosody", { users: ["bob"] });
		visitor = await startVisitor({ pushServerUrl: scene.endpoint.browserUrl });
	}, 90_000);
	afterAll(async () => {
		await visitor?.close();
		await scene?.stop();
	}, 60_000);

	test("what is no address", async () => {
		await signIn(visitor, scene.reveille.url, { jid: "bob", password: "secret" });
		await visitor.untilSaid(en.signIn.jidMistake);
		await looks(visitor, "no-address");
	}, 60_000);

	test("a wrong password", async () => {
		await signIn(visitor, scene.reveille.url, WRONG);
		await typeAddress(visitor, scene.server.websocketUrl);
		await hears(visitor, { kind: "wrong-password", domain: HOST });
	}, 60_000);

	test("a domain that the server does not have", async () => {
		await signIn(visitor, scene.reveille.url, { jid: "bob@nowhere.example", password: "secret" });
		await visitor.untilSaid(en.address.lead("nowhere.example"));
		await looks(visitor, "address");
		await typeAddress(visitor, scene.server.websocketUrl);
		await hears(visitor, { kind: "domain-unknown", domain: "nowhere.example" });
	}, 60_000);

	test("no server there", async () => {
		const service = `ws://127.0.0.1:${await freePort()}/xmpp-websocket`;
		await signIn(visitor, scene.reveille.url);
		await typeAddress(visitor, service);
		await hears(visitor, { kind: "server-unreachable", service });
	}, 60_000);

	test("a server without WebSocket", async () => {
		const service = `${scene.reveille.url.replace("http", "ws")}/xmpp-websocket`;
		await signIn(visitor, scene.reveille.url);
		await typeAddress(visitor, service);
		await hears(visitor, { kind: "server-unreachable", service });
	}, 60_000);

	test("what is no WebSocket's address", async () => {
		await signIn(visitor, scene.reveille.url);
		await typeAddress(visitor, "example.org");
		await visitor.untilSaid(en.address.notWss);
		await looks(visitor, "no-websocket-address");
	}, 60_000);

	test("German, where the browser asks for it", async () => {
		const german = await visitorOf({
			pushServerUrl: scene.endpoint.browserUrl,
			preferences: { "intl.accept_languages": "de-DE, de" },
		});
		await signIn(german, scene.reveille.url, WRONG, de);
		await typeAddress(german, scene.server.websocketUrl, de);
		await german.untilSaid(sentencesOf(de, { kind: "wrong-password", domain: HOST })[0]);
		await looks(german, "german");
	}, 60_000);
});

test("a certificate that signs itself", async () => {
	const certificates = selfSigned({ host: "localhost" });
	ends.push(async () => certificates.remove());
	const [own] = certificates.made;
	if (!own) throw new Error("no certificate");
	const scene = await sceneOf({ xmpp: { certificate: own.path } });
	const visitor = await visitorOf({ pushServerUrl: scene.endpoint.browserUrl });
	await signIn(visitor, scene.reveille.url);
	await typeAddress(visitor, scene.server.secureUrl);
	await hears(visitor, { kind: "server-unreachable", service: scene.server.secureUrl });
}, 90_000);

/** https://example.org, as a browser that trusts it sees it. */
async function domainSays(headers: Record<string, string>) {
	const certificates = selfSigned({ host: "localhost" }, { host: HOST });
	ends.push(async () => certificates.remove());
	const [own, web] = certificates.made;
	if (!own || !web) throw new Error("no certificates");
	const scene = await sceneOf({ xmpp: { certificate: own.path } });
	const links = [{ rel: "urn:xmpp:alt-connections:websocket", href: scene.server.secureUrl }];
	const site = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		tls: { key: web.key, cert: web.cert },
		fetch: ({ url }) =>
			new URL(url).pathname === "/.well-known/host-meta.json"
				? Response.json({ links }, { headers })
				: new Response(null, { status: 404 }),
	});
	ends.push(() => site.stop(true));
	const visitor = await visitorOf({
		pushServerUrl: scene.endpoint.browserUrl,
		acceptInsecureCerts: true,
		preferences: {
			"network.dns.localDomains": HOST,
			"network.socket.forcePort": `443=${site.port}`,
		},
	});
	await signIn(visitor, scene.reveille.url);
	return visitor;
}

test("a domain that tells browsers where its server is needs no address", async () => {
	const visitor = await domainSays({ "Access-Control-Allow-Origin": "*" });
	await visitor.untilHeading(en.allow.title);
	await visitor.click(en.allow.go);
	await visitor.untilHeading(en.test.doneTitle);
}, 90_000);

test("one that tells its own pages alone is not read, and the address is asked for", async () => {
	const visitor = await domainSays({});
	await visitor.untilHeading(en.address.title);
	await looks(visitor, "without-cors");
}, 90_000);

test("a server without push", async () => {
	const scene = await sceneOf({ xmpp: { modulesDisabled: ["cloud_notify"] } });
	const visitor = await visitorOf({ pushServerUrl: scene.endpoint.browserUrl });
	await signIn(visitor, scene.reveille.url);
	await typeAddress(visitor, scene.server.websocketUrl);
	await visitor.untilHeading(en.missing.title);
	await visitor.untilSaid(en.missing.lead(HOST));
	await looks(visitor, "no-push");
}, 90_000);

/** What a browser has or lets a page do. */
const BROWSERS: readonly {
	what: string;
	options: Omit<VisitorOptions, "pushServerUrl">;
	heading: string;
	afterTap?: true;
}[] = [
	{
		what: "without service workers",
		options: { preferences: { "dom.serviceWorkers.enabled": false } },
		heading: en.obstacle["no-service-workers"].title,
	},
	{
		what: "without push",
		options: { preferences: { "dom.push.enabled": false } },
		heading: en.obstacle["no-push"].title,
	},
	{
		what: "that blocks notifications",
		options: { permission: "denied" },
		heading: en.denied.title,
		afterTap: true,
	},
];

test.each(BROWSERS)(
	"a browser $what",
	async ({ what, options, heading, afterTap }) => {
		const scene = await sceneOf({});
		const visitor = await visitorOf({ ...options, pushServerUrl: scene.endpoint.browserUrl });
		if (afterTap) {
			await signedIn(visitor, scene);
			await visitor.click(en.allow.go);
		} else {
			await visitor.open(scene.reveille.url);
		}
		await visitor.untilHeading(heading);
		await looks(visitor, `browser-${what.replaceAll(" ", "-")}`);
	},
	90_000,
);

test("Reveille takes no accounts of this domain", async () => {
	const scene = await sceneOf({ settings: { XMPP_ALLOW: "capulet.example" } });
	const visitor = await visitorOf({ pushServerUrl: scene.endpoint.browserUrl });
	await signedIn(visitor, scene);
	await visitor.click(en.allow.go);
	await visitor.untilHeading(en.invite.title);
	await visitor.untilSaid(en.invite.lead(new URL(scene.reveille.url).host, HOST));
	await looks(visitor, "invite-needed");
	expect(await scene.server.pushEnabled("bob")).toEqual([]);
}, 90_000);

test("Reveille is away when it is needed, and back at the next try", async () => {
	const scene = await sceneOf({});
	const visitor = await visitorOf({ pushServerUrl: scene.endpoint.browserUrl });
	await signedIn(visitor, scene);
	await scene.reveille.halt();
	await visitor.click(en.allow.go);
	await hears(visitor, { kind: "http-away" });
	await scene.reveille.start();
	await scene.reveille.untilReady();
	await visitor.click(en.tryAgain);
	await visitor.untilHeading(en.test.doneTitle);
}, 120_000);

test("the maker's push service is away", async () => {
	const scene = await sceneOf({});
	const visitor = await visitorOf({ pushServerUrl: `ws://127.0.0.1:${await freePort()}/` });
	await signedIn(visitor, scene);
	await visitor.click(en.allow.go);
	await visitor.untilSaid(sentencesOf(en, { kind: "push-service-away", reason: "" })[1], 60_000);
	await looks(visitor, "push-service-away");
}, 120_000);

test("the push service takes no push: where it stopped, and its words", async () => {
	const scene = await sceneOf({});
	const visitor = await visitorOf({ pushServerUrl: scene.endpoint.browserUrl });
	await signedIn(visitor, scene);
	scene.endpoint.respondWith({ status: 503 });
	await visitor.click(en.allow.go);
	await visitor.untilHeading(en.test.lateTitle, 60_000);
	await visitor.untilSaid(en.test.todo["push-service"]);
	await looks(visitor, "push-refused");
}, 120_000);

test("no XMPP server is connected", async () => {
	const reveille = await startReveille({});
	ends.push(() => reveille.stop());
	const visitor = await visitorOf({ pushServerUrl: `ws://127.0.0.1:${await freePort()}/` });
	await visitor.open(reveille.url);
	await visitor.untilHeading(en.obstacle["xmpp-off"].title);
	await looks(visitor, "xmpp-off");
}, 90_000);
