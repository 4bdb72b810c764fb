/** Somebody with an ordinary account opens the web app in a real Firefox, and is woken from then on. */
import { afterEach, expect, test } from "bun:test";
import { en } from "../../src/web/page/texts/en.ts";
import { registerByCommand } from "./ad-hoc.ts";
import { openScene, type Scene, type ServerName } from "./scene.ts";
import { type FirefoxVisitor, startVisitor } from "./web-app/visitor.ts";

const ELSEWHERE = "The garden";

const ends: (() => Promise<unknown>)[] = [];

async function visit(program: ServerName): Promise<{ scene: Scene; visitor: FirefoxVisitor }> {
	const scene = await openScene(program, {
		xmpp: { pushWith: { body: true, sender: true } },
		settings: { PUSH_INTERVAL_MS: "0" },
	});
	ends.push(() => scene.stop());
	const visitor = await startVisitor({ pushServerUrl: scene.endpoint.browserUrl });
	ends.push(() => visitor.close());
	return { scene, visitor };
}

/** Has the test of one server run. */
export function testWebApp(program: ServerName): void {
	afterEach(async () => {
		for (const end of ends.splice(0).reverse()) await end();
	}, 60_000);

	test(`with a real ${program}`, async () => {
		const { scene, visitor } = await visit(program);
		const { server, reveille } = scene;
		// Another device of the account, which this browser knows nothing of.
		const bob = await scene.login("bob");
		const elsewhere = scene.endpoint.createSubscription({
			applicationServerKey: await reveille.vapidPublicKey(),
		});
		await registerByCommand(bob, scene.address, elsewhere, {
			"device-id": "elsewhere",
			"device-name": ELSEWHERE,
		});
		await bob.goOffline();

		await visitor.open(reveille.url);
		await visitor.untilHeading(en.signIn.title);
		await visitor.picture("sign-in");
		await visitor.type(en.signIn.jid, `bob@${server.host}`);
		await visitor.type(en.signIn.password, "secret");
		await visitor.click(en.signIn.go);
		await visitor.untilHeading(en.address.title);
		await visitor.picture("address");
		await visitor.type(en.address.label, server.websocketUrl);
		await visitor.click(en.address.go);
		await visitor.untilHeading(en.allow.title);
		await visitor.picture("allow");
		await visitor.type(en.allow.name, "The study");
		await visitor.click(en.allow.go);
		await visitor.untilHeading(en.test.doneTitle);
		await visitor.untilNotified(({ title }) => title === "It works");
		await visitor.picture("done");
		expect(await server.pushEnabled("bob")).toHaveLength(1);
		const stations = await visitor.page.$$eval("ol.way > li", (all) => all.map((one) => one.textContent));
		expect(stations).toHaveLength(4);
		for (const station of stations.slice(0, 3)) expect(station).toMatch(/\d+ ms$/);

		await visitor.click(en.test.devices);
		await visitor.untilHeading(en.devices.title);
		await visitor.untilSaid("The study");
		await visitor.untilSaid(ELSEWHERE);
		expect(await visitor.page.$$eval(".badge.here", (all) => all.length)).toBe(1);
		await visitor.picture("devices");
		// The page is closed: nobody of bob's is there any more.
		await visitor.page.goto("about:blank");
		const alice = await scene.login("alice");
		scene.endpoint.clear();
		await alice.sendMessage(`bob@${server.host}`, "Wake up, Bob!");
		// The service worker has it before the page is there again.
		await scene.endpoint.waitForPush(({ endpoint }) => endpoint !== elsewhere.subscription.endpoint);
		await scene.endpoint.untilTaken();
		await visitor.open(reveille.url);
		expect(await visitor.untilNotified(({ body }) => body.includes("Wake up, Bob!"))).toMatchObject({
			title: `alice@${server.host}`,
		});
		await visitor.picture("later");
		expect(await visitor.text()).not.toContain(ELSEWHERE);

		await visitor.click("The study");
		await visitor.untilHeading("The study");
		await visitor.type(en.device.nameLabel, "The attic");
		await visitor.click(en.device.rename);
		await visitor.untilHeading("The attic");
		await visitor.untilSaid(en.device.renamed);
		await visitor.click(en.device.sendTest);
		await visitor.untilSaid(en.device.took("").replace(/ *\.$/, ""));
		await visitor.picture("device");

		// Ending it at the user's server too needs a login there.
		await visitor.click(en.device.all);
		await visitor.untilHeading(en.devices.title);
		await visitor.type(en.signIn.password, "secret");
		await visitor.click(en.devices.showAll);
		await visitor.untilSaid(ELSEWHERE);
		await visitor.click("The attic");
		await visitor.untilHeading("The attic");
		const [kept] = await visitor.devices();
		if (!kept) throw new Error("no device is kept");
		const lookUp = () => reveille.api("GET", `/registrations/${kept.node}`, kept.deviceSecret);
		expect((await lookUp()).status).toBe(200);
		await visitor.click(en.device.end);
		await visitor.untilSaid(en.device.endTitle("The attic"));
		await visitor.picture("end");
		await visitor.click(en.device.end, "dialog");
		await visitor.untilSaid(en.devices.ended("The attic"));
		await visitor.picture("ended");
		expect(await server.pushEnabled("bob")).toEqual([]);
		expect(await visitor.devices()).toEqual([]);
		expect((await lookUp()).status).toBe(410);
	}, 180_000);
}
